import { createHash } from 'node:crypto';
import { closeSync, createReadStream, existsSync, openSync, readSync, statSync } from 'node:fs';
import { BackupError } from './envelope.ts';
import {
  bytesOf,
  completeChecksum,
  contentOf,
  keep,
  namesIn,
  openPlace,
  type Place,
  pathOf,
} from './place.ts';

/** The server's log (WAL) as files: segments, named by timeline and number, and what its timelines came from. */

const SEGMENT = /^[0-9A-F]{24}$/;
const HISTORY = /^[0-9A-F]{8}\.history$/;
const KNOWN = /^[0-9A-F]{24}(?:\.[0-9A-F]{8}\.backup|\.partial)?$|^[0-9A-F]{8}\.history$/;

interface Segment {
  name: string;
  timeline: number;
  /** Counted from the beginning of the log, whatever the timeline. */
  number: number;
}

/** @param bytes of each segment: 16 MiB unless the server was made with others */
export function segmentOf(name: string, bytes: number): Segment {
  const [timeline = 0, high = 0, low = 0] = [0, 8, 16].map((at) =>
    Number.parseInt(name.slice(at, at + 8), 16),
  );
  return { name, timeline, number: high * (0x1_0000_0000 / bytes) + low };
}

export function segmentName(timeline: number, number: number, bytes: number): string {
  const each = 0x1_0000_0000 / bytes;
  return [timeline, Math.floor(number / each), number % each].map(hex).join('');
}

/** The number of the segment that holds a place in the log, such as `0/3000148`. */
export function numberAt(lsn: string, bytes: number): number {
  const [high = 0, low = 0] = lsn.split('/').map((part) => Number.parseInt(part, 16));
  return high * (0x1_0000_0000 / bytes) + Math.floor(low / bytes);
}

/** What a segment says of itself in its first page (xlog_internal.h, XLogLongPageHeaderData). */
function headOf(page: Buffer) {
  return {
    address: page.readBigUInt64LE(8),
    system_identifier: page.readBigUInt64LE(24).toString(),
    bytes: page.readUInt32LE(32),
  };
}

/**
 * Archives one file of the log, for `archive_command`. It reports success only once the file is on the disk and was
 * read back; what is there already is left alone, and is a success only if it is the same.
 * @throws BackupError for whatever keeps it from that: the server then keeps the file and tries again
 */
export async function archiveWal(
  dir: string,
  key: string | undefined,
  path: string,
  name: string,
): Promise<void> {
  if (!KNOWN.test(name)) throw new BackupError(`${name} is no file of the log.`);
  const { marker, ...place } = openPlace(dir, key);
  if (SEGMENT.test(name)) checkSegment(path, name, marker.system_identifier);
  const stored = `wal/${name}`;
  if (!existsSync(pathOf(place, stored))) {
    try {
      await keep(place, stored, createReadStream(path));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  await completeChecksum(place, stored);
  const [here, there] = await Promise.all([hashed(createReadStream(path)), hashed(contentOf(place, stored))]);
  if (here !== there) throw new BackupError(`${name} is archived already, with other content.`);
}

/** The first bytes of a segment, of which there are 16 MiB. */
function startOf(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(40);
    return start.subarray(0, readSync(file, start));
  } finally {
    closeSync(file);
  }
}

function checkSegment(path: string, name: string, system_identifier: string): void {
  const head = headOf(startOf(path));
  if (head.system_identifier !== system_identifier)
    throw new BackupError(`${name} comes from another server than the backups here.`);
  const { number } = segmentOf(name, head.bytes);
  if (statSync(path).size !== head.bytes || head.address !== BigInt(number) * BigInt(head.bytes))
    throw new BackupError(`${name} is no whole segment of the log.`);
}

async function hashed(source: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of source) hash.update(part);
  return hash.digest('hex');
}

/** A stretch of the log: the segments from `since` to `until` are of this timeline. */
interface Stretch {
  timeline: number;
  since: number;
  until: number;
}

/**
 * From the first timeline to this one. Where one begins within a segment, that segment belongs to both. What a timeline came from
 * may not be here: a server that was restored archives nowhere as it begins its own. Nothing before it is needed then.
 */
async function stretchesTo(place: Place, newest: number, bytes: number): Promise<Stretch[]> {
  const name = `wal/${hex(newest)}.history`;
  const history = existsSync(pathOf(place, name)) ? (await bytesOf(place, name)).toString() : '';
  const ends = [...history.matchAll(/^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/gm)].map(
    ([, timeline, lsn = '0/0']) => ({
      timeline: Number(timeline),
      until: numberAt(lsn, bytes),
    }),
  );
  return [...ends, { timeline: newest, until: Number.POSITIVE_INFINITY }].map((line, at) => ({
    ...line,
    since: ends[at - 1]?.until ?? 0,
  }));
}

interface ArchivedLog {
  /** Files to be handed to the server. */
  names: string[];
  timeline: number;
  /** A segment that is missing although later ones are there; undefined where none is. */
  gap: string | undefined;
}

/**
 * What the archive holds from a segment on, along the newest timeline that leads on from it.
 * @param until the last segment that comes with the base itself: up to there the archive may lack any
 */
export async function logFrom(
  place: Place,
  from: Segment,
  until: number,
  bytes: number,
): Promise<ArchivedLog> {
  const names = namesIn(place, 'wal');
  const histories = names.filter((name) => HISTORY.test(name));
  const present = new Set(names.filter((name) => SEGMENT.test(name)));
  const newest = histories.map((name) => Number.parseInt(name, 16)).sort((a, b) => b - a);
  for (const timeline of [...newest.filter((one) => one > from.timeline), from.timeline]) {
    const stretches = await stretchesTo(place, timeline, bytes);
    // A timeline that left before the base was made does not lead on from it.
    if (!stretches.some((one) => one.timeline === from.timeline && one.until >= until)) continue;
    const covers = ({ timeline, number }: Segment) =>
      stretches.some((one) => one.timeline === timeline && one.since <= number && number <= one.until);
    const numbers = [...present].map((name) => segmentOf(name, bytes)).filter(covers);
    const last = Math.max(until, ...numbers.map(({ number }) => number));
    const found: string[] = [];
    for (let number = from.number; number <= last; number += 1) {
      const candidates = stretches
        .filter(({ since, until }) => since <= number && number <= until)
        .map((one) => segmentName(one.timeline, number, bytes));
      const name = candidates.reverse().find((one) => present.has(one));
      if (name) found.push(name);
      else if (number > until) return { names: [...histories, ...found], timeline, gap: candidates[0] };
    }
    return { names: [...histories, ...found], timeline, gap: undefined };
  }
  throw new BackupError('No archived log leads on from this backup.');
}

const hex = (number: number) => number.toString(16).toUpperCase().padStart(8, '0');
