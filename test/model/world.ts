import { silentLog } from '../../src/core/log.ts';
import { OPEN_POLICY } from '../../src/modules/availability/policy.rules.ts';
import { createModules } from '../../src/modules.ts';
import { PASSWORD, testConfig } from '../helpers/app.ts';
import { insertClaimCode } from '../helpers/codes.ts';
import type { Answer, Arena, Member } from '../helpers/races.ts';
import { insertDependant } from '../helpers/rows.ts';
import { type Clinic, NEW_SLOT, type Person, type Slot } from './clinic.ts';
import { giveRooms, giveServices } from './furnishing.ts';
import { httpOf } from './http.ts';
import { withoutSignIn } from './people.ts';
import type { Act, Request } from './requests.ts';
import { readState, type State } from './state.ts';
import { clockOf, dayAfter } from './times.ts';

/** The real clinic with a few people of its own, beside the records of earlier runs. */
export interface World {
  /** The model of it as it begins. */
  start: Clinic;
  send(request: Request): Promise<Answer>;
  /** Every slot that was ever made for these people. */
  made(): Promise<Pick<Slot, 'id' | 'doctor' | 'date' | 'start_time' | 'end_time'>[]>;
  /** The room that was kept last with each slot of theirs. */
  keeps(): Promise<Clinic['keeps']>;
  /** What the database holds of these people. */
  read(): Promise<State>;
}

const MORNING = '2026-03-02 09:00';

/**
 * What every doctor has published as the clinic opens: at the same times, so that patients can be busy, and last week
 * too, so that lists have a past.
 */
const OPENINGS = [
  ...['2026-02-24', '2026-02-25', '2026-02-26', '2026-02-27'].map(
    (date) => [date, '10:00', '10:30'] as const,
  ),
  ['2026-03-02', '10:00', '10:30'],
  ['2026-03-02', '10:30', '11:00'],
  ['2026-03-02', '11:00', '12:00'],
  ['2026-03-03', '10:00', '10:30'],
  ['2026-03-03', '10:30', '11:00'],
] as const;

/** Sets the clinic's clock to a time on its wall; Tashkent is five hours ahead of UTC all year. */
const setClock = (arena: Arena, now: string) => arena.clock.set(`${now.replace(' ', 'T')}:00+05:00`);

/** The model some time later, and the real clinic's clock with it. */
export function wait(arena: Arena, clinic: Clinic, minutes: number): Clinic {
  const [date = '', time = ''] = clinic.now.split(' ');
  const total = Number(time.slice(0, 2)) * 60 + Number(time.slice(3)) + minutes;
  // From two o'clock on it is the next morning: nothing is ever published for the hours between.
  const now = total > 14 * 60 ? `${dayAfter(date, 1)} 09:00` : `${date} ${clockOf(total)}`;
  setClock(arena, now);
  return { ...clinic, now };
}

/** Writes down every slot that is made: publishing many does not tell their ids, and some are soon gone. */
export const keepSlots = (arena: Arena) =>
  arena.db.$client.query(`
    create table made_slots (id integer, doctor integer, date date, start_time time, end_time time);
    create function keep_slot() returns trigger language plpgsql as $$
    begin
      insert into made_slots values (new.id, new.doctor_id, new.date, new.start_time, new.end_time);
      return null;
    end $$;
    create trigger keep_slot after insert on timeslots for each row execute function keep_slot()`);

/**
 * What earlier runs left would be offered to people of theirs, whoever waits for a specialization waits for their doctors too,
 * and their policy is another. A holiday is everybody's: there
 * must be none yet, and nothing of theirs that one could take.
 */
async function tidyUp(arena: Arena, admin: Member): Promise<void> {
  // Through the API, which goes by it at once: of a change in the database it hears a moment later.
  await arena.ask(admin, 'PATCH', '/settings/', OPEN_POLICY);
  await arena.db.$client.query(`
    update waitlist_entries set status = 'left' where status in ('waiting', 'offered');
    update waitlist_offers set outcome = 'withdrawn' where outcome is null;
    update timeslots set is_waitlisted = false, offer_after = null, held_by = null, held_until = null
    where is_waitlisted;
    delete from job_runs;
    delete from holidays;
    update doctor_profiles set specialization = null where specialization is not null;
    update appointments set status = 'cancelled', cancelled_by = patient_id, attendance = null, attendance_marked_at = null
    where status in ('pending', 'confirmed');
    delete from timeslots;
    delete from closed_timeslots`);
}

/** The hours in which patients want to be left in peace, one after the other: in the morning, over night, and as usual. */
const QUIET = [{ from: '09:45', until: '10:30' }, { from: '13:30', until: '09:20' }, null] as const;

/** When patients were born: of the second nobody knows, the third comes of age within the days of the clinic. */
const BORN = ['1990-05-17', null, '2008-03-03'] as const;

async function lead(arena: Arena, people: readonly Person[]): Promise<void> {
  for (const { id, quiet, specialization, born, branches } of people) {
    for (const branch of branches ?? [])
      await arena.db.$client.query('insert into receptionist_branches values ($1, $2)', [id, branch]);
    if (born)
      await arena.db.$client.query('update patient_profiles set date_of_birth = $2 where id = $1', [
        id,
        born,
      ]);
    if (quiet)
      await arena.db.$client.query(
        'insert into notification_preferences (user_id, quiet_from, quiet_until) values ($1, $2, $3)',
        [id, quiet.from, quiet.until],
      );
    if (specialization)
      await arena.db.$client.query('update doctor_profiles set specialization = $2 where id = $1', [
        id,
        specialization,
      ]);
  }
}

/** A child whom two of the patients look after. */
async function childOf(arena: Arena, guardians: readonly Member[]): Promise<Person> {
  const [first, ...others] = guardians.map(({ id }) => id);
  const id = await insertDependant(arena.db, first ?? 0);
  for (const other of others)
    await arena.db.$client.query(
      "insert into guardianships (guardian_id, dependant_id, relationship, created_by) values ($1, $2, 'parent', $1)",
      [other, id],
    );
  await arena.db.$client.query("update users set first_name = 'child', last_name = null where id = $1", [id]);
  const said = { id, first_name: 'child', last_name: null, born: '2019-08-20' };
  return withoutSignIn({ ...said, guardians: guardians.map((guardian) => guardian.id) });
}

/** @param doctors few, so that commands meet @param patients likewise */
export async function newWorld(arena: Arena, { doctors = 3, patients = 3 } = {}): Promise<World> {
  const admins = await arena.crowd('admin', 1);
  const members = [
    ...admins,
    ...(await arena.crowd('receptionist', 2)),
    ...(await arena.crowd('doctor', doctors)),
    ...(await arena.crowd('patient', patients)),
  ];
  setClock(arena, MORNING);
  await tidyUp(arena, admins[0] as Member);
  const placeOf = ({ id, role }: Member) =>
    members.filter((other) => other.role === role && other.id < id).length;
  const places = await giveRooms(arena, admins[0]?.id ?? 0);
  const second = places.branches.slice(1).map(({ id }) => id);
  const people: Person[] = members.map((member) => ({
    ...withoutSignIn({ id: member.id, first_name: member.username, last_name: null }),
    has_sign_in: true,
    // The first reaches every branch.
    branches: member.role === 'receptionist' && placeOf(member) === 1 ? second : null,
    role: member.role,
    // The third has none: nobody can take over from them.
    specialization: member.role === 'doctor' && placeOf(member) < 2 ? 'Cardiology' : null,
    quiet: member.role === 'patient' ? (QUIET[placeOf(member)] ?? null) : null,
    born: member.role === 'patient' ? (BORN[placeOf(member)] ?? null) : null,
    signed_in: true,
  }));
  await lead(arena, people);
  const guardians = members.filter(({ role }) => role === 'patient').slice(0, 2);
  people.push(await childOf(arena, guardians));
  const ids = people.map(({ id }) => id);
  const doctorIds = people.filter(({ role }) => role === 'doctor').map(({ id }) => id);
  const gives = await giveServices(arena, doctorIds);
  const slots: Slot[] = [];
  for (const [date, start_time, end_time] of OPENINGS)
    for (const doctor of doctorIds) {
      const id = await arena.publish({ id: doctor }, date, start_time, end_time);
      slots.push({ ...NEW_SLOT, id, doctor, date, start_time, end_time });
    }
  const { db, clock } = arena;
  const { housekeeping } = createModules({ db, clock, log: silentLog, config: testConfig });

  /** Who is new is looked at from now on; whose sign-in is somebody else's signs in as them. */
  function follow(request: Request, { status, body: { id = 0 } }: Answer): void {
    if (status >= 400) return;
    if (request.do === 'register' || request.do === 'add dependant') ids.push(id);
    if (request.do !== 'merge' || members.some((member) => member.id === request.into)) return;
    const from = members.find((member) => member.id === request.patient);
    if (from) members.push({ ...from, id: request.into });
  }

  let claims = 0;
  /** Whose record it is no answer tells: whoever has the name that was chosen. */
  async function claim({ phone, code, date_of_birth }: Act<'claim'>): Promise<Answer> {
    claims += 1;
    const username = `claimed.${ids[0]}.${claims}`;
    const chosen = { phone, code, date_of_birth, username, password: PASSWORD };
    const answer = await arena.ask(undefined, 'POST', '/auth/claim/confirm/', chosen);
    const { rows } = await db.$client.query<{ id: number }>('select id from users where username = $1', [
      username,
    ]);
    for (const { id } of rows) {
      // Until they sign in they have a session that is over, as anybody else who is out.
      members.push(await arena.signIn({ id, username, role: 'patient' }));
      await db.$client.query('update sessions set ended_at = now() where user_id = $1', [id]);
    }
    return answer;
  }

  async function send(request: Request): Promise<Answer> {
    const member = members.find(({ id }) => id === request.by) as Member;
    const done = { status: 204, retryAfter: null, type: null, body: {}, replayed: false };
    if (request.do === 'pass on') {
      const { slot: timeslot, next_day } = request;
      await housekeeping.tasks.offer_waitlist({ timeslot, ...(next_day && { _cron: {} }) });
      return done;
    }
    if (request.do === 'expire') {
      await housekeeping.tasks.expire_requests();
      return done;
    }
    if (request.do === 'claim') return claim(request);
    if (request.do === 'send code' && request.holder !== undefined)
      await insertClaimCode(arena, { ...request, record: request.holder });
    if (request.do !== 'sign in') {
      const answer = await arena.ask(member, ...httpOf(request));
      follow(request, answer);
      return answer;
    }
    const credentials = { username: member.username, password: PASSWORD };
    const answer = await arena.ask(undefined, 'POST', '/auth/login/', credentials);
    if (answer.body.access !== undefined) member.token = answer.body.access;
    return answer;
  }

  return {
    start: {
      now: MORNING,
      policy: OPEN_POLICY,
      claimed_on: null,
      people,
      slots,
      known: slots.map(({ id }) => id),
      visits: [],
      absences: [],
      wishes: [],
      offers: [],
      holidays: [],
      closed: [],
      ...gives,
      ...places,
      invitations: [],
      codes: [],
      keeps: {},
    },
    send,
    async made() {
      const { rows } = await arena.db.$client.query(
        'select id, doctor, date, start_time, end_time from made_slots where doctor = any($1)',
        [ids],
      );
      return rows;
    },
    async keeps() {
      const { rows } = await arena.db.$client.query<{ id: number; room: number }>(
        'select id, held_room_id as room from timeslots where doctor_id = any($1) and held_room_id is not null',
        [ids],
      );
      return Object.fromEntries(rows.map(({ id, room }) => [id, room]));
    },
    read: () => readState(arena, ids),
  };
}
