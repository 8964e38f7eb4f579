import { readFileSync } from 'node:fs';

/** What package.json says of this version: in the document, in metrics, in what errors and traces are sent with. */
export const version: string = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
).version;
