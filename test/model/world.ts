import { PASSWORD } from '../helpers/app.ts';
import { type Answer, type Arena, type Member, outcome } from '../helpers/races.ts';
import type { Clinic, Expected, Filters, Person, Request, Slot, Visit } from './clinic.ts';
import { clockOf, dayAfter } from './commands.ts';

/** The real clinic with a few people of its own, beside the records of earlier runs. */
export interface World {
  /** The model of it as it begins. */
  start: Clinic;
  send(request: Request): Promise<Answer>;
  /** What the database holds of these people. */
  read(): Promise<State>;
}

/** All of a clinic that a database holds, in the order of ids. */
export interface State {
  people: Pick<Person, 'id' | 'first_name' | 'is_active' | 'erased'>[];
  slots: Slot[];
  visits: Visit[];
}

const byId = (a: { id: number }, b: { id: number }) => a.id - b.id;

/** What the database must hold when the real clinic is as the model is. */
export const stateOf = ({ people, slots, visits }: Clinic): State => ({
  people: people.map(({ id, first_name, is_active, erased }) => ({ id, first_name, is_active, erased })),
  slots: slots.toSorted(byId),
  visits: visits.toSorted(byId),
});

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
  ['2026-03-02', '11:00', '12:00'],
  ['2026-03-03', '10:00', '10:30'],
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

/** @param doctors few, so that commands meet @param patients likewise */
export async function newWorld(arena: Arena, { doctors = 3, patients = 3 } = {}): Promise<World> {
  const members = [
    ...(await arena.crowd('admin', 1)),
    ...(await arena.crowd('doctor', doctors)),
    ...(await arena.crowd('patient', patients)),
  ];
  setClock(arena, MORNING);
  const people = members.map(({ id, role, username }) => ({
    id,
    role,
    first_name: username,
    is_active: true,
    erased: false,
    signed_in: true,
  }));
  const ids = members.map(({ id }) => id);
  const slots: Slot[] = [];
  for (const [date, start_time, end_time] of OPENINGS)
    for (const { id: doctor } of members.filter(({ role }) => role === 'doctor')) {
      const id = await arena.publish({ id: doctor }, date, start_time, end_time);
      slots.push({ id, doctor, date, start_time, end_time });
    }

  async function send(request: Request): Promise<Answer> {
    const member = members.find(({ id }) => id === request.by) as Member;
    if (request.do !== 'sign in') return arena.ask(member, ...httpOf(request));
    const credentials = { username: member.username, password: PASSWORD };
    const answer = await arena.ask(undefined, 'POST', '/auth/login/', credentials);
    if (answer.body.access !== undefined) member.token = answer.body.access;
    return answer;
  }

  return {
    start: { now: MORNING, people, slots, visits: [] },
    send,
    async read() {
      const rows = async <Row extends object>(text: string) =>
        (await arena.db.$client.query<Row>(text, [ids])).rows;
      return {
        people: await rows(
          `select id, first_name, is_active, deleted_at is not null as erased from users
           where id = any($1) order by id`,
        ),
        slots: await rows(
          `select id, doctor_id as doctor, date, start_time, end_time from timeslots
           where doctor_id = any($1) order by id`,
        ),
        visits: await rows(
          `select id, doctor_id as doctor, patient_id as patient, timeslot_id as timeslot, date, start_time, end_time,
             status, booked_by, cancelled_by, cancel_reason
           from appointments where doctor_id = any($1) order by id`,
        ),
      };
    },
  };
}

type Http = [method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object];

function httpOf(request: Exclude<Request, { do: 'sign in' }>): Http {
  switch (request.do) {
    case 'publish': {
      const { do: _, by, ...body } = request;
      return ['POST', '/timeslots/', body];
    }
    case 'withdraw':
      return ['DELETE', `/timeslots/${request.slot}/`];
    case 'read slot':
      return ['GET', `/timeslots/${request.slot}/`];
    case 'book': {
      const { slot: timeslot, patient } = request;
      return ['POST', '/appointments/', { timeslot, patient }];
    }
    case 'decide': {
      const { status, reason } = request;
      return ['PATCH', `/appointments/${request.visit}/`, { status, reason }];
    }
    case 'cancel':
      return ['DELETE', `/appointments/${request.visit}/`];
    case 'read visit':
      return ['GET', `/appointments/${request.visit}/`];
    case 'list free slots':
      return ['GET', `/doctors/${request.doctor}/timeslots/?${queryOf(request.filters)}`];
    case 'list own slots':
      return ['GET', `/timeslots/?${queryOf(request.filters)}`];
    case 'list own visits':
      return ['GET', `/appointments/me/?${queryOf(request.filters)}`];
    case 'list all visits':
      return ['GET', `/appointments/?${queryOf(request.filters)}`];
    case 'activate':
      return ['PATCH', `/users/${request.person}/`, { is_active: request.is_active }];
    case 'erase':
      return ['DELETE', `/users/${request.person}/`];
  }
}

const queryOf = (filters: Filters) =>
  new URLSearchParams(
    Object.entries(filters).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();

/** What of an answer the model tells too. */
export function seen(request: Request, answer: Answer): Expected {
  const { status, body } = answer;
  if (status >= 400) return { status, code: outcome(answer).slice(4) };
  if (status === 204 || request.do === 'sign in') return { status };
  if (request.do === 'activate') return { status, body: { id: body.id, is_active: body.is_active } };
  if (!body.results) return { status, body: timeless(body) };
  const { count, next, previous, results } = body;
  const links = { next: next !== null, previous: previous !== null };
  return { status, body: { count, ...links, results: results.map((row) => timeless(row as object)) } };
}

function timeless(record: object): object {
  const { created_at: _, updated_at: __, ...rest } = record as Record<string, unknown>;
  return rest;
}
