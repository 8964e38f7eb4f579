import { clientOf, type Db, type Tx } from '../../../db/client.ts';
import { isDoctorHere } from '../../availability/people.sql.ts';
import type { WeeklyHours } from './weeks.rules.ts';

interface Row extends WeeklyHours {
  doctor: number;
}

const columns = 'weekday, start_time, end_time, slot_minutes, break_minutes, valid_from, valid_until';
const place = 'branch_id as branch, room_id as room';

const hoursOf = ({ doctor, ...hours }: Row): WeeklyHours => hours;

/** A doctor's week, by weekday and time. @returns undefined when nobody works here as this doctor */
export async function findWeek(db: Db, doctor: number): Promise<WeeklyHours[] | undefined> {
  const { rows } = await db.$client.query<{ [Name in keyof Row]: Row[Name] | null }>({
    name: 'schedules.find',
    text: `
      select u.id as doctor, ${columns}, ${place} from users u left join weekly_hours w on w.doctor_id = u.id
      where u.id = $1 and ${isDoctorHere('u')}
      order by weekday, start_time, valid_from nulls first`,
    values: [doctor],
  });
  if (rows.length === 0) return undefined;
  return rows.filter((row): row is Row => row.weekday !== null).map(hoursOf);
}

/** Forgets the week, and which of its slots were taken back by hand: the next week begins anew. */
export async function forgetWeek(tx: Tx, doctor: number): Promise<void> {
  await clientOf(tx).query({
    name: 'schedules.forget',
    text: `
      with back as (delete from withdrawn_timeslots where doctor_id = $1)
      delete from weekly_hours where doctor_id = $1`,
    values: [doctor],
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
