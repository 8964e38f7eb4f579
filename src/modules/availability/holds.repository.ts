import { clientOf, type Db, type Executor, type Tx } from '../../db/client.ts';
import { appointmentsAhead, boundValues, canBeHad, doctorIsBookable, isBusy } from './bookable.sql.ts';
import type { Hold } from './holds.schemas.ts';
import type { Bounds } from './policy.rules.ts';

interface Locked {
  id: number;
  /** It is theirs already until `held_until`, by a hold or by an offer of the waiting list. */
  is_own: boolean;
  held_until: string;
  is_open: boolean;
  date: string;
  start_time: string;
  end_time: string;
  /** When their last hold of it ended, or would have; null where somebody else had it since. */
  last_held_until: string | null;
}

/**
 * The slot `s` is held by an account, for whomever: `last_held_by` says who took the hold that `held_by` has. Each names the
 * condition of its index, which holds the slots that are held.
 */
const isOf = (account: string) =>
  `(s.last_held_by = ${account} and s.held_by is not null and not s.is_waitlisted and s.held_with is null)`;

/** Others come first for a while. */
export const PAUSED = 'paused';

/**
 * Takes a slot for a patient who is locked, and gives back what they held before, and what the account did, for whomever. The
 * slots are locked in the order of their ids: two patients who change places must not wait for each other. What the account
 * holds for another of its family it may pass on.
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
  { timeslot, patient, account }: { timeslot: number; patient: number; account: number },
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
      select s.id, coalesce(s.held_by = $2 and s.held_until > $3, false) as is_own, s.held_until,
        ${canBeHad(`case when ${isOf('$12')} then s.held_by else $2::integer end`, 3)} and ${doctorIsBookable} and not ${isBusy('$2')}
          and ($11::integer is null or ${appointmentsAhead('$2', 3)} < $11) as is_open,
        s.date, s.start_time, s.end_time, case when s.last_held_by = $12 then s.last_held_until end as last_held_until
      from timeslots s
      where s.id = $1 or (s.held_by = $2 and not s.is_waitlisted and s.held_with is null) or ${isOf('$12')}
      order by s.id
      for no key update of s`,
    values: [timeslot, patient, ...boundValues(bounds), bounds.active_max, account],
  });
  const wanted = rows.find(({ id }) => id === timeslot);
  if (wanted?.is_own) return { timeslot, expires_at: wanted.held_until };
  if (!wanted?.is_open) return undefined;
  const before =
    wanted.last_held_until === null ? Number.NEGATIVE_INFINITY : Date.parse(wanted.last_held_until);
  const now = bounds.now.getTime();
  if (before <= now && now < before + minutes * 60_000) return PAUSED;
  const others = rows.flatMap(({ id }) => (id === timeslot ? [] : [id]));
  if (others.length > 0) await giveBack(tx, others);
  const end = endOf(wanted).getTime();
  const expires_at = new Date(before > now ? Math.min(before, end) : end).toISOString();
  await client.query({
    name: 'holds.take',
    text: `
      update timeslots set held_by = $2, held_until = $3, last_held_by = $4, last_held_until = $3 where id = $1`,
    values: [timeslot, patient, expires_at, account],
  });
  return { timeslot, expires_at };
}

async function giveBack(tx: Tx, timeslots: readonly number[]): Promise<void> {
  await clientOf(tx).query({
    name: 'holds.give-back',
    text: 'update timeslots set held_by = null, held_until = null where id = any ($1)',
    values: [timeslots],
  });
}

/** Ends what an account holds of a slot, for whomever. An offer of the waiting list stays: the patient declines it instead. */
export async function endHold(executor: Executor, timeslot: number, account: number): Promise<boolean> {
  const { rowCount } = await clientOf(executor).query({
    name: 'holds.end',
    text: `
      update timeslots s set held_by = null, held_until = null
      where id = $1 and (s.held_by = $2 and not s.is_waitlisted or ${isOf('$2')})`,
    values: [timeslot, account],
  });
  return rowCount === 1;
}

export async function slotExists(db: Db, timeslot: number): Promise<boolean> {
  const { rowCount } = await db.$client.query({
    name: 'holds.slot-exists',
    text: 'select from timeslots where id = $1',
    values: [timeslot],
  });
  return rowCount === 1;
}
