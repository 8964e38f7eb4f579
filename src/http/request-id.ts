import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What other systems name requests with: UUIDs, ULIDs, base64, `Root=1-67891233-abcdef`. It goes into a log and a table. */
const HARMLESS = /^[\w.:+/=@-]{1,100}$/;

/** The name of a request: as whoever sends it on has named it in `X-Request-Id`, if that can be taken, or a new one. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && HARMLESS.test(given) ? given : randomUUID();
}
