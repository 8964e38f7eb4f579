import type pg from 'pg';
import type { Example } from './capture.ts';
import { PASSWORD } from './loader.ts';
import type { Ask, Part } from './wire.ts';
import { PER_DAY, type Place, type World } from './world.ts';

/** What is asked of the server: the hot requests, and the requests themselves for a world. */

export interface Scenario {
  title: string;
  /** Whether the limits are measured beside it, and which: one request has both, a mixture of them no constant. */
  limits: readonly ('bare' | 'floor')[];
  /** Answers that are no error. */
  expected: readonly number[];
  writes: boolean;
  /** What is to be reached (issue 5): a share of a limit's requests a second, and how many times its p99. */
  goal?: { of: 'bare' | 'floor'; share: number; p99?: number };
  /** In place of a time: so many requests for so many connections, and how many these are at least. */
  amount?: (connections: number) => number;
  connections?: readonly number[];
  /** What brings back what a site's reset leaves, in SQL that every build understands. */
  undo?: string;
  parts: (stock: Stock, connections: number) => Part[];
  /** What the API is asked besides, in turns, and how many times its processor time this may cost at most. */
  beside?: { name: string; asks: (stock: Stock) => Ask[]; times: number };
}

/** The requests of a world: what there is to ask for. */
export interface Stock {
  doctors: () => Ask[];
  slots: () => Ask[];
  own: () => Ask[];
  book: () => Ask[];
  examine: () => Ask[];
  cancel: () => Ask[];
  login: () => Ask[];
  stampede: (people: number, slots: number) => Ask[];
  examples: Record<string, Example>;
}

const LOGINS = 3;
export const STAMPEDE = 200;
const STAMPEDES = 10;
const only = (asks: readonly Ask[], once = false): Part[] => [{ weight: 1, once, asks }];

export const scenarios: Record<string, Scenario> = {
  doctors: {
    title: 'doctors’ list',
    goal: { of: 'floor', share: 0.75 },
    limits: ['bare', 'floor'],
    expected: [200],
    writes: false,
    parts: (stock) => only(stock.doctors()),
  },
  slots: {
    title: 'free slots of a day',
    goal: { of: 'bare', share: 0.5 },
    limits: ['bare', 'floor'],
    expected: [200],
    writes: false,
    parts: (stock) => only(stock.slots()),
  },
  own: {
    title: 'own appointments',
    goal: { of: 'floor', share: 0.75 },
    limits: ['bare', 'floor'],
    expected: [200],
    writes: false,
    parts: (stock) => only(stock.own()),
  },
  book: {
    title: 'booking distinct slots',
    goal: { of: 'floor', share: 0.7, p99: 3 },
    limits: ['bare', 'floor'],
    expected: [201],
    writes: true,
    parts: (stock) => only(stock.book(), true),
  },
  examine: {
    title: 'booking a service with a room',
    limits: ['floor'],
    expected: [201],
    writes: true,
    parts: (stock) => only(stock.examine(), true),
    beside: { name: 'a plain one', asks: (stock) => stock.book(), times: 1.25 },
  },
  hold: {
    title: 'holding distinct slots',
    limits: [],
    expected: [200],
    writes: true,
    // An older build does not know who held a slot last.
    undo: `do $$ begin
      update timeslots set held_by = null, held_until = null, last_held_by = null, last_held_until = null
        where last_held_by is not null;
    exception when undefined_column then
      update timeslots set held_by = null, held_until = null where held_by is not null;
    end $$`,
    parts: (stock) => only(stock.book().map(holdInstead), true),
  },
  cancel: {
    title: 'cancelling',
    limits: [],
    expected: [204],
    writes: true,
    parts: (stock) => only(stock.cancel(), true),
  },
  mixed: {
    title: 'the mixed day',
    limits: ['floor'],
    expected: [200, 201, 204],
    writes: true,
    parts: (stock) => mixedDay(stock),
  },
  stampede: {
    title: `${STAMPEDE} at once on one slot`,
    limits: ['floor'],
    expected: [201, 409],
    writes: true,
    connections: [STAMPEDE],
    amount: () => STAMPEDE * STAMPEDES,
    parts: (stock) => only(stock.stampede(STAMPEDE, STAMPEDES), true),
  },
  login: {
    title: 'login',
    limits: ['floor'],
    expected: [200],
    writes: true,
    amount: (connections) => Math.max(8, connections * LOGINS),
    parts: (stock, connections) => only(stock.login().slice(0, Math.max(8, connections * LOGINS)), true),
  },
};

/** Made of a booking: an older build's stock of requests has no holds. */
const holdInstead = ({ body, ...booking }: Ask): Ask => ({
  ...booking,
  path: `/api/timeslots/${(body as { timeslot: number }).timeslot}/hold/`,
});

/** 80 % slot reads, 10 % bookings, 5 % cancellations, 5 % own appointments. */
export const mixedDay = (stock: Stock): Part[] => [
  { weight: 80, once: false, asks: stock.slots() },
  { weight: 10, once: true, asks: stock.book() },
  { weight: 5, once: true, asks: stock.cancel() },
  { weight: 5, once: false, asks: stock.own() },
];

const STOCK = 40_000;
const READS = 20_000;

/** Fisher and Yates; the same requests in the same order would meet the same cached pages. */
function shuffled<Item>(items: Item[]): Item[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [items[last], items[other]] = [items[other] as Item, items[last] as Item];
  }
  return items;
}

const random = (below: number) => Math.floor(Math.random() * below);

/**
 * @param today by the clinic's wall clock; only days after it are asked for and booked
 * @param client asked once, for visits that can be cancelled
 */
export async function takeStock(world: World, today: string, client: pg.ClientBase): Promise<Stock> {
  const first = world.firstDayAfter(today);
  const anyPlace = (): Place => ({
    day: first + random(world.days - first),
    doctor: random(world.size.doctors),
    slot: random(PER_DAY),
  });
  const anyPatient = () => world.patientId(random(world.size.patients));
  const free = new Map<number, Place>();
  const wanted = Math.min(STOCK, Math.floor(((world.days - first) * world.size.doctors * PER_DAY) / 2));
  while (free.size < wanted) {
    const place = anyPlace();
    if (world.visitOn(place) === undefined) free.set(world.slotId(place), place);
  }
  const { rows: visits } = await client.query<{ id: number; patient_id: number }>(
    `select id, patient_id from appointments where date > $1 and status <> 'cancelled' order by id desc limit ${STOCK}`,
    [today],
  );
  const typical = await typicalPatients(client, Array.from({ length: 100 }, anyPatient));
  const slotsOf = ({ doctor, day }: Place, person = anyPatient()): Ask => ({
    method: 'GET',
    path: `/api/doctors/${world.doctorId(doctor)}/timeslots/?date=${world.dateOf(day)}`,
    person,
  });
  const doctorsFor = (person: number): Ask => ({ method: 'GET', path: '/api/doctors/', person });
  const ownOf = (person: number): Ask => ({ method: 'GET', path: '/api/appointments/me/', person });
  const bookingOf = (timeslot: number, person: number, service?: number): Ask => ({
    method: 'POST',
    path: '/api/appointments/',
    person,
    body: { timeslot, ...(service !== undefined && { service }) },
  });
  const bookingAt = ([slot, place]: [number, Place]) =>
    bookingOf(slot, world.patientOf(place), world.serviceOf(place.doctor));
  const givesService = ([, { doctor }]: [number, Place]) => world.serviceOf(doctor) !== undefined;
  const examinations = [...free].filter(givesService);
  const visitsAlone = [...free].filter((one) => !givesService(one));
  const cancelOf = ({ id, patient_id }: (typeof visits)[number]): Ask => ({
    method: 'DELETE',
    path: `/api/appointments/${id}/`,
    person: patient_id,
  });
  const loginOf = (person: number): Ask => ({
    method: 'POST',
    path: '/api/auth/login/',
    body: { username: `bench-${person}`, password: PASSWORD },
  });
  const some = (count: number, make: () => Ask) => Array.from({ length: count }, make);
  const both = <Item>([one, other]: Item[], make: (item: Item) => Ask): [Ask, Ask] => [
    make(one as Item),
    make(other as Item),
  ];

  return {
    doctors: () => some(READS, () => doctorsFor(anyPatient())),
    slots: () => some(READS, () => slotsOf(anyPlace())),
    own: () => some(READS, () => ownOf(anyPatient())),
    book: () => shuffled(visitsAlone.map(bookingAt)),
    examine: () => shuffled(examinations.map(bookingAt)),
    cancel: () => shuffled(visits.map(cancelOf)),
    login: () => some(STOCK / 100, () => loginOf(anyPatient())),
    stampede: (people, slots) =>
      shuffled([...free.keys()])
        .slice(0, slots)
        .flatMap((slot, nth) =>
          Array.from({ length: people }, (_, person) =>
            bookingOf(slot, world.patientId(nth * people + person)),
          ),
        ),
    examples: {
      doctors: { url: '/api/doctors/', asks: both([1, 2], (nth) => doctorsFor(world.patientId(nth))) },
      slots: {
        url: '/api/doctors/:id/timeslots/',
        asks: both([1, 2], (nth) =>
          slotsOf({ day: first + 2 + nth, doctor: world.size.doctors - nth, slot: 0 }, world.patientId(nth)),
        ),
      },
      own: { url: '/api/appointments/me/', asks: both(typical, ownOf) },
      book: { url: '/api/appointments/', asks: both(visitsAlone.slice(0, 2), bookingAt) },
      examine: { url: '/api/appointments/', asks: both(examinations.slice(0, 2), bookingAt) },
      cancel: { url: '/api/appointments/:id/', asks: both(visits.slice(0, 2), cancelOf) },
    },
  };
}

/** Of some patients those who have about as many visits as most: whose answer stands for everybody's. */
async function typicalPatients(client: pg.ClientBase, patients: number[]): Promise<number[]> {
  const { rows } = await client.query<{ patient: number; visits: number }>(
    `select patient, (select count(*) from appointments where patient_id = patient)::int as visits
     from unnest($1::int[]) as patient order by visits, patient`,
    [[...new Set(patients)]],
  );
  const mean = rows.reduce((sum, { visits }) => sum + visits, 0) / rows.length;
  const far = ({ visits }: { visits: number }) => Math.abs(visits - mean);
  return rows.sort((one, other) => far(one) - far(other)).map(({ patient }) => patient);
}
