/** What is written to a stream (WHATWG HTML, section 9.2.6). Nothing in it holds a line break. */

/** Said alone it moves the reader's place on, and is the sign of life. */
export const beat = (id: string): string => `:\nid: ${id}\n\n`;

/** @param ms after which whoever is cut off should come back */
export const retry = (ms: number): string => `retry: ${ms}\n\n`;

export const frame = (id: string, event: string, data: object): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** The last word: without an id, as nothing follows. */
export const lastWord = (reason: string): string => `event: end\ndata: ${JSON.stringify({ reason })}\n\n`;
