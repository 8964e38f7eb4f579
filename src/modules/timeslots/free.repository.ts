import { COUNT_LIMIT, type Page, type PageRequest } from '../../core/page.ts';
import { clientOf, type Db } from '../../db/client.ts';
import { fetchPage } from '../../db/page.ts';
import { doctorIsBookable, isOpenTo } from '../availability/bookable.sql.ts';
import type { Bounds } from '../availability/policy.rules.ts';
import { fitsFrom, mayFit } from '../availability/services.sql.ts';
import type { Timeslot } from './timeslots.schemas.ts';

export interface FreePage extends Page<Timeslot> {
  /** When the first hold ends by itself, ISO 8601; null when nothing is held, or the page has no row. */
  held_until: string | null;
}

/** The doctor's slots between two days that nobody has booked. @param running also the slot that has begun and is not over */
const untaken = (running: boolean) => `s.doctor_id = $1 and s.date between $2 and $3 and not s.is_taken
  and (s.date, ${running ? 's.end_time' : 's.start_time'}) > ($4::date, $5::time)`;
const isFree = (running: boolean) => `${untaken(running)}
  and ${isOpenTo('null', { now: '$6', reach: '$7' })}`;

/** The slots from which a service of the doctor fits. */
const given = (service: string) => `
  join doctor_services g on g.doctor_id = s.doctor_id and g.service_id = ${service}
  join services v on v.id = g.service_id and v.is_active`;
const fits = `${mayFit('s')} and ${fitsFrom('s', `not s.is_taken and ${isOpenTo('null', { now: '$6', reach: '$7' })}`)}`;

/**
 * A doctor's bookable slots, soonest first.
 * @param days the first and the last of them
 * @param service only slots from which it fits
 */
export async function listFree(
  db: Db,
  doctor: number,
  days: { from: string; to: string },
  { now, after, reach, running }: Pick<Bounds, 'now' | 'after' | 'reach' | 'running'>,
  page: PageRequest,
  service?: number,
): Promise<FreePage> {
  const slots = service === undefined ? 'timeslots s' : `timeslots s ${given('$10')}`;
  const free = service === undefined ? isFree(running) : `${isFree(running)} and ${fits}`;
  const found = await fetchPage(page, async (window) => {
    const { rows } = await clientOf(db).query<Timeslot & { count: number; held_until: string | null }>({
      name: `timeslots.free${running ? ':running' : ''}${service === undefined ? '' : ':service'}`,
      text: `
        select s.id, s.doctor_id as doctor, s.date, s.start_time, s.end_time, true as is_available,
          (select count(*)::integer from (select from ${slots} where ${free} limit ${COUNT_LIMIT}) counted) as count,
          (select min(s.held_until) from timeslots s where ${untaken(running)} and s.held_until > $6) as held_until
        from ${slots}
        where ${free} and (select ${doctorIsBookable} from (select $1::integer as doctor_id) s)
        order by s.date, s.start_time limit $8 offset $9`,
      values: [
        ...[doctor, days.from, days.to, after.date, after.time, now, reach, window.limit, window.offset],
        ...(service === undefined ? [] : [service]),
      ],
    });
    return rows;
  });
  return {
    ...found,
    held_until: found.rows[0]?.held_until ?? null,
    rows: found.rows.map(({ held_until, ...row }) => row),
  };
}
