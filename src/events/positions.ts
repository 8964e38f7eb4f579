/**
 * A place in the log that is kept outside of the database, as streams hand it out. It is the snapshot that was read to, not an
 * event's id: ids are given out before they can be seen.
 */
export interface Position {
  /** Of which log (log.ts). */
  epoch: string;
  /** When it was, in seconds since 1970 by the database's clock. */
  at: number;
  /** The snapshot that was read to. */
  place: string;
  /** Within a part: of what was visible then, all up to the event `after` was read too. */
  upto: string | null;
  after: number;
}

const SNAPSHOT = /^(\d{1,18}):(\d{1,18}):(?:\d{1,18}(?:,\d{1,18})*)?$/;
const EPOCH = /^[0-9a-f]{1,20}$/;

/** As PostgreSQL reads it: numbers of open transactions go up, and lie between the first two. */
function isSnapshot(text: string): boolean {
  const [, low = '', high = ''] = SNAPSHOT.exec(text) ?? [];
  if (low === '') return false;
  const open = text.split(':')[2] ?? '';
  let last = BigInt(low);
  if (last < 1n || last > BigInt(high)) return false;
  for (const number of open === '' ? [] : open.split(',').map(BigInt)) {
    if (number < last || number >= BigInt(high)) return false;
    last = number;
  }
  return true;
}

/** @returns letters, digits, `-` and `_`, which mean nothing to whoever keeps them */
export const writePosition = ({ epoch, at, place, upto, after }: Position): string =>
  Buffer.from([epoch, at, place, ...(upto === null ? [] : [upto, after])].join('/')).toString('base64url');

/** @returns undefined for what was never handed out */
export function readPosition(text: string): Position | undefined {
  const [epoch = '', at = '', place = '', upto, after, ...rest] = Buffer.from(text, 'base64url')
    .toString('latin1')
    .split('/');
  const isWhole = upto === undefined || (isSnapshot(upto) && /^\d{1,15}$/.test(after ?? ''));
  if (rest.length > 0 || !EPOCH.test(epoch) || !/^\d{1,12}$/.test(at) || !isSnapshot(place) || !isWhole)
    return undefined;
  return { epoch, at: Number(at), place, upto: upto ?? null, after: Number(after ?? 0) };
}
