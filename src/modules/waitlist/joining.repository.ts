import type { WallTime } from '../../core/clock.ts';
import { clientOf, type Tx } from '../../db/client.ts';
import { isBookable } from '../availability/people.sql.ts';
import { isActive, isLapsed } from '../availability/visits.sql.ts';
import { isLive } from './entries.repository.ts';
import type { WishFaults } from './joining.rules.ts';

/** What a patient waits for. */
export interface Wish {
  patient: number;
  doctor: number | null;
  specialization: string | null;
  from: string;
  to: string;
  after: string | null;
  before: string | null;
  /** The visit that they would rather have at another time. */
  replaces: number | null;
}

/** The values of a wish, in the order in which every statement names them from `$1` on. */
const wishValues = (wish: Wish) => [
  wish.patient,
  wish.doctor,
  wish.specialization,
  wish.from,
  wish.to,
  wish.after,
  wish.before,
  wish.replaces,
];

/**
 * Keeps the status of a visit as it is until the transaction ends: whoever cancels it meanwhile waits, and then sees who
 * would rather have had another time.
 */
export async function lockReplaced(tx: Tx, visit: number): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.lock-replaced',
    text: 'select from appointments where id = $1 for share',
    values: [visit],
  });
}

/** Judges a wish of a locked patient, in a statement of its own after the lock: an earlier snapshot would miss what was wished meanwhile. */
export async function judgeWish(tx: Tx, wish: Wish, wall: WallTime): Promise<WishFaults | undefined> {
  const { rows } = await clientOf(tx).query<WishFaults>({
    name: 'waitlist.judge',
    text: `
      select
        not exists (
          select from users u join doctor_profiles d on d.id = u.id
          where ${isBookable('u', 'd')}
            and (u.id = $2 or u.id in (
              select id from doctor_profiles where search_fold(specialization) = search_fold($3)))) as no_doctor,
        mine.*,
        $8::integer is not null and visit.id is null as no_visit,
        coalesce(not ${isActive('visit')} or visit.lapsed, false) as decided,
        coalesce((visit.date, visit.start_time) <= ($9::date, $10::time), false) as begun,
        coalesce(visit.attendance in ('completed', 'no_show'), false) as attended,
        coalesce(visit.doctor_id <> $2, true) and coalesce(search_fold(visit.specialization) <> search_fold($3), true)
          and visit.id is not null as other_doctor
      from (
        select count(*)::int as live,
          coalesce(bool_or(
            doctor_id is not distinct from $2 and search_fold(specialization) is not distinct from search_fold($3)
            and "from" = $4 and "to" = $5 and after is not distinct from $6::time and before is not distinct from $7::time
          ), false) as known
        from waitlist_entries e where patient_id = $1 and ${isLive('e')}
      ) mine
      left join (
        select a.id, a.status, a.date, a.start_time, a.attendance, a.doctor_id, d.specialization,
          ${isLapsed('a', 9)} as lapsed
        from appointments a join doctor_profiles d on d.id = a.doctor_id where a.id = $8 and a.patient_id = $1
      ) visit on true`,
    values: [...wishValues(wish), wall.date, wall.time],
  });
  return rows[0];
}

export async function insertEntry(tx: Tx, wish: Wish, created_at: Date): Promise<number> {
  const { rows } = await clientOf(tx).query<{ id: number }>({
    name: 'waitlist.insert',
    text: `
      insert into waitlist_entries (
        patient_id, doctor_id, specialization, "from", "to", after, before, replaces_id, created_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`,
    values: [...wishValues(wish), created_at],
  });
  return rows[0]?.id ?? 0;
}

/** Ends an entry without an offer. @returns false when it does not wait, or has just been offered something */
export async function leave(tx: Tx, entry: number): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'waitlist.leave',
    text: `update waitlist_entries set status = 'left' where id = $1 and status = 'waiting'`,
    values: [entry],
  });
  return rowCount === 1;
}
