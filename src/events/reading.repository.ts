import { eventTypes } from '../core/events.ts';
import { clientOf, type Db, type Tx } from '../db/client.ts';
import { type Happened, happenedColumns } from './log.ts';
import { isDue } from './troubles.repository.ts';

/** How far a reader has read, and what there is to read. Snapshots are text. */
export interface Place {
  name: string;
  place: string;
  /** What is read in parts: up to this moment, after this id; null begins with what is visible now. */
  upto: string | null;
  after: number;
  last: number;
  /** This moment. */
  now: string;
  /** How many events there are to read, of any type, and between which ids. */
  count: number;
  first: number | null;
  newest: number | null;
  /** It failed at some events, which are to be tried again. */
  is_troubled: boolean;
  /** Some of them now. */
  is_due: boolean;
}

/** Makes readers known, which begin with what happens from now on. */
export async function introduce(db: Db, names: readonly string[]): Promise<void> {
  await db.$client.query({
    name: 'events.introduce',
    text: 'insert into event_readers (name) select unnest($1::text[]) on conflict do nothing',
    values: [names],
  });
}

/** Where these readers are, and whether there is anything for them: one question for all. */
export async function findPlaces(db: Db, names: readonly string[]): Promise<Place[]> {
  const { rows } = await db.$client.query<Place>({
    name: 'events.places',
    text: `
      select r.name, r.place::text, r.upto::text, r.after, r.last, pg_current_snapshot()::text as now, u.count, u.first,
        u.last as newest, exists (select from event_troubles t where t.reader = r.name and not t.is_set_aside) as is_troubled,
        exists (select from event_troubles t where t.reader = r.name and ${isDue}) as is_due
      from event_readers r cross join lateral events_unread(r.place) u
      where r.name = any ($1)`,
    values: [names],
  });
  return rows;
}

/** What there is to read from a place on, in which log; null only says where that is now. `at` is in seconds since 1970. */
export async function lookSince(
  db: Db,
  place: string | null,
): Promise<Pick<Place, 'now' | 'count' | 'first' | 'newest'> & { epoch: string; at: number }> {
  const { rows } = await db.$client.query({
    name: 'events.look',
    text: `
      select p.epoch, pg_current_snapshot()::text as now, extract(epoch from clock_timestamp())::bigint as at,
        u.count, u.first, u.last as newest
      from event_epochs p cross join lateral events_unread($1::pg_snapshot) u`,
    values: [place],
  });
  return rows[0];
}

/** A part of what is to be read: what was visible at `upto` and not at `place`, after one id and up to another. */
export interface Part {
  place: string;
  upto: string;
  after: number;
  last: number;
}

/**
 * The next events of a part. Ids are their order: whoever changes an appointment has its row until they commit, so the ids of
 * its events grow with its versions.
 */
export async function readPart(
  db: Db,
  { place, upto, after, last }: Part,
  { types, quiet }: { types: readonly string[]; quiet: boolean },
  limit: number,
): Promise<Happened[]> {
  const { rows } = await db.$client.query<Happened>({
    name: 'events.read',
    text: `
      select ${happenedColumns} from events e
      where e.id > $3 and e.id <= $4 and not pg_visible_in_snapshot(e.xid, $1::pg_snapshot)
        and pg_visible_in_snapshot(e.xid, $2::pg_snapshot) and e.type = any ($5::event_type[]) and ($6 or not e.is_quiet)
      order by e.id limit $7`,
    values: [place, upto, after, last, types, quiet, limit],
  });
  return rows;
}

const PART = 1_000;

/** All that is left of a part, some at a time; nothing that was loaded quietly. */
export async function* readParts(db: Db, part: Part): AsyncGenerator<Happened[]> {
  for (let { after } = part; ; ) {
    const found = await readPart(db, { ...part, after }, { types: eventTypes, quiet: false }, PART);
    yield found;
    const last = found.at(-1);
    if (!last || found.length < PART) return;
    after = last.id;
  }
}

/**
 * Moves a reader on, as the first thing in the transaction of what it does: who moves it has its row.
 * @param next null in `upto` where all up to `place` has been read
 * @returns false where it is elsewhere by now: another process has read
 */
export async function moveOn(
  tx: Tx,
  { name, place, upto, after }: Place,
  next: { place: string; upto: string | null; after: number; last: number },
): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'events.move-on',
    text: `
      update event_readers set place = $5, upto = $6, after = $7, last = $8, read_at = now()
      where name = $1 and place::text = $2 and upto::text is not distinct from $3 and after = $4`,
    values: [name, place, upto, after, next.place, next.upto, next.after, next.last],
  });
  return rowCount === 1;
}

export interface Lag {
  reader: string;
  /** Events that happened and that it has not read, of any type. */
  events: number;
  /** Since when the oldest of them waits. */
  seconds: number;
  /** Events that it failed at and tries again, or that wait behind such a one. */
  troubled: number;
  set_aside: number;
}

/** How far readers are behind. */
export async function listLags(db: Db): Promise<Lag[]> {
  const { rows } = await db.$client.query<Lag>({
    name: 'events.lags',
    text: `
      select r.name as reader, u.count as events, coalesce(extract(epoch from (
          select clock_timestamp() - e.noted_at from events e where e.id = u.first))::float8, 0) as seconds,
        (select count(*)::int from event_troubles t where t.reader = r.name and not t.is_set_aside) as troubled,
        (select count(*)::int from event_troubles t where t.reader = r.name and t.is_set_aside) as set_aside
      from event_readers r cross join lateral events_unread(r.place) u order by r.name`,
  });
  return rows;
}
