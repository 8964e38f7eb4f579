import { COUNT_LIMIT, type Page, type PageRequest } from '../../core/page.ts';
import { clientOf, type Db } from '../../db/client.ts';
import { fetchPage } from '../../db/page.ts';
import { doctorIsBookable, isOpenTo } from '../availability/bookable.sql.ts';
import type { Bounds } from '../availability/policy.rules.ts';
import { type Branches, isReached } from '../availability/reach.sql.ts';
import { fitsFrom, mayFit } from '../availability/services.sql.ts';
import type { Timeslot } from './timeslots.schemas.ts';

export interface FreePage extends Page<Timeslot> {
  /** When the first hold ends by itself, ISO 8601; null when nothing is held, or the page has no row. */
  held_until: string | null;
}

/** Whose slots count, and where. */
interface Shown {
  /** Also the slot that has begun and is not over. */
  running: boolean;
  branches: Branches;
  /** Only in this one. */
  branch: number | undefined;
}

/** The doctor's slots between two days that nobody has booked. */
const untaken = ({ running, branches, branch }: Shown) => {
  const inBranches = [
    ...(branches ? [`and ${isReached('s.branch_id', '$10')}`] : []),
    ...(branch ? [`and s.branch_id = $${branches ? 11 : 10}`] : []),
  ].join(' ');
  return `s.doctor_id = $1 and s.date between $2 and $3 and not s.is_taken ${inBranches}
  and (s.date, ${running ? 's.end_time' : 's.start_time'}) > ($4::date, $5::time)`;
};
const isFree = (shown: Shown) => `${untaken(shown)}
  and ${isOpenTo('null', { now: '$6', reach: '$7' })}`;

/** The slots from which a service of the doctor fits. */
const given = (service: string) => `
  join doctor_services g on g.doctor_id = s.doctor_id and g.service_id = ${service}
  join services v on v.id = g.service_id and v.is_active`;
const fits = `${mayFit('s')} and ${fitsFrom('s', `not s.is_taken and ${isOpenTo('null', { now: '$6', reach: '$7' })}`)}`;

/**
 * A doctor's bookable slots, soonest first.
 * @param where the first and the last of the days; the branch, if only one counts
 * @param only where they may lie, and from which a service fits
 */
export async function listFree(
  db: Db,
  doctor: number,
  { branch, ...days }: { from: string; to: string; branch?: number | undefined },
  { now, after, reach, running }: Pick<Bounds, 'now' | 'after' | 'reach' | 'running'>,
  page: PageRequest,
  { branches = null, service }: { branches?: Branches; service?: number | undefined } = {},
): Promise<FreePage> {
  const shown = { running, branches, branch };
  const place = [...(branches ? [branches] : []), ...(branch ? [branch] : [])];
  const slots = service === undefined ? 'timeslots s' : `timeslots s ${given(`$${10 + place.length}`)}`;
  const free = service === undefined ? isFree(shown) : `${isFree(shown)} and ${fits}`;
  const shape = [
    ...(running ? [':running'] : []),
    ...(branches ? [':branches'] : []),
    ...(branch ? [':branch'] : []),
    ...(service === undefined ? [] : [':service']),
  ].join('');
  const found = await fetchPage(page, async (window) => {
    const { rows } = await clientOf(db).query<Timeslot & { count: number; held_until: string | null }>({
      name: `timeslots.free${shape}`,
      text: `
        select s.id, s.doctor_id as doctor, s.date, s.start_time, s.end_time, s.branch_id as branch, s.room_id as room,
          true as is_available,
          (select count(*)::integer from (select from ${slots} where ${free} limit ${COUNT_LIMIT}) counted) as count,
          (select min(s.held_until) from timeslots s where ${untaken(shown)} and s.held_until > $6) as held_until
        from ${slots}
        where ${free} and (select ${doctorIsBookable} from (select $1::integer as doctor_id) s)
        order by s.date, s.start_time limit $8 offset $9`,
      values: [
        ...[doctor, days.from, days.to, after.date, after.time, now, reach, window.limit, window.offset],
        ...place,
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
