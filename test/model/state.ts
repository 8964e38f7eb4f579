import { hashOf } from '../../src/core/secrets.ts';
import type { Arena } from '../helpers/races.ts';
import type {
  Absence,
  Branch,
  Clinic,
  Closed,
  Code,
  Holiday,
  Invitation,
  Offer,
  Person,
  Room,
  Slot,
  Visit,
  Wish,
} from './clinic.ts';

/** All of a clinic that a database holds, in the order of ids. */
export interface State {
  people: Pick<
    Person,
    | 'id'
    | 'first_name'
    | 'last_name'
    | 'phone'
    | 'born'
    | 'is_active'
    | 'erased'
    | 'has_sign_in'
    | 'signs_in_by_phone'
    | 'from_desk'
    | 'guardians'
  >[];
  codes: Omit<Code, 'code'>[];
  slots: Omit<Slot, 'held_parts'>[];
  visits: Visit[];
  absences: Absence[];
  wishes: Wish[];
  offers: Offer[];
  /** Of a code its hash is kept. */
  invitations: (Omit<Invitation, 'code'> & { hash: string })[];
  holidays: Holiday[];
  closed: Closed[];
  branches: Branch[];
  rooms: Room[];
}

const byId = (a: { id: number }, b: { id: number }) => a.id - b.id;

const byHash = (a: { hash: string }, b: { hash: string }) => (a.hash < b.hash ? -1 : 1);

const byText = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** What the database must hold when the real clinic is as the model is. */
export const stateOf = ({ people, slots, visits, absences, wishes, offers, ...clinic }: Clinic): State => ({
  people: people
    .map(({ id, first_name, last_name, phone, born, is_active, erased, from_desk, guardians, ...one }) => ({
      ...{ id, first_name, last_name, phone, born, is_active, erased, from_desk },
      // Whose name it was, nobody knows of who is erased.
      has_sign_in: one.has_sign_in && !erased,
      signs_in_by_phone: one.signs_in_by_phone,
      guardians: guardians.toSorted((a, b) => a - b),
    }))
    .toSorted(byId),
  codes: clinic.codes
    .filter(({ expires_at }) => expires_at > clinic.now)
    .map(({ code, ...kept }) => kept)
    .toSorted((a, b) => a.person - b.person),
  slots: slots.map(({ held_parts, ...slot }) => slot).toSorted(byId),
  visits: visits.toSorted(byId),
  absences: absences.toSorted(byId),
  wishes: wishes.toSorted(byId),
  offers: offers.toSorted(byText),
  invitations: clinic.invitations
    .map(({ code, ...invitation }) => ({ ...invitation, hash: hashOf(`guardian:${code}`).toString('hex') }))
    .toSorted(byHash),
  holidays: clinic.holidays.toSorted(byId),
  closed: clinic.closed.toSorted(byId),
  branches: clinic.branches.toSorted(byId),
  rooms: clinic.rooms.toSorted(byId),
});

/** What the database holds of some people. */
export async function readState(arena: Arena, ids: readonly number[]): Promise<State> {
  const { date, time } = arena.clock.wall();
  const now = `${date} ${time}`;
  const rows = async <Row extends object>(text: string) =>
    (await arena.db.$client.query<Row>(text, [ids])).rows;
  const offers = await rows<Offer>(
    `select entry_id as entry, timeslot_id as timeslot, o.freeing,
         ${onWall('expires_at')} as expires_at, outcome
       from waitlist_offers o join waitlist_entries e on e.id = entry_id where e.patient_id = any($1)`,
  );
  return {
    people: await rows(
      `select u.id, first_name, last_name, phone, date_of_birth as born, is_active, deleted_at is not null as erased,
           coalesce(is_from_desk, false) as from_desk, phone_verified_at is not null as signs_in_by_phone,
           deleted_at is null and username not like '~%' as has_sign_in,
           array(select guardian_id from guardianships where dependant_id = u.id order by 1) as guardians
         from users u left join patient_profiles p on p.id = u.id where u.id = any($1) order by u.id`,
    ),
    codes: (
      await rows<Omit<Code, 'code'> & { expires_at: string }>(
        `select user_id as person, tries, ${onWall('expires_at')} as expires_at from codes
         where user_id = any($1) and purpose = 'claim_record' and ended_at is null order by user_id`,
      )
    ).filter(({ expires_at }) => expires_at > now),
    slots: await rows(
      `select id, doctor_id as doctor, branch_id as branch, room_id as room, break_minutes, date, start_time, end_time,
           held_by, ${onWall('held_until')} as held_until, held_with,
           case when held_by is not null then held_room_id end as held_room,
           is_waitlisted, freeing, ${onWall('offer_after')} as offer_after, last_held_by,
           ${onWall('last_held_until')} as last_held_until, despite_holiday
         from timeslots where doctor_id = any($1) order by id`,
    ),
    visits: await rows(
      `select id, doctor_id as doctor, date, start_time, end_time, patient_id as patient, timeslot_id as timeslot,
           further_timeslots as further, branch_id as branch, room_id as room, service_id as service, price::integer,
           status, booked_by, cancelled_by, cancel_reason, cancelled_late, reason, note, attendance,
           ${onWall('attendance_marked_at', 'YYYY-MM-DD')} as marked_on, version
         from appointments where doctor_id = any($1) order by id`,
    ),
    absences: await rows(
      `select id, doctor_id as doctor, "from", "to", start_time, end_time from absences
         where doctor_id = any($1) order by id`,
    ),
    wishes: await rows(
      `select id, patient_id as patient, doctor_id as doctor, specialization, branch_id as branch, "from", "to", after, before, status,
           appointment_id as appointment, service_id as service,
           replaces_id as replaces
         from waitlist_entries where patient_id = any($1) order by id`,
    ),
    offers: offers.toSorted(byText),
    invitations: await rows(
      `select invited_by as by, dependant_id as dependant, ${onWall('expires_at')} as expires_at, used_by,
           encode(code_hash, 'hex') as hash
         from guardian_invitations where dependant_id = any($1) order by hash`,
    ),
    holidays: (
      await arena.db.$client.query<Holiday>('select id, date, branch_id as branch from holidays order by id')
    ).rows,
    closed: (
      await arena.db.$client.query<Closed>(
        'select timeslot_id as id, date, branch_id as branch from closed_timeslots order by timeslot_id',
      )
    ).rows,
    ...(await placesOf(arena, ids)),
  };
}

/** Where these people work. Rooms are named after them: earlier runs have left others, which are closed. */
async function placesOf({ db }: Arena, [owner]: readonly number[]) {
  const branches = await db.$client.query<Branch>('select id, is_active from branches order by id');
  const rooms = await db.$client.query<Room>(
    'select id, branch_id as branch, name, kind, is_active from rooms where name like $1 order by id',
    [`%of ${owner}`],
  );
  return { branches: branches.rows, rooms: rooms.rows };
}

/** An instant as the clinic's wall shows it. */
const onWall = (column: string, form = 'YYYY-MM-DD HH24:MI') =>
  `to_char(${column} at time zone 'Asia/Tashkent', '${form}')`;
