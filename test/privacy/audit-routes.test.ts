import type supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHANNELS, lastCode } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { entriesAfter, lastEntry } from '../helpers/audit.ts';
import { freshDays } from '../helpers/days.ts';

/**
 * Every route, asked in every way in which it shows something: whatever method, and whether or not it changes anything,
 * an answer that holds what is private of somebody else leaves an entry about them. What an answer holds is told by its
 * text: everybody here has names, a phone and an email that nobody else has.
 */
let clinic: TestApp;
let admin: Person;
let desk: Person;
let doctor: Person;
let patient: Person;
const known: { person: Person; marks: string[] }[] = [];

let serial = 0;
async function somebody(role: Person['role'], fields: object = {}): Promise<Person> {
  serial += 1;
  const mark = `Mark${String(serial).padStart(3, '0')}`;
  const [first_name, last_name] = [`${mark}first`, `${mark}last`];
  const contact = { phone: `+9989012340${String(serial).padStart(2, '0')}`, email: `${mark}@example.uz` };
  const person = await clinic.person(role, { first_name, last_name, ...contact, ...fields });
  // What staff are called is for all to see.
  const names = role === 'patient' ? [first_name, last_name] : [];
  known.push({ person, marks: [...names, ...Object.values(contact)] });
  return person;
}

beforeAll(async () => {
  clinic = await testApp({ config: { channels: CHANNELS } });
  admin = await somebody('admin');
  desk = await somebody('receptionist');
  doctor = await somebody('doctor', { profile: { specialization: 'Kardiolog' } });
  patient = await somebody('patient');
});
afterAll(() => clinic.close());

const freshDay = freshDays();
const as = (person: Person) => clinic.as(person);
const slot = (date = freshDay()) => clinic.slot(doctor, { date });
const visit = async (status?: 'confirmed') => {
  const id = await clinic.book(patient, await slot());
  if (status) await as(doctor).patch(`/appointments/${id}/`, { status }).expect(200);
  return id;
};
/** Today's, so that it can be marked. */
let hour = 8;
async function todays(): Promise<number> {
  hour += 1;
  const [start_time, end_time] = [
    `${String(hour + 1).padStart(2, '0')}:00`,
    `${String(hour + 1).padStart(2, '0')}:20`,
  ];
  const id = await clinic.book(
    patient,
    await clinic.slot(doctor, { date: '2026-03-02', start_time, end_time }),
  );
  await as(doctor).patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
  return id;
}
const entry = async (by = patient) => {
  const day = freshDay();
  const wish = { doctor: doctor.id, from: day, to: day };
  return { day, id: (await as(by).post('/waitlist/', wish).expect(201)).body.id as number };
};
const offered = async () => {
  const { id, day } = await entry();
  await clinic.slot(doctor, { date: day });
  const { createModules } = await import('../../src/modules.ts');
  const { testConfig } = await import('../helpers/app.ts');
  const { db, clock } = clinic;
  await createModules({ db, clock, config: testConfig }).housekeeping.tasks.offer_waitlist(undefined);
  return id;
};
/** A visit in a slot of the doctor's week, for which the next week may have no hours. */
async function leftOutside(): Promise<void> {
  const hours = { weekday: 1, start_time: '09:00', end_time: '10:00', slot_minutes: 30 };
  await as(doctor)
    .put('/doctor/schedule/', { schedule: [hours] })
    .expect(200);
  const { body } = await as(patient).get(`/doctors/${doctor.id}/timeslots/?page_size=100`).expect(200);
  const ours = body.results.find(({ start_time }: { start_time: string }) => start_time === '09:30');
  await clinic.book(patient, ours.id);
}
const CHILD = {
  first_name: 'Child',
  last_name: 'Child',
  date_of_birth: '2019-08-20',
  gender: 'female',
  relationship: 'parent',
};
/** A child with names of its own, and who looks after it. */
async function family(): Promise<{ parent: Person; child: number }> {
  const parent = await somebody('patient');
  serial += 1;
  const [first_name, last_name] = [`Child${serial}first`, `Child${serial}last`];
  const { body } = await as(parent)
    .post('/patient/dependants/', { ...CHILD, first_name, last_name })
    .expect(201);
  known.push({ person: { ...parent, id: body.id }, marks: [first_name, last_name] });
  return { parent, child: body.id };
}
const keyed = (request: supertest.Test, key: string) => request.set('idempotency-key', key);

type Ask = () => PromiseLike<{ by: Person; asked: PromiseLike<supertest.Response> }[]>;
const each = (by: readonly Person[], ask: (person: Person) => PromiseLike<supertest.Response>) =>
  by.map((person) => ({ by: person, asked: later(() => ask(person)) }));
/** Asked only when it is awaited: one after the other. */
const later = <Value>(work: () => PromiseLike<Value>): PromiseLike<Value> => ({
  // biome-ignore lint/suspicious/noThenProperty: what supertest does itself
  then: (...handlers) => work().then(...handlers),
});

const mark =
  (path: string): Ask =>
  async () => {
    const id = await todays();
    return each([doctor, doctor, admin, admin], (by) => as(by).post(`/appointments/${id}/${path}/`));
  };

/** What is asked of each route that shows others' records; `each` of these answers is judged. */
const SHOWING: Record<string, Ask> = {
  'GET /api/absences/': async () => {
    const day = freshDay();
    await as(doctor).post('/absences/', { from: day, to: day, reason: 'A congress' }).expect(201);
    return each([admin, desk, doctor], (by) => as(by).get('/absences/'));
  },
  'GET /api/absences/{id}/': async () => {
    const day = freshDay();
    const { body } = await as(doctor).post('/absences/', { from: day, to: day }).expect(201);
    return each([admin, desk, doctor], (by) => as(by).get(`/absences/${body.id}/`));
  },
  'POST /api/absences/': async () => {
    const date = freshDay();
    await clinic.book(patient, await slot(date));
    const body = { from: date, to: date };
    return [
      ...each([doctor], (by) => as(by).post('/absences/', { ...body, preview: true })),
      ...each([admin], (by) => as(by).post('/absences/', { ...body, doctor: doctor.id, preview: true })),
      ...each([admin, admin], (by) =>
        keyed(as(by).post('/absences/', { ...body, doctor: doctor.id }), 'away-once'),
      ),
    ];
  },
  'POST /api/appointments/': async () => {
    const [timeslot, other] = [await slot(), await slot()];
    const book = (by: Person) => as(by).post('/appointments/', { timeslot, patient: patient.id });
    return [
      ...each([admin, admin], (by) => keyed(book(by), 'book-once')),
      ...each([patient], (by) => as(by).post('/appointments/', { timeslot: other })),
    ];
  },
  'GET /api/appointments/me/': async () => {
    await visit();
    return each([doctor, patient, admin], (by) => as(by).get('/appointments/me/'));
  },
  'GET /api/appointments/': async () => each([admin, desk], (by) => as(by).get('/appointments/')),
  'GET /api/appointments/export/': async () => each([admin], (by) => as(by).get('/appointments/export/')),
  'GET /api/appointments/{id}/': async () => {
    const id = await visit();
    return each([doctor, admin, desk, patient], (by) => as(by).get(`/appointments/${id}/`));
  },
  'GET /api/appointments/{id}/history/': async () => {
    const id = await visit('confirmed');
    return each([doctor, admin, desk, patient], (by) => as(by).get(`/appointments/${id}/history/`));
  },
  'PATCH /api/appointments/{id}/': async () => {
    const [one, other] = [await visit(), await visit()];
    return [
      ...each([doctor], (by) => as(by).patch(`/appointments/${one}/`, { status: 'confirmed' })),
      ...each([admin], (by) => as(by).patch(`/appointments/${other}/`, { status: 'cancelled', reason: 'x' })),
    ];
  },
  'POST /api/appointments/{id}/reschedule/': async () => {
    const [id, timeslot] = [await visit(), await slot()];
    const move = (by: Person) => as(by).post(`/appointments/${id}/reschedule/`, { timeslot });
    return [
      ...each([admin, admin, patient], move),
      ...each([admin, admin], (by) => keyed(move(by), 'move-once')),
    ];
  },
  'POST /api/appointments/{id}/patient/': async () => {
    const [id, other] = [await visit(), await somebody('patient')];
    const correct = () => as(admin).post(`/appointments/${id}/patient/`, { patient: other.id });
    return each([admin, admin], correct);
  },
  'GET /api/appointments/day/': async () => {
    const date = freshDay();
    await clinic.book(patient, await slot(date));
    return each([doctor, admin, desk], (by) =>
      as(by).get(`/appointments/day/?date=${date}${by === doctor ? '' : `&doctor=${doctor.id}`}`),
    );
  },
  'GET /api/doctor/patients/{id}/appointments/': async () => {
    await visit();
    return each([doctor], (by) => as(by).get(`/doctor/patients/${patient.id}/appointments/`));
  },
  'PUT /api/doctor/schedule/': async () => {
    await leftOutside();
    return each([doctor, doctor], (by) => as(by).put('/doctor/schedule/', { schedule: [] }));
  },
  'PUT /api/doctors/{id}/schedule/': async () => {
    await leftOutside();
    const write = (by: Person) =>
      as(by).put(`/doctors/${doctor.id}/schedule/`, { schedule: [], dry_run: true });
    return each([admin, desk], write);
  },
  'POST /api/appointments/{id}/arrive/': mark('arrive'),
  'POST /api/appointments/{id}/complete/': mark('complete'),
  'POST /api/appointments/{id}/no-show/': mark('no-show'),
  'POST /api/patient/dependants/': async () => [
    ...each([await somebody('patient')], (by) => as(by).post('/patient/dependants/', CHILD)),
  ],
  'GET /api/patient/dependants/': async () => {
    const { parent } = await family();
    return each([parent], (by) => as(by).get('/patient/dependants/'));
  },
  'GET /api/patient/dependants/{id}/': async () => {
    const { parent, child } = await family();
    return each([parent], (by) => as(by).get(`/patient/dependants/${child}/`));
  },
  'PATCH /api/patient/dependants/{id}/': async () => {
    const { parent, child } = await family();
    return each([parent, parent], (by) =>
      as(by).patch(`/patient/dependants/${child}/`, { gender: 'female' }),
    );
  },
  'POST /api/patient/dependants/join/': async () => {
    const { parent, child } = await family();
    const { body } = await as(parent).post(`/patient/dependants/${child}/invite/`).expect(201);
    const other = await somebody('patient');
    // The second time they look after the child already, and are shown it all the same.
    return each([other, other], (by) => as(by).post('/patient/dependants/join/', { code: body.code }));
  },
  'POST /api/waitlist/': async () => {
    const day = freshDay();
    const wish = { doctor: doctor.id, from: day, to: day, patient: patient.id };
    return each([admin], (by) => as(by).post('/waitlist/', wish));
  },
  'GET /api/waitlist/': async () => {
    await entry();
    return each([admin, desk, patient], (by) => as(by).get('/waitlist/'));
  },
  'GET /api/waitlist/{id}/': async () => {
    const { id } = await entry();
    return each([admin, desk, patient], (by) => as(by).get(`/waitlist/${id}/`));
  },
  'POST /api/waitlist/{id}/accept/': async () => {
    const id = await offered();
    return each([admin, admin], (by) => keyed(as(by).post(`/waitlist/${id}/accept/`), 'accept-once'));
  },
  'POST /api/waitlist/{id}/decline/': async () => {
    const id = await offered();
    return each([admin, admin], (by) => keyed(as(by).post(`/waitlist/${id}/decline/`), 'decline-once'));
  },
  'GET /api/messages/': async () => {
    await clinic.db.$client.query(
      `insert into messages (key, user_id, channel, kind, appointment_id)
       values ('shown', $1, 'sms', 'booked', $2)`,
      [patient.id, await visit()],
    );
    return each([admin], (by) => as(by).get('/messages/'));
  },
  'GET /api/users/': async () => each([admin], (by) => as(by).get('/users/?page_size=100')),
  'POST /api/users/': async () =>
    each([admin], (by) =>
      as(by).post('/users/', {
        username: 'made.by.admin',
        password: PASSWORD,
        role: 'patient',
        email: 'm@example.uz',
      }),
    ),
  'GET /api/users/{id}/': async () =>
    [patient, doctor].flatMap(({ id }) => each([admin], (by) => as(by).get(`/users/${id}/`))),
  'PATCH /api/users/{id}/': async () => {
    const bodies = [
      { is_active: true },
      { role: 'patient' },
      { profile: {} },
      { locale: 'uz' },
      { locale: 'uz' },
      { is_active: true, role: 'patient', profile: {} },
    ];
    return bodies.flatMap((body) => each([admin], (by) => as(by).patch(`/users/${patient.id}/`, body)));
  },
  'GET /api/patients/': async () => each([admin], (by) => as(by).get('/patients/?search=mark')),
  'GET /api/patients/{id}/': async () => each([admin], (by) => as(by).get(`/patients/${patient.id}/`)),
  'PATCH /api/patients/{id}/': async () =>
    each([admin, admin], (by) => as(by).patch(`/patients/${patient.id}/`, { gender: 'female' })),
  'POST /api/patients/': async () =>
    each([admin], (by) => as(by).post('/patients/', { first_name: 'Umida', last_name: 'Otajonova' })),
  'POST /api/patients/{id}/phone/verify/confirm/': async () => {
    const one = await somebody('patient');
    await as(admin).post(`/patients/${one.id}/phone/verify/`).expect(202);
    const body = { code: await lastCode(clinic, one.id) };
    return each([admin], (by) => as(by).post(`/patients/${one.id}/phone/verify/confirm/`, body));
  },
  'POST /api/patients/{id}/phone/vouch/': async () => {
    const one = await somebody('patient');
    return each([admin], (by) => as(by).post(`/patients/${one.id}/phone/vouch/`));
  },
  'POST /api/patients/{id}/guardians/': async () => {
    const child = await somebody('patient', { profile: { date_of_birth: '2020-02-02' } });
    const body = { guardian: patient.id, relationship: 'parent' };
    return each([admin, admin], (by) => as(by).post(`/patients/${child.id}/guardians/`, body));
  },
  'POST /api/patients/{id}/merge/': async () => {
    const [one, into] = [await clinic.person('patient'), await somebody('patient')];
    return each([admin], (by) => as(by).post(`/patients/${one.id}/merge/`, { into: into.id }));
  },
  'POST /api/users/{id}/approve/': async () =>
    each([admin, admin], (by) => as(by).post(`/users/${doctor.id}/approve/`)),
};

/**
 * Routes that answer and show nothing of others; a route that is neither here nor above fails until somebody has decided.
 * Those that answer with no body need no word.
 */
const OWN = new Set([
  'POST /api/auth/register/',
  'POST /api/auth/login/',
  'POST /api/auth/token/refresh/',
  'GET /api/auth/me/',
  'PATCH /api/auth/me/',
  'GET /api/auth/sessions/',
  'GET /api/auth/providers/',
  'POST /api/auth/providers/{provider}/start/',
  'POST /api/auth/providers/token/',
  'POST /api/auth/providers/{provider}/id-token/',
  'POST /api/auth/telegram/',
  'GET /api/auth/identities/',
  'POST /api/auth/password/reset/',
  'POST /api/auth/claim/',
  // That a code is on its way, to a patient whom the path names by number.
  'POST /api/patients/{id}/phone/verify/',
  'POST /api/auth/phone/verify/',
  'POST /api/auth/phone/prove/',
  'POST /api/auth/phone/verify/confirm/',
  'POST /api/auth/phone/prove/',
  'POST /api/auth/email/verify/',
  'POST /api/auth/email/prove/',
  'POST /api/auth/email/verify/confirm/',
  'POST /api/auth/email/prove/',
  'GET /api/auth/me/access-log/',
  'GET /api/auth/me/consents/',
  'POST /api/auth/me/consents/',
  // Patients by number only.
  'GET /api/auth/me/export/',
  'GET /api/doctor/profile/',
  'PATCH /api/doctor/profile/',
  'PUT /api/doctor/photo/',
  'GET /api/patient/profile/',
  'PATCH /api/patient/profile/',
  // What stands there was told to its reader before.
  'GET /api/notifications/',
  'POST /api/calendar/feeds/',
  'GET /api/calendar/feeds/',
  'POST /api/calendar/feeds/{id}/rotate/',
  // Noted once a day (test/feeds).
  'GET /api/calendar/{file}',
  // A code that they hand over.
  'POST /api/patient/dependants/{id}/invite/',
  'GET /api/notifications/preferences/',
  'PATCH /api/notifications/preferences/',
  'POST /api/notifications/telegram/link/',
  // Who touched a record, nothing of the record; and noted once.
  'GET /api/audit/',
  'POST /api/auth/login/second-step/',
  'GET /api/auth/two-step/',
  'POST /api/auth/two-step/enrol/',
  'POST /api/auth/two-step/confirm/',
  'GET /api/auth/passkeys/',
  'POST /api/auth/passkeys/start/',
  'POST /api/auth/passkeys/',
  'POST /api/auth/passkeys/sign-in/',
  'POST /api/stream/ticket/',
]);
/** What everybody may see, or what is of nobody. */
const EVERYBODY = new Set([
  // What a device is asked to sign: nobody has said who they are.
  'POST /api/auth/passkeys/sign-in/start/',
  // A number; what is sent again is noted by itself.
  'POST /api/messages/retry/',
  'POST /api/webhooks/',
  'GET /api/webhooks/',
  'GET /api/webhooks/{id}/',
  'PATCH /api/webhooks/{id}/',
  'POST /api/webhooks/{id}/rotate/',
  'POST /api/webhooks/{id}/test/',
  'GET /api/webhooks/{id}/deliveries/',
  'POST /api/webhooks/{id}/replay/',
  'POST /api/deliveries/{id}/replay/',
  // Of programs, and of persons by number only.
  'GET /api/stream/',
  'POST /api/auth/introspect/',
  'GET /api/api-keys/',
  'POST /api/api-keys/',
  'GET /api/api-keys/{id}/',
  'GET /api/specializations/',
  'POST /api/specializations/',
  'PATCH /api/specializations/{id}/',
  'POST /api/specializations/{id}/join/',
  'GET /api/clinic/',
  'GET /api/services/',
  'POST /api/services/',
  'GET /api/services/{id}/',
  'PATCH /api/services/{id}/',
  'GET /api/doctors/{id}/services/',
  'PUT /api/doctors/{id}/services/',
  'GET /health/live',
  'GET /health/ready',
  'GET /api/doctors/',
  'GET /api/doctors/{id}/',
  'PUT /api/doctors/{id}/photo/',
  'GET /photos/{file}',
  'GET /api/doctors/{id}/timeslots/',
  'GET /api/doctors/{id}/schedule/',
  'GET /api/doctor/schedule/',
  'GET /api/timeslots/',
  'POST /api/timeslots/',
  'GET /api/timeslots/search/',
  'GET /api/timeslots/{id}/',
  'POST /api/timeslots/bulk/',
  'POST /api/timeslots/{id}/hold/',
  'GET /api/branches/',
  'POST /api/branches/',
  'GET /api/branches/{id}/',
  'PATCH /api/branches/{id}/',
  'GET /api/rooms/',
  'POST /api/rooms/',
  'GET /api/rooms/{id}/',
  'PATCH /api/rooms/{id}/',
  'GET /api/holidays/',
  'POST /api/holidays/',
  'GET /api/holidays/{id}/',
  'GET /api/settings/',
  'PATCH /api/settings/',
  'GET /api/system/',
  'PUT /api/system/log-level/',
  'GET /api/statistics/',
  // How many went back into the queue, and of whom nothing; each is noted all the same.
  'POST /api/messages/retry/',
]);

test('every route is decided upon', () => {
  const undecided = [...clinic.app.documentedRoutes].filter(([route, { input }]) => {
    const answers = Object.keys((input as { response?: object }).response ?? {});
    const isSilent = answers.every((status) => status === '204');
    return !isSilent && !(route in SHOWING) && !OWN.has(route) && !EVERYBODY.has(route);
  });
  expect(undecided.map(([route]) => route)).toEqual([]);
  for (const route of [...Object.keys(SHOWING), ...OWN, ...EVERYBODY])
    expect(clinic.app.documentedRoutes.has(route), route).toBe(true);
});

/** Whom an entry stands for besides its subject. */
async function shownAtOnce(last: number): Promise<number[]> {
  const { rows } = await clinic.db.$client.query<{ people: number[] }>(
    'select people from audit_entries where id > $1 and people is not null',
    [last],
  );
  return rows.flatMap(({ people }) => people);
}

describe('an answer that holds somebody else’s record leaves an entry about them', () => {
  test.each(Object.entries(SHOWING))('%s', async (route, ask) => {
    let shown = 0;
    for (const { by, asked } of await ask()) {
      const last = await lastEntry(clinic.db);
      const { status, text } = await asked;
      expect([200, 201], text).toContain(status);
      const entries = await entriesAfter(clinic.db, last);
      const atOnce = await shownAtOnce(last);
      const others = known.filter(
        ({ person, marks }) => person.id !== by.id && marks.some((one) => text.includes(one)),
      );
      shown += others.length;
      for (const { person } of others)
        expect(
          [...entries.map(({ subject_id }) => subject_id), ...atOnce],
          `${by.role} sees user ${person.id} in ${text.slice(0, 300)}`,
        ).toContain(person.id);
      // Nobody is bothered with what they do with their own.
      if (others.length === 0 && by.role === 'patient')
        expect(entries.filter(({ action }) => /\.(read|list)$/.test(action))).toEqual([]);
    }
    if (!BY_NUMBER.has(route))
      expect(shown, 'the route was asked in a way that shows something').toBeGreaterThan(0);
  });
});

/** These show others by number only, or somebody who is new. */
const BY_NUMBER = new Set([
  'GET /api/absences/',
  'GET /api/absences/{id}/',
  'GET /api/appointments/{id}/history/',
  'POST /api/users/',
  'POST /api/patients/',
  'POST /api/patient/dependants/',
]);

test('a change whose answer shows it is one entry, and who reads sees it in their own log', async () => {
  const id = await visit();
  const last = await lastEntry(clinic.db);
  await as(doctor).patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
  await as(doctor).post('/absences/', { from: '2026-12-01', to: '2026-12-01', preview: true }).expect(200);
  expect((await entriesAfter(clinic.db, last)).map(({ action }) => action)).toEqual(['appointment.confirm']);
  await as(admin).patch(`/users/${patient.id}/`, { profile: {} }).expect(200);
  const { body } = await as(patient).get('/auth/me/access-log/').expect(200);
  expect(body.results[0]).toMatchObject({ action: 'user.read', by: { id: admin.id, role: 'admin' } });
});

describe('one entry for many', () => {
  test('is seen by each of them, in their log, in what they take with them, and by an admin who asks for them', async () => {
    const [one, two] = [await somebody('patient'), await somebody('patient')];
    for (const by of [one, two]) await clinic.book(by, await slot());
    await as(admin).get('/appointments/export/').expect(200);
    for (const by of [one, two]) {
      const log = await as(by).get('/auth/me/access-log/').expect(200);
      expect(log.body.results[0]).toEqual({
        id: expect.any(Number),
        at: expect.any(String),
        by: expect.objectContaining({ id: admin.id }),
        action: 'appointment.export',
        appointment: null,
        fields: [],
      });
      const taken = await as(by).get('/auth/me/export/').expect(200);
      expect(taken.body.access_log).toContainEqual(expect.objectContaining({ action: 'appointment.export' }));
      const { body } = await as(admin).get(`/audit/?subject=${by.id}&action=appointment.export`).expect(200);
      expect(body.count).toBe(1);
      expect(body.results[0].details.people).toEqual(expect.arrayContaining([one.id, two.id]));
    }
    // Both kinds in one order, page by page.
    const entries = (await as(two).get('/auth/me/access-log/?page_size=100').expect(200)).body;
    const paged: unknown[] = [];
    for (let page = 1; page <= entries.count; page += 1)
      paged.push(
        ...(await as(two).get(`/auth/me/access-log/?page_size=1&page=${page}`).expect(200)).body.results,
      );
    expect(paged).toEqual(entries.results);
    expect(entries.count).toBe(entries.results.length);
  });

  test('can be made once a day, however often it is done and by however many at once', async () => {
    const { createAudit } = await import('../../src/modules/audit/index.ts');
    const { db, clock } = clinic;
    const audit = createAudit({ db, clock, audit_retention_days: 30 });
    const caller = { id: doctor.id, role: doctor.role, session: 1 };
    const look = (people: number[]) =>
      audit.recordShown(caller, { action: 'user.list', people, details: {}, once: `calendar:${doctor.id}` });
    const last = await lastEntry(db);
    await Promise.all(Array.from({ length: 5 }, () => look([patient.id])));
    expect(await entriesAfter(db, last)).toHaveLength(1);
    const today = clock.now().toISOString();
    clock.set('2026-03-03T04:00:00.000Z');
    await look([patient.id]);
    clock.set(today);
    expect(await entriesAfter(db, last)).toHaveLength(2);
  });
});
