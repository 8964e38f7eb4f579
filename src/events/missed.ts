import type { Db } from '../db/client.ts';
import type { Happened } from './log.ts';
import type { Position } from './positions.ts';
import * as repository from './reading.repository.ts';

/** So much is made up for at most: whoever missed more reads everything anew in less time. */
const MOST = 10_000;

/** What was missed, with where each of it leaves its reader. */
interface Missed {
  event: Happened;
  position: Position;
}

/**
 * What has happened between two positions of one log, in order; nothing that was loaded quietly.
 * @returns undefined where it is too much to be made up for
 */
export async function listMissed(db: Db, from: Position, to: Position): Promise<Missed[] | undefined> {
  const seen = await repository.lookSince(db, from.place);
  if (seen.epoch !== to.epoch || seen.count > MOST) return undefined;
  const missed: Missed[] = [];
  if (seen.count === 0) return missed;
  const first = (seen.first ?? 0) - 1;
  // What was read in part comes before what has become visible since.
  const parts = [
    ...(from.upto === null
      ? []
      : [{ place: from.place, upto: from.upto, after: Math.max(from.after, first) }]),
    { place: from.upto ?? from.place, upto: to.place, after: first },
  ];
  // As old as what it was resumed from: whoever resumes from it has as much of the log behind them.
  for (const { place, upto, after } of parts)
    for await (const found of repository.readParts(db, { place, upto, after, last: seen.newest ?? 0 }))
      for (const event of found)
        missed.push({ event, position: { ...to, at: from.at, place, upto, after: event.id } });
  return missed;
}
