import type { VisitForCalendar } from '../../core/icalendar.ts';
import type { Role } from '../../core/roles.ts';
import type { FeedPurpose, Locale } from '../../core/words.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../db/client.ts';
import { CALENDAR_COLUMNS, CALENDAR_JOINS } from '../../db/icalendar-columns.ts';
import { familyOf } from '../patients/families/guardians.sql.ts';
import type { Feed } from './feeds.schemas.ts';

const COLUMNS = 'id, purpose, created_at, rotated_at, last_read_at';

/** Makes one, unless the person has `max` of them already. Whoever makes two at once is locked, and waits. */
export async function insertFeed(
  tx: Tx,
  feed: { user: number; purpose: FeedPurpose; token_hash: Buffer; now: Date },
  max: number,
): Promise<Feed | undefined> {
  const client = clientOf(tx);
  await client.query({
    name: 'feeds.lock-person',
    text: 'select from users where id = $1 for no key update',
    values: [feed.user],
  });
  const { rows } = await client.query<Feed>({
    name: 'feeds.insert',
    text: `
      insert into calendar_feeds (user_id, purpose, token_hash, created_at, rotated_at)
      select u.id, $2, $3, $4, $4 from users u
      where u.id = $1 and u.is_active and (select count(*) from calendar_feeds where user_id = $1) < $5
      returning ${COLUMNS}`,
    values: [feed.user, feed.purpose, feed.token_hash, feed.now, max],
  });
  return rows[0];
}

export async function listFeeds(db: Db, user: number): Promise<Feed[]> {
  const { rows } = await db.$client.query<Feed>({
    name: 'feeds.list',
    text: `select ${COLUMNS} from calendar_feeds where user_id = $1 order by id`,
    values: [user],
  });
  return rows;
}

export async function replaceToken(
  tx: Tx,
  { id, user, token_hash, now }: { id: number; user: number; token_hash: Buffer; now: Date },
): Promise<Feed | undefined> {
  const { rows } = await clientOf(tx).query<Feed>({
    name: 'feeds.rotate',
    text: `update calendar_feeds set token_hash = $3, rotated_at = $4 where id = $1 and user_id = $2 returning ${COLUMNS}`,
    values: [id, user, token_hash, now],
  });
  return rows[0];
}

export async function deleteFeed(tx: Tx, id: number, user: number): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'feeds.delete',
    text: 'delete from calendar_feeds where id = $1 and user_id = $2',
    values: [id, user],
  });
  return rowCount === 1;
}

export interface KnownFeed {
  id: number;
  user_id: number;
  role: Role;
  locale: Locale | null;
  purpose: FeedPurpose;
  content_hash: Buffer | null;
  changed_at: string | null;
  last_read_at: string | null;
}

/** The feed behind an address. One that is wrong, replaced or ended costs the same and finds the same. */
export async function findFeed(db: Db, token_hash: Buffer): Promise<KnownFeed | undefined> {
  const { rows } = await db.$client.query<KnownFeed>({
    name: 'feeds.find',
    text: `
      select f.id, f.user_id, u.role, u.locale, f.purpose, f.content_hash, f.changed_at, f.last_read_at
      from calendar_feeds f join users u on u.id = f.user_id and u.is_active
      where f.token_hash = $1`,
    values: [token_hash],
  });
  return rows[0];
}

/**
 * Notes that it was read, and since when it says what it says. Two contents never have the same second.
 * @returns since when; undefined where the feed has ended meanwhile
 */
export async function noteRead(
  executor: Executor,
  { id, content_hash, now }: { id: number; content_hash: Buffer; now: Date },
): Promise<string | undefined> {
  const { rows } = await clientOf(executor).query<{ changed_at: string }>({
    name: 'feeds.read',
    text: `
      update calendar_feeds set content_hash = $2, last_read_at = date_trunc('hour', $3::timestamptz),
        changed_at = case when content_hash is not distinct from $2 then coalesce(changed_at, date_trunc('second', $3::timestamptz))
          else greatest(date_trunc('second', $3::timestamptz), changed_at + interval '1 second') end
      where id = $1
      returning changed_at`,
    values: [id, content_hash, now],
  });
  return rows[0]?.changed_at;
}

/** A visit of a feed, with the ids of its people. */
export type FeedVisit = VisitForCalendar & { patient_id: number };

interface Span {
  user: number;
  from: string;
  to: string;
}

const visits = (where: string) => `
  select ${CALENDAR_COLUMNS}, a.patient_id
  from appointments a
  ${CALENDAR_JOINS}
  where ${where} and a.date between $2 and $3
  order by a.date, a.start_time, a.id`;

/** What a patient's feed shows: their own visits and those of whom they look after now. */
export async function listFamilyVisits(
  db: Db,
  { user, from, to }: Span,
  adult: string,
): Promise<FeedVisit[]> {
  const { rows } = await db.$client.query<FeedVisit>({
    name: 'feeds.family-visits',
    text: visits(`a.patient_id in (${familyOf('$1', '$4')})`),
    values: [user, from, to, adult],
  });
  return rows;
}

export async function listDoctorsVisits(db: Db, { user, from, to }: Span): Promise<FeedVisit[]> {
  const { rows } = await db.$client.query<FeedVisit>({
    name: 'feeds.doctors-visits',
    text: visits('a.doctor_id = $1'),
    values: [user, from, to],
  });
  return rows;
}
