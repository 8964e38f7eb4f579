import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { give, makeService } from '../helpers/services.ts';

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let patient: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor', { profile: { specialization: 'Kardiolog' } });
  patient = await clinic.person('patient');
});
afterAll(() => clinic.close());

const freshDay = freshDays();
const name = { uz: 'Koʻrik', ru: 'Осмотр', en: 'Examination' };
const add = (fields: object = {}) =>
  clinic.as(admin).post('/services/', { name, duration_minutes: 30, ...fields });
const change = (id: number, fields: object) => clinic.as(admin).patch(`/services/${id}/`, fields);
const put = (services: object[], of = doctor.id, by = admin) =>
  clinic.as(by).put(`/doctors/${of}/services/`, { services });

describe('a service', () => {
  test('is made with all that it asks, and read by everybody who is signed in', async () => {
    const fields = {
      name,
      duration_minutes: 60,
      price: 20_000_000,
      specialization: 'Kardiolog',
      room_kind: 'ultrasound',
      min_age: 18,
      max_age: 65,
      new_patients: true,
      preparation: { uz: 'Och qoringa', ru: 'Натощак', en: 'On an empty stomach' },
      is_active: true,
    };
    const made = await add(fields).expect(201);
    expect(made.body).toEqual({ id: made.body.id, ...fields, currency: 'UZS' });
    expect(made.headers.location).toBe(`/api/services/${made.body.id}/`);
    for (const who of [patient, doctor, admin])
      expect((await clinic.as(who).get(`/services/${made.body.id}/`).expect(200)).body).toEqual(made.body);
  });

  test('needs a kind of room however that was typed: rooms are kept in small letters', async () => {
    const { body } = await add({ room_kind: 'UltraSound' }).expect(201);
    expect(body.room_kind).toBe('ultrasound');
    expect((await change(body.id, { room_kind: 'X-Ray' }).expect(200)).body.room_kind).toBe('x-ray');
  });

  test('needs a name in each language and a time, and no more', async () => {
    const { body } = await add().expect(201);
    expect(body).toMatchObject({
      price: null,
      currency: null,
      room_kind: null,
      new_patients: null,
      is_active: true,
    });
    expectProblem(
      await clinic.as(admin).post('/services/', { duration_minutes: 30, name: { uz: 'a', ru: 'b' } }),
      'invalid_input',
      {
        fields: ['name.en required'],
      },
    );
    expectProblem(await clinic.as(admin).post('/services/', { name }), 'invalid_input', {
      fields: ['duration_minutes required'],
    });
  });

  test.each([
    [{ duration_minutes: 4 }, 'duration_minutes too_small'],
    [{ duration_minutes: 721 }, 'duration_minutes too_big'],
    [{ price: -1 }, 'price too_small'],
    [{ price: 1_000_000_000_001 }, 'price too_big'],
    [{ price: 1.5 }, 'price invalid_type'],
    [{ min_age: 151 }, 'min_age too_big'],
    [{ min_age: 30, max_age: 20 }, 'max_age range_reversed'],
    [{ room_kind: 'x'.repeat(51) }, 'room_kind too_long'],
    [{ name: { ...name, en: 'x'.repeat(201) } }, 'name.en too_long'],
    [{ name: { ...name, en: 'a\u0000' } }, 'name.en invalid_characters'],
    [{ preparation: { uz: 'a', ru: 'b', en: 'x'.repeat(4_001) } }, 'preparation.en too_long'],
  ])('is refused with %j', async (fields, fault) => {
    expectProblem(await add(fields), 'invalid_input', { fields: [fault] });
  });

  test('is changed field by field; null empties one, and the ages stay in order', async () => {
    const { body } = await add({ min_age: 10, max_age: 20, price: 5 }).expect(201);
    const changed = await change(body.id, { price: null, max_age: null }).expect(200);
    expect(changed.body).toEqual({ ...body, price: null, currency: null, max_age: null });
    expectProblem(await change(body.id, { max_age: 9 }), 'invalid_input', {
      fields: ['max_age range_reversed'],
    });
    expectProblem(await change(body.id, {}), 'invalid_input', { fields: [' nothing_to_change'] });
    expectProblem(await change(999_999, { price: 1 }), 'service_not_found');
  });

  test('that is inactive is seen by admins only', async () => {
    const { body } = await add({ is_active: false }).expect(201);
    expectProblem(await clinic.as(patient).get(`/services/${body.id}/`), 'service_not_found');
    await clinic.as(admin).get(`/services/${body.id}/`).expect(200);
    const ids = async (by: Person) =>
      (await clinic.as(by).get('/services/?page_size=100').expect(200)).body.results.map(
        ({ id }: { id: number }) => id,
      );
    expect(await ids(patient)).not.toContain(body.id);
    expect(await ids(admin)).toContain(body.id);
  });

  test('is deleted only while nothing refers to it', async () => {
    const gone = (await add().expect(201)).body.id;
    await clinic.as(admin).delete(`/services/${gone}/`).expect(204);
    expectProblem(await clinic.as(admin).delete(`/services/${gone}/`), 'service_not_found');
    const service = await makeService(clinic, admin, [doctor]);
    const remove = () => clinic.as(admin).delete(`/services/${service}/`);
    expectProblem(await remove(), 'service_in_use');
    const date = freshDay();
    const wish = await clinic
      .as(patient)
      .post('/waitlist/', { doctor: doctor.id, from: date, to: date, service })
      .expect(201);
    const timeslot = await clinic.slot(doctor, { date: freshDay() });
    await clinic.as(patient).post('/appointments/', { timeslot, service }).expect(201);
    await put([]).expect(200);
    expectProblem(await remove(), 'service_in_use');
    await clinic.as(patient).delete(`/waitlist/${wish.body.id}/`).expect(204);
    expectProblem(await remove(), 'service_in_use');
  });

  test('leaves a trace of who made, changed and deleted it', async () => {
    const { body } = await add().expect(201);
    await change(body.id, { price: 7 }).expect(200);
    await clinic.as(admin).delete(`/services/${body.id}/`).expect(204);
    const { rows } = await clinic.db.$client.query(
      "select action, details from audit_entries where details ->> 'service' = $1 order by id",
      [String(body.id)],
    );
    expect(rows).toEqual([
      { action: 'service.create', details: { service: body.id } },
      { action: 'service.update', details: { service: body.id, fields: ['price'] } },
      { action: 'service.delete', details: { service: body.id } },
    ]);
  });
});

describe('what a doctor gives', () => {
  test('is written as a whole, with their own time and price, and read by everybody', async () => {
    const other = await clinic.person('doctor');
    const [one, two] = [(await add({ price: 10 })).body.id, (await add({ price: 20 })).body.id];
    const given = await put(
      [
        { service: one, duration_minutes: 45 },
        { service: two, price: null },
      ],
      other.id,
    ).expect(200);
    expect(given.body).toEqual([
      {
        service: one,
        name,
        duration_minutes: 45,
        price: 10,
        currency: 'UZS',
        has_own_duration: true,
        has_own_price: false,
        is_active: true,
      },
      {
        service: two,
        name,
        duration_minutes: 30,
        price: null,
        currency: null,
        has_own_duration: false,
        has_own_price: true,
        is_active: true,
      },
    ]);
    for (const who of [patient, doctor, other])
      expect((await clinic.as(who).get(`/doctors/${other.id}/services/`).expect(200)).body).toEqual(
        given.body,
      );
    expect((await put([{ service: two }], other.id).expect(200)).body).toMatchObject([
      { service: two, price: 20 },
    ]);
    expect((await put([], other.id).expect(200)).body).toEqual([]);
  });

  test('is refused for who is no doctor, for what is no service, and twice the same', async () => {
    const service = (await add()).body.id;
    expectProblem(await put([{ service }], patient.id), 'doctor_not_found');
    expectProblem(await clinic.as(patient).get(`/doctors/${patient.id}/services/`), 'doctor_not_found');
    expectProblem(await put([{ service: 999_999 }]), 'service_not_found');
    expectProblem(await put([{ service }, { service }]), 'invalid_input', {
      fields: ['services repeated'],
    });
    expectProblem(await put([{ service, duration_minutes: 3 }]), 'invalid_input', {
      fields: ['services.0.duration_minutes too_small'],
    });
  });

  test('stands in the doctor’s own export, and goes when they are erased', async () => {
    const goes = await clinic.person('doctor');
    const service = (await add()).body.id;
    await give(clinic, admin, goes.id, { service, price: 3 });
    const { body } = await clinic.as(goes).get('/auth/me/export/').expect(200);
    expect(body.services_given).toEqual([
      { service, duration_minutes: null, has_own_price: true, price: 3, currency: 'UZS' },
    ]);
    await clinic.as(admin).delete(`/users/${goes.id}/`, { password: 'a-long-quiet-river' }).expect(204);
    await clinic.as(admin).delete(`/services/${service}/`).expect(204);
  });
});

describe('what is given by who is not let in yet, or does not work here,', () => {
  let other: Person;
  let service: number;
  beforeAll(async () => {
    other = await clinic.person('doctor');
    service = await makeService(clinic, admin, [other]);
    await clinic.slot(other, { date: freshDay() });
  });
  const approve = (at: string | null) =>
    clinic.db.$client.query('update doctor_profiles set approved_at = $2 where id = $1', [other.id, at]);
  const employ = (is_active: boolean) =>
    clinic.db.$client.query('update users set is_active = $2 where id = $1', [other.id, is_active]);

  test('stands in no list that patients see', async () => {
    const queries = [`doctor=${other.id}`, 'branch=1', `doctor=${other.id}&branch=1`];
    const sees = async (who: Person | undefined) => {
      const lists = queries.map((query) =>
        clinic.as(who).get(`/services/?page_size=100&${query}`).expect(200),
      );
      return (await Promise.all(lists)).map(({ body }) =>
        body.results.some(({ id }: { id: number }) => id === service),
      );
    };
    const [all, none] = [queries.map(() => true), queries.map(() => false)];
    expect(await sees(patient)).toEqual(all);
    await approve(null);
    for (const who of [undefined, patient]) expect(await sees(who)).toEqual(none);
    // Whoever lets them in says before what they give.
    expect(await sees(admin)).toEqual(all);
    await approve('2026-03-01');
    await employ(false);
    for (const who of [undefined, patient, admin]) expect(await sees(who)).toEqual(none);
    await employ(true);
  });

  test('is shown to admins and themself, as they are to nobody else', async () => {
    const given = (who: Person | undefined) => clinic.as(who).get(`/doctors/${other.id}/services/`);
    await approve(null);
    for (const who of [undefined, patient]) {
      expectProblem(await clinic.as(who).get(`/doctors/${other.id}/`), 'doctor_not_found');
      expectProblem(await given(who), 'doctor_not_found');
    }
    for (const who of [admin, other])
      expect((await given(who).expect(200)).body).toMatchObject([{ service }]);
    await approve('2026-03-01');
    await given(patient).expect(200);
  });
});

test('the list is narrowed to a doctor, a specialization in either script, and a branch', async () => {
  const other = await clinic.person('doctor');
  const mine = (await add({ specialization: 'Nevrolog' })).body.id;
  await give(clinic, admin, other.id, { service: mine, duration_minutes: 50, price: 9 });
  const list = async (query: string) =>
    (await clinic.as(patient).get(`/services/?${query}`).expect(200)).body.results as { id: number }[];
  expect(await list(`doctor=${other.id}`)).toMatchObject([{ id: mine, duration_minutes: 50, price: 9 }]);
  expect((await list('specialization=невролог')).map(({ id }) => id)).toEqual([mine]);
  expect(await list(`doctor=${other.id}&branch=1`)).toEqual([]);
  await clinic.slot(other, { date: freshDay() });
  expect((await list(`doctor=${other.id}&branch=1`)).map(({ id }) => id)).toEqual([mine]);
  expect(await list('branch=77')).toEqual([]);
});

test('the list of a branch has nothing of a doctor whose hours there are over', async () => {
  const other = await clinic.person('doctor');
  const theirs = (await add()).body.id as number;
  await give(clinic, admin, other.id, { service: theirs });
  const hours = { weekday: 7, start_time: '09:00', end_time: '10:00', slot_minutes: 60 };
  const listed = async () => {
    const { body } = await clinic.as(patient).get('/services/?branch=1&page_size=100').expect(200);
    return (body.results as { id: number }[]).some(({ id }) => id === theirs);
  };
  const until = (valid_until: string) =>
    clinic
      .as(other)
      .put('/doctor/schedule/', { schedule: [{ ...hours, valid_until }] })
      .expect(200);
  await until('2026-03-02');
  expect(await listed()).toBe(true);
  await until('2026-03-01');
  expect(await listed()).toBe(false);
});
