import type { PageRequest } from '../../core/page.ts';
import { COUNT_LIMIT } from '../../core/page.ts';
import { type WaitlistStatus, waitlistStatuses } from '../../core/words.ts';
import { clientOf, type Db, type Executor } from '../../db/client.ts';
import { fetchPage } from '../../db/page.ts';
import { type Branches, isReached } from '../availability/reach.sql.ts';
import { familyOf, guardiansOf } from '../patients/families/guardians.sql.ts';
import type { WaitlistEntry } from './waitlist.schemas.ts';

/** Its patient still waits, with or without an offer. @param entry a row of `waitlist_entries` */
export const isLive = (entry: string): string => `${entry}.status in ('waiting', 'offered')`;

interface EntryRow extends Omit<WaitlistEntry, 'patient' | 'doctor' | 'offer'> {
  patient_id: number;
  patient_first_name: string | null;
  patient_last_name: string | null;
  patient_phone: string | null;
  doctor_id: number | null;
  doctor_first_name: string | null;
  doctor_last_name: string | null;
  doctor_specialization: string | null;
  offered_timeslot: number | null;
  offered_doctor: number;
  offered_first_name: string | null;
  offered_last_name: string | null;
  offered_specialization: string | null;
  offered_date: string;
  offered_start_time: string;
  offered_end_time: string;
  offered_branch: number;
  offered_room: number | null;
  expires_at: string;
}

/** An offer that lasts. One that has lapsed is over, even before anybody has written that down. `$1` is now. */
const LIVE_OFFER = 'o.entry_id = e.id and o.outcome is null and o.expires_at > $1';

const COLUMNS = `
  e.id, e.specialization, e."from", e."to", e.after, e.before, e.created_at, e.appointment_id as appointment,
  e.replaces_id as replaces, e.service_id as service, e.branch_id as branch,
  case when e.status = 'offered' and o.id is null then 'waiting' else e.status::text end as status,
  p.id as patient_id, p.first_name as patient_first_name, p.last_name as patient_last_name, p.phone as patient_phone,
  d.id as doctor_id, d.first_name as doctor_first_name, d.last_name as doctor_last_name,
  dp.specialization as doctor_specialization,
  s.id as offered_timeslot, s.date as offered_date, s.start_time as offered_start_time, s.end_time as offered_end_time,
  s.branch_id as offered_branch, s.room_id as offered_room,
  od.id as offered_doctor, od.first_name as offered_first_name, od.last_name as offered_last_name,
  odp.specialization as offered_specialization, o.expires_at`;

const JOINS = `
  join users p on p.id = e.patient_id
  left join users d on d.id = e.doctor_id
  left join doctor_profiles dp on dp.id = e.doctor_id
  left join waitlist_offers o on ${LIVE_OFFER}
  left join timeslots s on s.id = o.timeslot_id
  left join users od on od.id = s.doctor_id
  left join doctor_profiles odp on odp.id = s.doctor_id`;

function toEntry(row: EntryRow): WaitlistEntry {
  const { id, specialization, from, to, after, before, status, created_at, appointment, replaces } = row;
  const { service, branch } = row;
  return {
    id,
    patient: {
      id: row.patient_id,
      first_name: row.patient_first_name,
      last_name: row.patient_last_name,
      phone: row.patient_phone,
    },
    doctor:
      row.doctor_id === null
        ? null
        : {
            id: row.doctor_id,
            first_name: row.doctor_first_name,
            last_name: row.doctor_last_name,
            specialization: row.doctor_specialization,
          },
    specialization,
    from,
    to,
    after,
    before,
    status,
    created_at,
    appointment,
    replaces,
    service,
    branch,
    offer: offerOf(row),
  };
}

function offerOf(row: EntryRow): WaitlistEntry['offer'] {
  if (row.offered_timeslot === null) return null;
  return {
    timeslot: {
      id: row.offered_timeslot,
      doctor: {
        id: row.offered_doctor,
        first_name: row.offered_first_name,
        last_name: row.offered_last_name,
        specialization: row.offered_specialization,
      },
      date: row.offered_date,
      start_time: row.offered_start_time,
      end_time: row.offered_end_time,
      branch: row.offered_branch,
      room: row.offered_room,
    },
    expires_at: row.expires_at,
  };
}

export async function findEntry(
  executor: Executor,
  entry: number,
  now: Date,
): Promise<WaitlistEntry | undefined> {
  const { rows } = await clientOf(executor).query<EntryRow>({
    name: 'waitlist.find',
    text: `select ${COLUMNS} from waitlist_entries e ${JOINS} where e.id = $2`,
    values: [now, entry],
  });
  return rows[0] && toEntry(rows[0]);
}

/** Whoever waits for no branch in particular waits for each. */
const isEntryReached = (branches: string) => `(e.branch_id is null or ${isReached('e.branch_id', branches)})`;

interface Owner {
  patient: number;
  /** Who may act for the patient now. */
  guardians: number[];
}

/** Whose entry it is, where it is one for these branches. @param adult the latest day of birth of adults */
export async function findOwner(
  db: Db,
  entry: number,
  adult: string,
  branches: Branches,
): Promise<Owner | undefined> {
  const { rows } = await db.$client.query<Owner>({
    name: 'waitlist.owner',
    text: `
      select e.patient_id as patient, array(${guardiansOf('e.patient_id', '$2')}) as guardians
      from waitlist_entries e where e.id = $1 and ${isEntryReached('$3')}`,
    values: [entry, adult, branches],
  });
  return rows[0];
}

interface Filters {
  patient?: number | undefined;
  /** Somebody with all whom they look after. */
  family?: { person: number; adult: string } | undefined;
  doctor?: number | undefined;
  status?: readonly WaitlistStatus[] | undefined;
  /** Those that a slot of one of these would do. */
  branches?: Branches;
}

const hasOffer = `exists (select from waitlist_offers o where ${LIVE_OFFER})`;
/** How each status is stored: an offer that has lapsed may still be written down as one. */
const STORED: Record<WaitlistStatus, string[]> = {
  waiting: [`e.status = 'waiting'`, `e.status = 'offered' and not ${hasOffer}`],
  offered: [`e.status = 'offered' and ${hasOffer}`],
  booked: [`e.status = 'booked'`],
  left: [`e.status = 'left'`],
};

/**
 * One page of the list: first those who still wait, in the order of joining, then what is over, latest first. Of each status
 * no more is read than the page needs.
 */
export async function listEntries(
  db: Db,
  { patient, family, doctor, status, branches = null }: Filters,
  now: Date,
  page: PageRequest,
) {
  const values: unknown[] = [now];
  const is = (column: string, value: number | undefined) =>
    value === undefined ? [] : [`${column} = $${values.push(value)}`];
  const conditions = [
    ...is('e.patient_id', patient),
    ...is('e.doctor_id', doctor),
    ...(branches ? [isEntryReached(`$${values.push(branches)}`)] : []),
  ];
  // `$1` is named even where no condition asks for it: a parameter that stands nowhere has no type.
  const where = [
    '$1::timestamptz is not null',
    ...(family ? ['e.patient_id = person.id'] : []),
    ...conditions,
  ].join(' and ');
  const people = family && familyOf(`$${values.push(family.person)}`, `$${values.push(family.adult)}`);
  const [limit, offset, reach] = [1, 2, 3].map((index) => `$${values.length + index}::int`);
  const parts = (status ?? waitlistStatuses).flatMap((shown) =>
    STORED[shown].map((stored) => {
      const over = shown === 'booked' || shown === 'left';
      const matching = `select e.id, ${over} as over from waitlist_entries e where ${where} and ${stored}`;
      const reached = `(${matching} order by e.id ${over ? 'desc' : 'asc'} limit ${reach})`;
      // Of each of a family no more is read than the page needs.
      const of = (rows: string) => `select mine.* from (${people}) person cross join lateral ${rows} mine`;
      return people === undefined
        ? { all: matching, reached }
        : { all: of(`(${matching})`), reached: `(${of(reached)})` };
    }),
  );
  const order = 'page.over, case when page.over then -page.id else page.id end';
  // Without a name it is planned for its values, of which some have few entries and others most of them.
  const text = `
    select ${COLUMNS}, (
      select count(*)::int from (${parts.map(({ all }) => all).join(' union all ')} limit ${COUNT_LIMIT}) counted
    ) as count
    from (
      select page.* from (${parts.map(({ reached }) => reached).join(' union all ')}) page
      order by ${order} limit ${limit} offset ${offset}
    ) page
    join waitlist_entries e on e.id = page.id ${JOINS}
    order by ${order}`;
  const entries = await fetchPage<EntryRow & { count: number }>(page, async (window) => {
    const bound = [...values, window.limit, window.offset, window.reach];
    return (await db.$client.query<EntryRow & { count: number }>({ text, values: bound })).rows;
  });
  return { ...entries, rows: entries.rows.map(toEntry) };
}
