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
  /** What for; one slot will do without it. */
  service: number | null;
  /** Where; anywhere without it. */
  branch: number | null;
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
  wish.service,
  wish.branch,
];

/**
 * Keeps the status of a visit as it is until the transaction ends: whoever cancels it meanwhile waits, and then sees who
 * would rather have had another time.
 * @returns what the visit is for; undefined when there is none
 */
export async function lockReplaced(tx: Tx, visit: number): Promise<{ service: number | null } | undefined> {
  const { rows } = await clientOf(tx).query<{ service: number | null }>({
    name: 'waitlist.lock-replaced',
    text: 'select service_id as service from appointments where id = $1 for share',
    values: [visit],
  });
  return rows[0];
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
              select id from doctor_profiles where search_fold(specialization) = (select specialization_fold($3))))) as no_doctor,
        $9::integer is not null and not exists (
          select from services v join doctor_services g on g.service_id = v.id join doctor_profiles d on d.id = g.doctor_id
          where v.id = $9 and v.is_active and (d.id = $2 or search_fold(d.specialization) = (select specialization_fold($3)))) as not_given,
        $9::integer is null and exists (
          select from doctor_services g join services v on v.id = g.service_id and v.is_active where g.doctor_id = $2)
          as gives_services,
        case when $10::integer is not null and not exists (select from branches where id = $10 and is_active) then (
          select coalesce(string_agg(id::text, ', ' order by id), '') from (select id from branches where is_active order by id limit 20) b)
        end as branches,
        mine.*,
        $8::integer is not null and visit.id is null as no_visit,
        coalesce(not ${isActive('visit')} or visit.lapsed, false) as decided,
        coalesce((visit.date, visit.start_time) <= ($11::date, $12::time), false) as begun,
        visit.attendance is not null as attended,
        coalesce(visit.doctor_id <> $2, true) and coalesce(search_fold(visit.specialization) <> (select specialization_fold($3)), true)
          and visit.id is not null as other_doctor
      from (
        select count(*)::int as live,
          coalesce(bool_or(
            doctor_id is not distinct from $2 and search_fold(specialization) is not distinct from (select specialization_fold($3))
            and "from" = $4 and "to" = $5 and after is not distinct from $6::time and before is not distinct from $7::time
            and service_id is not distinct from $9 and branch_id is not distinct from $10
          ), false) as known
        from waitlist_entries e where patient_id = $1 and ${isLive('e')} and "to" >= $11::date
      ) mine
      left join (
        select a.id, a.status, a.date, a.start_time, a.attendance, a.doctor_id, d.specialization,
          ${isLapsed('a', 11)} as lapsed
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
        patient_id, doctor_id, specialization, "from", "to", after, before, replaces_id, service_id, branch_id, created_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id`,
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
