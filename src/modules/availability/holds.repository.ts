import { clientOf, type Db, type Executor, type Tx } from '../../db/client.ts';
import {
  appointmentsAhead,
  boundValues,
  canBeHad,
  inFamily,
  isBusy,
  theirDoctorIsBookable,
} from './bookable.sql.ts';
import type { Hold } from './holds.schemas.ts';
import type { Bounds } from './policy.rules.ts';
import { isForNewOrKnown, isOfAge, slotsFrom } from './services.sql.ts';

interface Locked {
  id: number;
  /** It is one of those that are wanted. */
  is_wanted: boolean;
  /** How many are wanted; null where the service does not fit in. */
  wanted: number | null;
  /** It is theirs already until `held_until`, by a hold or by an offer of the waiting list. */
  is_own: boolean;
  /** By an offer, which nobody turns into a hold. */
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
interface HoldWanted {
  timeslot: number;
  patient: number;
  /** Who holds it: they have one hold at a time, whoever it is for. */
  account: number;
  /** What for, if for more than the slot. */
  service?: number | undefined;
}

/** Others come first for a while. */
export const PAUSED = 'paused';

/** Whose hold gives way: that of the patient, and that which the account has, for whomever. The condition is that of its index. */
const people = `
  select $2::integer as person union
  select f.held_by from timeslots f
  where f.last_held_by = $12::integer and f.held_by is not null and not f.is_waitlisted and f.held_with is null`;

/**
 * Takes a slot, or the slots of a service from one on, for a patient who is locked, and gives back what they held before, and
 * what the account did, for whomever. The slots are locked in the order of their ids: two patients who change places must not
 * wait for each other. What the account holds for another of its family it may pass on.
 *
 * Nobody can hold a slot for ever by holding it again. Given back and taken anew, a hold ends when it would have ended at
 * first; after that end as much time must pass as a hold lasts.
 * @param wanted.account who holds it, also locked: the patient, or whoever looks after them
 * @param term.minutes how long it is held
 * @param term.endOf when a hold of a slot that begins now would end
 * @returns undefined when some rule refused and nothing was changed
 */
export async function takeHold(
  tx: Tx,
  { timeslot, patient, account, service }: HoldWanted,
  bounds: Bounds,
  {
    minutes,
    endOf,
  }: { minutes: number; endOf: (slot: Pick<Locked, 'date' | 'start_time' | 'end_time'>) => Date },
): Promise<Hold | typeof PAUSED | undefined> {
  const client = clientOf(tx);
  const { rows } = await client.query<Locked>({
    name: 'holds.lock',
    text: `
      with target as materialized (
        select case when $13::integer is null then array[first.id] else (
            select ${slotsFrom('first')}
            from services v join doctor_services g on g.service_id = v.id and g.doctor_id = first.doctor_id
            where v.id = $13 and v.is_active and ${isOfAge('$2', 'first.date')} and ${isForNewOrKnown('$2')}) end as slots
        from timeslots first where first.id = $1
      )
      select s.id, coalesce(s.id = any ((select slots from target)::integer[]), false) as is_wanted,
        (select cardinality(slots) from target) as wanted,
        coalesce(s.held_by = $2 and s.held_until > $3, false) as is_own, s.is_waitlisted as is_offered,
        coalesce(s.held_by in (${people}) and not s.is_waitlisted, false) as is_of_account, s.held_until,
        ${canBeHad(inFamily('$2::integer', '$12'), 3)} and ${theirDoctorIsBookable}
          and not ${isBusy('$2')}
          and ($11::integer is null or ${appointmentsAhead('$2', 3)} < $11) as is_open,
        s.date, s.start_time, s.end_time, case when s.last_held_by = $12 then s.last_held_until end as last_held_until
      from timeslots s
      where s.id in (
        select unnest((select slots from target) || $1::integer)
        union
        select s.id from (${people}) p join timeslots s on s.held_by = p.person and not s.is_waitlisted)
      order by s.id
      for no key update of s`,
    values: [timeslot, patient, ...boundValues(bounds), bounds.active_max, account, service],
  });
  const first = rows.find(({ id }) => id === timeslot);
  const slots = rows.filter(({ is_wanted }) => is_wanted);
  if (!first || slots.length === 0 || slots.length !== first.wanted) return undefined;
  if (slots.every(({ is_own }) => is_own)) return { timeslot, expires_at: first.held_until ?? '' };
  if (!slots.every(({ is_open, is_offered }) => is_open && !is_offered)) return undefined;
  const now = bounds.now.getTime();
  const before = slots.map(({ last_held_until: last }) => (last === null ? -1 : Date.parse(last)));
  if (before.some((ended) => ended <= now && now < ended + minutes * 60_000)) return PAUSED;
  // The wanted ones too: one of them may have been held alone.
  const held = rows.filter(({ is_of_account }) => is_of_account);
  if (held.length > 0) await giveBack(tx, held);
  const ends = [endOf(first).getTime(), ...before.filter((end) => end > now)];
  const expires_at = new Date(Math.min(...ends)).toISOString();
  await client.query({
    name: 'holds.take',
    text: `
      update timeslots set held_by = $2, held_until = $3, last_held_by = $5, last_held_until = $3,
        held_with = case when id <> $4::integer then $4::integer end
      where id = any ($1)`,
    values: [slots.map(({ id }) => id), patient, expires_at, timeslot, account],
  });
  return { timeslot, expires_at };
}

async function giveBack(tx: Tx, held: readonly Locked[]): Promise<void> {
  await clientOf(tx).query({
    name: 'holds.give-back',
    text: 'update timeslots set held_by = null, held_until = null, held_with = null where id = any ($1)',
    values: [held.map(({ id }) => id)],
  });
}

/**
 * Ends what an account holds of a slot, for whomever, with all that it holds together with it. An offer of the waiting list
 * stays: the patient declines it instead.
 */
export async function endHold(executor: Executor, timeslot: number, account: number): Promise<boolean> {
  const { rowCount } = await clientOf(executor).query({
    name: 'holds.end',
    text: `
      update timeslots set held_by = null, held_until = null, held_with = null
      where id in (
        select s.id from timeslots named join timeslots s on s.held_by = named.held_by and not s.is_waitlisted
          and coalesce(s.held_with, s.id) = coalesce(named.held_with, named.id)
        where named.id = $1 and (named.held_by = $2 or named.last_held_by = $2)
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
