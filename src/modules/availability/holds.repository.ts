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

/** Others come first for a while. */
export const PAUSED = 'paused';

/**
 * Takes a slot for a patient who is locked, and gives back what they held before. The slots are locked in the order of
 * their ids: two patients who change places must not wait for each other.
 *
 * Nobody can hold a slot for ever by holding it again. Given back and taken anew, a hold ends when it would have ended at
 * first; after that end as much time must pass as a hold lasts.
 * @param term.minutes how long it is held
 * @param term.endOf when a hold of a slot that begins now would end
 * @returns undefined when some rule refused and nothing was changed
 */
export async function takeHold(
  tx: Tx,
  { timeslot, patient }: { timeslot: number; patient: number },
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
        ${canBeHad('$2', 3)} and ${doctorIsBookable} and not ${isBusy('$2')}
          and ($11::integer is null or ${appointmentsAhead('$2', 3)} < $11) as is_open,
        s.date, s.start_time, s.end_time, case when s.last_held_by = $2 then s.last_held_until end as last_held_until
      from timeslots s
      where s.id = $1 or (s.held_by = $2 and not s.is_waitlisted)
      order by s.id
      for no key update of s`,
    values: [timeslot, patient, ...boundValues(bounds), bounds.active_max],
  });
  const wanted = rows.find(({ id }) => id === timeslot);
  if (wanted?.is_own) return { timeslot, expires_at: wanted.held_until };
  if (!wanted?.is_open) return undefined;
  const before =
    wanted.last_held_until === null ? Number.NEGATIVE_INFINITY : Date.parse(wanted.last_held_until);
  const now = bounds.now.getTime();
  if (before <= now && now < before + minutes * 60_000) return PAUSED;
  if (rows.length > 1) await giveBack(tx, patient, timeslot);
  const end = endOf(wanted).getTime();
  const expires_at = new Date(before > now ? Math.min(before, end) : end).toISOString();
  await client.query({
    name: 'holds.take',
    text: `
      update timeslots set held_by = $2, held_until = $3, last_held_by = $2, last_held_until = $3 where id = $1`,
    values: [timeslot, patient, expires_at],
  });
  return { timeslot, expires_at };
}

async function giveBack(tx: Tx, patient: number, except: number): Promise<void> {
  await clientOf(tx).query({
    name: 'holds.give-back',
    text: `
      update timeslots set held_by = null, held_until = null
      where held_by = $1 and not is_waitlisted and id <> $2`,
    values: [patient, except],
  });
}

/** Ends somebody's hold of a slot. An offer of the waiting list stays: the patient declines it instead. */
export async function endHold(executor: Executor, timeslot: number, patient: number): Promise<boolean> {
  const { rowCount } = await clientOf(executor).query({
    name: 'holds.end',
    text: `
      update timeslots set held_by = null, held_until = null
      where id = $1 and held_by = $2 and not is_waitlisted`,
    values: [timeslot, patient],
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
