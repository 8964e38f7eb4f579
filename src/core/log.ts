type Write = (fields: Record<string, unknown>, message: string) => void;

/** What the inside needs of a logger. A line never holds a person's data: ids, kinds and codes only. */
export interface Log {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
}

const nothing = () => {};
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
