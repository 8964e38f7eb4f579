import { clientOf, type Db, type Executor, type Tx } from '../../db/client.ts';
import { unseen } from '../../db/sql.ts';
import {
  boundValues,
  canBeHad,
  hasFewerAhead,
  inFamily,
  isBusy,
  theirDoctorIsBookable,
} from './bookable.sql.ts';
import type { Hold } from './holds.schemas.ts';
import type { Bounds } from './policy.rules.ts';
import { freeRooms, keepRooms } from './rooms.sql.ts';
import { isForNewOrKnown, isOfAge, slotsFrom } from './services.sql.ts';

/** A slot that concerns one of the holds that are wanted: it is asked for, or somebody's hold of it gives way. */
interface Locked {
  /** Which of those wanted, from 1. */
  nth: number;
  id: number;
  /** It is one of those that are wanted. */
  is_wanted: boolean;
  /** How many are wanted; null where the service does not fit in. */
  wanted: number | null;
  /** It is theirs already until `held_until`, by a hold or by an offer of the waiting list, with a room where they need one. */
  is_own: boolean;
  /** The room that is kept with it by then. */
  held_room: number | null;
  /** Of the slot that is asked for: which rooms are free, as many as may be wanted; null where none is needed. */
  rooms: number[] | null;
  /**
   * By an offer, which nobody turns into a hold. What waits to be offered is none yet: out of patients' reach the staff may
   * have it.
   */
  is_offered: boolean;
  /** A hold of the account's, live or not. */
  is_of_account: boolean;
  held_until: string | null;
  is_open: boolean;
  date: string;
  start_time: string;
  end_time: string;
  /** When their last hold of it ended, or would have; null where somebody else had it since. */
  last_held_until: string | null;
}

/** Whose hold it is, and what of. */
export interface HoldWanted {
  timeslot: number;
  patient: number;
  /** Who holds it: they have one hold at a time, whoever it is for. */
  account: number;
  /** What for, if for more than the slot. */
  service?: number | undefined;
}

/** A slot that is held from now on. */
interface Held {
  id: number;
  patient: number;
  account: number;
  timeslot: number;
  room: number | null;
  expires_at: string;
}

/** How long holds last, in minutes, and when one of a slot that begins now would end. */
interface Term {
  minutes: number;
  endOf: (slot: Pick<Locked, 'date' | 'start_time' | 'end_time'>) => Date;
}

/** Others come first for a while. */
export const PAUSED = 'paused';

/**
 * Takes slots, or the slots of a service from one on, for patients who are locked, and gives back what they held before, and
 * what their accounts did, for whomever. All slots are locked in the order of their ids: two patients who change places must
 * not wait for each other. What an account holds for another of its family it may pass on. Of those who want one slot the
 * first gets it, and so with the last room of a kind: where the service needs one, it is kept too.
 *
 * Nobody can hold a slot for ever by holding it again. Given back and taken anew, a hold ends when it would have ended at
 * first; after that end as much time must pass as a hold lasts.
 * @param wanted no two of one patient or account. `account` is also locked: the patient, or whoever looks after them
 * @returns in the order of `wanted`; undefined when some rule refused and nothing was changed
 * @throws the refusal by `room_uses_no_overlap` when somebody took one of the rooms in this very moment
 */
export async function takeHolds(
  tx: Tx,
  wanted: readonly HoldWanted[],
  bounds: Bounds,
  term: Term,
): Promise<(Hold | typeof PAUSED | undefined)[]> {
  const rows = await lockSlots(tx, wanted, bounds);
  const taken = new Set<number>();
  const given: number[] = [];
  const holds: Held[] = [];
  const kept: (Span & { room: number })[] = [];
  const answers = wanted.map(({ timeslot, patient, account }, index) => {
    const own = rows.filter(({ nth }) => nth === index + 1);
    const judged = judge(own, timeslot, bounds.now.getTime(), term);
    if (judged === undefined || judged === PAUSED) return judged;
    if (judged.slots.some((id) => taken.has(id))) return undefined;
    const { expires_at, span, rooms } = judged;
    const room =
      rooms?.find((id) => !kept.some((other) => other.room === id && overlap(other, span))) ?? null;
    if (rooms && room === null) return undefined;
    if (room !== null) kept.push({ ...span, room });
    for (const id of judged.slots) {
      taken.add(id);
      holds.push({ id, patient, account, timeslot, room, expires_at });
    }
    given.push(...judged.before);
    return { timeslot, expires_at };
  });
  if (given.length > 0) await giveBack(tx, given);
  if (holds.length > 0) await take(tx, holds);
  if (kept.length > 0)
    await clientOf(tx).query({ ...keepRooms, values: [holds.map(({ id }) => id), bounds.now] });
  return answers;
}

/** A time on a day. */
interface Span {
  date: string;
  start_time: string;
  end_time: string;
}

const overlap = (one: Span, other: Span): boolean =>
  one.date === other.date && one.start_time < other.end_time && other.start_time < one.end_time;

/**
 * Whose hold gives way: that of the patient, and that which the account has, for whomever. The condition is that of its index, word
 * for word: what says that `held_by` is not null has the server read an index of `held_by` whole.
 */
const people = `
  select w.patient as person union
  select f.held_by from timeslots f
  where f.last_held_by = w.account and f.held_until is not null and not f.is_waitlisted and f.held_with is null`;

async function lockSlots(tx: Tx, wanted: readonly HoldWanted[], bounds: Bounds): Promise<Locked[]> {
  const { rows } = await clientOf(tx).query<Locked>({
    name: 'holds.lock',
    text: `
      with wanted as materialized (
        select w.*, case when w.service is null then array[first.id] else given.slots end as slots, given.room_kind,
          case when w.service is null then first.end_time else (
            select max(l.end_time) from timeslots l where l.id = any (given.slots)) end as ends
        from unnest(${unseen('$1', 'integer[]')}, ${unseen('$2', 'integer[]')}, ${unseen('$3', 'integer[]')},
            ${unseen('$4', 'integer[]')}) with ordinality w (timeslot, patient, account, service, nth)
        join timeslots first on first.id = w.timeslot
        left join lateral (
          select v.room_kind, ${slotsFrom('first')} as slots
          from services v join doctor_services g on g.service_id = v.id and g.doctor_id = first.doctor_id
          where v.id = w.service and v.is_active and ${isOfAge('w.patient', 'first.date')}
            and ${isForNewOrKnown('w.patient')} limit 1) given on true
      ), concerned as materialized (
        select w.nth, unnest(w.slots || w.timeslot) as id from wanted w
        union
        select w.nth, h.id from wanted w cross join lateral (${people}) p
          join timeslots h on h.held_by = p.person and not h.is_waitlisted
      )
      select w.nth::integer, s.id, coalesce(s.id = any (w.slots), false) as is_wanted, cardinality(w.slots) as wanted,
        coalesce(s.held_by = w.patient and s.held_until > $5, false) and (w.room_kind is null or exists (
          select from rooms r where r.id = s.held_room_id and r.kind = w.room_kind and r.is_active)) as is_own,
        case when w.room_kind is not null then s.held_room_id end as held_room,
        case when w.room_kind is not null and s.id = w.timeslot then array(${freeRooms({
          now: '$5',
          branch: 's.branch_id',
          kind: 'w.room_kind',
          date: 's.date',
          starts: 's.start_time',
          ends: 'w.ends',
          // With the slots that are given back for it: what is kept with these goes as well.
          slots: 'array(select c.id from concerned c where c.nth = w.nth)',
          first: 's.room_id',
        })} limit (select count(*) from wanted)) end as rooms,
        coalesce(s.is_waitlisted and s.held_until > $5, false) as is_offered,
        coalesce(s.held_by in (${people}) and not s.is_waitlisted, false) as is_of_account, s.held_until,
        ${canBeHad(inFamily('w.patient', 'w.account'), 5)} and ${theirDoctorIsBookable}
          and not ${isBusy('w.patient', 'null', 's', 'case when s.id = w.timeslot then w.ends else s.end_time end')}
          and ${hasFewerAhead('w.patient', 5, '$13')} as is_open,
        s.date, s.start_time, s.end_time, case when s.last_held_by = w.account then s.last_held_until end as last_held_until
      from concerned c join wanted w on w.nth = c.nth join timeslots s on s.id = c.id
      order by s.id
      for no key update of s`,
    values: [
      wanted.map(({ timeslot }) => timeslot),
      wanted.map(({ patient }) => patient),
      wanted.map(({ account }) => account),
      wanted.map(({ service }) => service ?? null),
      ...boundValues(bounds),
      bounds.active_max,
    ],
  });
  return rows;
}

/** What a hold takes, and what gives way to it. */
interface Judged {
  slots: number[];
  before: number[];
  expires_at: string;
  span: Span;
  /** One of these is kept with it; null where none has to be. */
  rooms: number[] | null;
}

/** What comes of one who wants to hold slots. @param rows what concerns it. @returns what it takes and what it gives back */
function judge(
  rows: readonly Locked[],
  timeslot: number,
  now: number,
  { minutes, endOf }: Term,
): Judged | typeof PAUSED | undefined {
  const first = rows.find(({ id }) => id === timeslot);
  const slots = rows.filter(({ is_wanted }) => is_wanted);
  if (!first || slots.length === 0 || slots.length !== first.wanted) return undefined;
  const ends_last = slots.map(({ end_time }) => end_time).toSorted();
  const span = { ...first, end_time: ends_last.at(-1) ?? first.end_time };
  if (slots.every(({ is_own, held_room }) => is_own && held_room === first.held_room))
    return { slots: [], before: [], expires_at: first.held_until ?? '', span, rooms: null };
  if (!slots.every(({ is_open, is_offered }) => is_open && !is_offered)) return undefined;
  const ended = slots.map(({ last_held_until: last }) => (last === null ? -1 : Date.parse(last)));
  if (ended.some((end) => end <= now && now < end + minutes * 60_000)) return PAUSED;
  const ends = [endOf(first).getTime(), ...ended.filter((end) => end > now)];
  return {
    slots: slots.map(({ id }) => id),
    // The wanted ones too: one of them may have been held alone.
    before: rows.filter(({ is_of_account }) => is_of_account).map(({ id }) => id),
    expires_at: new Date(Math.min(...ends)).toISOString(),
    span,
    rooms: first.rooms,
  };
}

async function giveBack(tx: Tx, slots: readonly number[]): Promise<void> {
  await clientOf(tx).query({
    name: 'holds.give-back',
    text: `update timeslots set held_by = null, held_until = null, held_with = null where id = any (${unseen('$1', 'integer[]')})`,
    values: [slots],
  });
}

/**
 * What the waiting list keeps for later, out of patients' reach, is a hold like any other from now on, and no offer: it is claimed
 * anew before its day comes within reach.
 */
async function take(tx: Tx, holds: readonly Held[]): Promise<void> {
  await clientOf(tx).query({
    name: 'holds.take',
    text: `
      update timeslots s set held_by = h.patient, held_until = h.until, last_held_by = h.account, last_held_until = h.until,
        held_with = case when h.id <> h.timeslot then h.timeslot end, held_room_id = h.room, is_waitlisted = false, offer_after = null
      from unnest(${unseen('$1', 'integer[]')}, ${unseen('$2', 'integer[]')}, ${unseen('$3', 'integer[]')},
          ${unseen('$4', 'integer[]')}, ${unseen('$5', 'timestamptz[]')}, ${unseen('$6', 'integer[]')})
        h (id, patient, account, timeslot, until, room)
      where s.id = h.id`,
    values: [
      holds.map(({ id }) => id),
      holds.map(({ patient }) => patient),
      holds.map(({ account }) => account),
      holds.map(({ timeslot }) => timeslot),
      holds.map(({ expires_at }) => expires_at),
      holds.map(({ room }) => room),
    ],
  });
}

/**
 * Ends what an account holds of a slot, for whomever, with all that it holds together with it. An offer of the waiting list
 * stays: the patient declines it instead. What the slot says of its hold is looked up by itself: joined, the server may read all
 * that is held or offered to anybody.
 */
export async function endHold(executor: Executor, timeslot: number, account: number): Promise<boolean> {
  const { rowCount } = await clientOf(executor).query({
    name: 'holds.end',
    text: `
      update timeslots set held_by = null, held_until = null, held_with = null
      where id in (
        select s.id from timeslots s
        where s.held_by = (
            select n.held_by from timeslots n where n.id = $1 and (n.held_by = $2 or n.last_held_by = $2))
          and coalesce(s.held_with, s.id) = (select coalesce(n.held_with, n.id) from timeslots n where n.id = $1)
          and not s.is_waitlisted
        order by s.id for no key update of s)`,
    values: [timeslot, account],
  });
  return (rowCount ?? 0) > 0;
}

export async function slotExists(db: Db, timeslot: number): Promise<boolean> {
  const { rowCount } = await db.$client.query({
    name: 'holds.slot-exists',
    text: 'select from timeslots where id = $1',
    values: [timeslot],
  });
  return rowCount === 1;
}
