import { clientOf, type Executor, type Tx } from '../../../db/client.ts';
import { isDoctorHere } from '../../availability/people.sql.ts';
import { type Branches, isReached } from '../../availability/reach.sql.ts';
import type { WeeklyHours } from './weeks.rules.ts';

interface Row extends WeeklyHours {
  doctor: number;
}

const columns = 'weekday, start_time, end_time, slot_minutes, break_minutes, valid_from, valid_until';
const place = 'branch_id as branch, room_id as room';

const hoursOf = ({ doctor, ...hours }: Row): WeeklyHours => hours;

/** A doctor's week in these branches, by weekday and time. @returns undefined when nobody works here as this doctor */
export async function findWeek(
  executor: Executor,
  doctor: number,
  branches: Branches,
): Promise<WeeklyHours[] | undefined> {
  const { rows } = await clientOf(executor).query<{ [Name in keyof Row]: Row[Name] | null }>({
    name: 'schedules.find',
    text: `
      select u.id as doctor, ${columns}, ${place} from users u left join weekly_hours w
        on w.doctor_id = u.id and ${isReached('w.branch_id', '$2')}
      where u.id = $1 and ${isDoctorHere('u')}
      order by weekday, start_time, valid_from nulls first`,
    values: [doctor, branches],
  });
  if (rows.length === 0) return undefined;
  return rows.filter((row): row is Row => row.weekday !== null).map(hoursOf);
}

/**
 * Forgets the week in these branches, and which of its slots were taken back by hand: the next week begins anew. What was
 * taken back of hours elsewhere stays away.
 */
export async function forgetWeek(tx: Tx, doctor: number, branches: Branches): Promise<void> {
  await clientOf(tx).query({
    name: 'schedules.forget',
    text: `
      with back as (
        delete from withdrawn_timeslots t
        where t.doctor_id = $1 and not exists (
          select from weekly_hours w
          where w.doctor_id = $1 and not ${isReached('w.branch_id', '$2')} and w.weekday = extract(isodow from t.date)
            and t.start_time >= w.start_time and t.end_time <= w.end_time
            and t.date between coalesce(w.valid_from, t.date) and coalesce(w.valid_until, t.date))
      )
      delete from weekly_hours w where w.doctor_id = $1 and ${isReached('w.branch_id', '$2')}`,
    values: [doctor, branches],
  });
}

/** @returns the week as it stands, by weekday and time */
export async function insertWeek(
  tx: Tx,
  doctor: number,
  week: readonly WeeklyHours[],
): Promise<WeeklyHours[]> {
  const { rows } = await clientOf(tx).query<WeeklyHours>({
    name: 'schedules.insert',
    text: `
      with written as (
        insert into weekly_hours (doctor_id, ${columns}, branch_id, room_id)
        select $1, ${columns}, branch, room from json_to_recordset($2::json) as week (
          weekday smallint, start_time time, end_time time, slot_minutes smallint, break_minutes smallint,
          valid_from date, valid_until date, branch integer, room integer)
        returning ${columns}, ${place}
      )
      select * from written order by weekday, start_time, valid_from nulls first`,
    values: [doctor, JSON.stringify(week)],
  });
  return rows;
}
