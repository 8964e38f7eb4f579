import { EventSource } from 'eventsource';
import type { TestApp } from '../helpers/app.ts';
import { listening } from '../helpers/raw.ts';

/** What came on a stream. */
export interface Heard {
  id: string;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what is there
  data: any;
}

/** A stream that is read as it comes, by what stands in it and by nothing else. */
export interface Reader {
  status: number;
  headers: Headers;
  /** All lines so far. */
  text: () => string;
  heard: Heard[];
  /** Whether the server has ended it: in good order, or cut off. */
  ended: () => 'open' | 'ended' | 'cut';
  /** Cuts it off. */
  leave: () => void;
}

const origin = async (clinic: TestApp) => `http://127.0.0.1:${(await listening(clinic.app)).port}`;

/** The blocks of a text of server-sent events; comments and what has no data are left out. */
function blocksOf(text: string): Heard[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => {
      const fields = Object.fromEntries(
        block.split('\n').map((line) => {
          const colon = line.indexOf(':');
          return [line.slice(0, colon), line.slice(colon + 1).trim()];
        }),
      );
      if (fields.data === undefined) return [];
      return { id: fields.id ?? '', type: fields.event ?? 'message', data: JSON.parse(fields.data) };
    });
}

/** Reads a stream with fetch. @param last the `id` to resume from */
export async function read(
  clinic: TestApp | string,
  token: string | undefined,
  { query = '', last }: { query?: string; last?: string } = {},
): Promise<Reader> {
  const giveUp = new AbortController();
  const base = typeof clinic === 'string' ? clinic : await origin(clinic);
  const answer = await fetch(`${base}/api/stream/${query}`, {
    headers: {
      accept: 'text/event-stream',
      ...(token && { authorization: `Bearer ${token}` }),
      ...(last && { 'last-event-id': last }),
    },
    signal: giveUp.signal,
  });
  let text = '';
  let ended: 'open' | 'ended' | 'cut' = 'open';
  const heard: Heard[] = [];
  void (async () => {
    const decoder = new TextDecoder();
    try {
      for await (const part of answer.body ?? []) {
        text += decoder.decode(part, { stream: true });
        heard.splice(0, heard.length, ...blocksOf(text));
      }
      ended = 'ended';
    } catch {
      ended = 'cut';
    }
  })();
  return {
    status: answer.status,
    headers: answer.headers,
    text: () => text,
    heard,
    ended: () => ended,
    leave: () => giveUp.abort(),
  };
}

/** Reads a stream as programs do, with the package `eventsource`, which comes back by itself. */
export async function listen(clinic: TestApp, token: string, types: readonly string[], query = '') {
  const source = new EventSource(`${await origin(clinic)}/api/stream/${query}`, {
    fetch: (input, init) =>
      fetch(input, { ...init, headers: { ...init?.headers, authorization: `Bearer ${token}` } }),
  });
  const heard: Heard[] = [];
  for (const type of [...types, 'ready', 'reset', 'end'])
    source.addEventListener(type, ({ lastEventId: id, data }) =>
      heard.push({ id, type, data: JSON.parse(data) }),
    );
  return { source, heard };
}

/** The events of visits and slots among what came, as `type id.version`. */
export const told = (heard: readonly Heard[]): string[] =>
  heard
    .filter(({ type }) => type.includes('.'))
    .map(({ type, data }) => `${type} ${data.data.id}.${data.data.version}`);
