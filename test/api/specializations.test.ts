import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';
import { makeService } from '../helpers/services.ts';

let clinic: TestApp;
let admin: Person;
let patient: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  patient = await clinic.person('patient');
});
afterAll(() => clinic.close());

let made = 0;
/** One that no other test knows, with three names. */
async function freshNames() {
  made += 1;
  const letters = `${'abcdefgh'[made % 8]}${'klmnop'[Math.floor(made / 8) % 6]}`;
  const names = { uz: `Uzlog ${letters}`, ru: `Русолог ${letters}`, en: `Englogist ${letters}` };
  const { body } = await clinic.as(admin).post('/specializations/', { name: names.uz, names }).expect(201);
  return { id: body.id as number, ...names };
}
const doctorOf = (specialization: string) => clinic.person('doctor', { profile: { specialization } });
const shown = async (doctor: Person) =>
  (await clinic.as(doctor).get('/doctor/profile/').expect(200)).body.specialization;
const found = async (specialization: string) => {
  const { body } = await clinic
    .as(patient)
    .get(`/doctors/?${new URLSearchParams({ specialization })}`)
    .expect(200);
  return body.results.map(({ id }: { id: number }) => id);
};

describe('the list', () => {
  test('names each in three languages, in the order of the reader’s alphabet, with its doctors', async () => {
    const { id, uz, ru, en } = await freshNames();
    await doctorOf(ru);
    const list = async (language: string) => {
      const answer = await clinic
        .as(patient)
        .get('/specializations/?page_size=100')
        .set('accept-language', language);
      expect(answer.headers.vary).toMatch(/accept-language/);
      return answer.body.results as { id: number; name: string; names: object; doctors: number }[];
    };
    expect((await list('en')).find((one) => one.id === id)).toEqual({
      id,
      name: uz,
      names: { uz, ru, en },
      doctors: 1,
    });
    await clinic
      .as(admin)
      .post('/specializations/', { name: 'Zzz', names: { ru: 'Ааа' } })
      .expect(201);
    expect((await list('en')).at(-1)).toMatchObject({ name: 'Zzz' });
    expect((await list('ru'))[0]).toMatchObject({ name: 'Zzz' });
  });

  test('takes no name twice, however it is written, and says so', async () => {
    const { uz, ru, en } = await freshNames();
    for (const name of [uz.toUpperCase(), ` ${ru} `, en.replace(' ', '-')])
      expectProblem(await clinic.as(admin).post('/specializations/', { name }), 'name_taken');
    const other = await freshNames();
    expectProblem(
      await clinic.as(admin).patch(`/specializations/${other.id}/`, { names: { ru } }),
      'name_taken',
    );
  });
});

describe('a doctor', () => {
  test('chooses by any name in either script, and is shown as the list has it', async () => {
    const { id, uz, ru, en } = await freshNames();
    const doctor = await clinic.person('doctor');
    for (const said of [uz, ru.toUpperCase(), en.toLowerCase()]) {
      const { body } = await clinic
        .as(doctor)
        .patch('/doctor/profile/', { specialization: said })
        .expect(200);
      expect(body).toMatchObject({ specialization: uz, specialization_id: id });
    }
    const { body } = await clinic.as(doctor).patch('/doctor/profile/', { specialization: null }).expect(200);
    expect(body).toMatchObject({ specialization: null, specialization_id: null });
  });

  test('cannot add one, neither when registering nor later; an admin can', async () => {
    const profile = { specialization: 'Alkimyogar' };
    const account = { username: 'alchemist', password: 'a-long-quiet-river', role: 'doctor', profile };
    const refused = await clinic.as(undefined).post('/auth/register/', account);
    expectProblem(refused, 'invalid_input', { fields: ['profile.specialization unknown_specialization'] });
    const doctor = await clinic.person('doctor');
    expectProblem(await clinic.as(doctor).patch('/doctor/profile/', profile), 'invalid_input', {
      fields: ['specialization unknown_specialization'],
    });
    await clinic.as(admin).post('/users/', account).expect(201);
    expect(await found('алкимёгар')).toHaveLength(1);
    await clinic.as(doctor).patch('/doctor/profile/', profile).expect(200);
  });

  test('is found by every name, wherever a specialization is asked for', async () => {
    const { uz, ru, en } = await freshNames();
    const doctor = await doctorOf(uz);
    await clinic.slot(doctor);
    const service = await makeService(clinic, admin, [doctor], { specialization: en });
    for (const [index, said] of [uz, ru, en].entries()) {
      const asked = new URLSearchParams({ specialization: said });
      expect(await found(said), said).toEqual([doctor.id]);
      const slots = await clinic.as(patient).get(`/timeslots/search/?${asked}`).expect(200);
      expect(slots.body.results).toHaveLength(1);
      const services = await clinic.as(patient).get(`/services/?${asked}`).expect(200);
      expect(services.body.results.map(({ id }: { id: number }) => id)).toEqual([service]);
      const days = { from: '2026-04-01', to: '2026-04-02', service };
      const wish = clinic.as(patient).post('/waitlist/', { specialization: said, ...days });
      // Said in another language it is the same wish.
      if (index > 0) expectProblem(await wish, 'already_waiting');
      else expect((await wish.expect(201)).body.specialization).toBe(uz);
    }
  });
});

describe('an admin', () => {
  test('gives one a name that services have by then: they are called like all others, and found by each name', async () => {
    const { id, uz, ru } = await freshNames();
    const services = [
      await makeService(clinic, admin, [], { specialization: 'Sonographer' }),
      await makeService(clinic, admin, [], { specialization: 'Sonografist' }),
    ];
    const listed = async (specialization: string) => {
      const asked = new URLSearchParams({ specialization });
      const { body } = await clinic.as(patient).get(`/services/?${asked}`).expect(200);
      return body.results.map((one: { id: number }) => one.id);
    };
    expect(await listed('sonographer')).toEqual([services[0]]);
    await clinic
      .as(admin)
      .patch(`/specializations/${id}/`, { names: { en: 'Sonographer' } })
      .expect(200);
    for (const said of [uz, ru, 'sonographer']) expect(await listed(said), said).toEqual([services[0]]);
    expect((await clinic.as(patient).get(`/services/${services[0]}/`)).body.specialization).toBe(uz);
    const added = { name: 'UTT shifokori', names: { en: 'Sonografist' } };
    await clinic.as(admin).post('/specializations/', added).expect(201);
    for (const said of ['utt shifokori', 'sonografist'])
      expect(await listed(said), said).toEqual([services[1]]);
  });

  test('renames one: doctors, services and wishes follow at once, and what it was called before is free', async () => {
    const { id, uz, en } = await freshNames();
    const doctor = await doctorOf(uz);
    const service = await makeService(clinic, admin, [doctor], { specialization: uz });
    expect(await found('Yangi nom')).toEqual([]);
    const wish = { specialization: en, service, from: '2026-04-03', to: '2026-04-03' };
    const waits = (await clinic.as(patient).post('/waitlist/', wish).expect(201)).body.id;
    const renamed = await clinic
      .as(admin)
      .patch(`/specializations/${id}/`, { name: 'Yangi nom' })
      .expect(200);
    expect(renamed.body).toMatchObject({ id, name: 'Yangi nom', names: { uz, en } });
    expect(await shown(doctor)).toBe('Yangi nom');
    expect((await clinic.as(admin).get(`/services/${service}/`)).body.specialization).toBe('Yangi nom');
    expect((await clinic.as(patient).get(`/waitlist/${waits}/`)).body.specialization).toBe('Yangi nom');
    expect(await found('янги ном')).toEqual([doctor.id]);
    // Its name in Uzbek is that of before, and finds it until it changes as well.
    expect(await found(uz)).toEqual([doctor.id]);
    await clinic
      .as(admin)
      .patch(`/specializations/${id}/`, { names: { uz: null } })
      .expect(200);
    expect(await found(uz)).toEqual([]);
    await clinic.as(admin).post('/specializations/', { name: uz }).expect(201);
  });

  test('joins two: every doctor and every name becomes the other’s, and it stands in the audit', async () => {
    const [one, other] = [await freshNames(), await freshNames()];
    const [first, second] = [await doctorOf(one.uz), await doctorOf(other.ru)];
    const join = (id: number, into: number) =>
      clinic.as(admin).post(`/specializations/${id}/join/`, { into });
    expectProblem(await join(one.id, 999_999), 'specialization_not_found');
    expectProblem(await join(999_999, one.id), 'specialization_not_found');
    await join(one.id, one.id).expect(200);
    expect((await join(other.id, one.id).expect(200)).body).toMatchObject({ id: one.id, doctors: 2 });
    expect(await shown(second)).toBe(one.uz);
    for (const said of [one.ru, other.uz, other.en])
      expect((await found(said)).sort()).toEqual([first.id, second.id].sort());
    expectProblem(await join(other.id, one.id), 'specialization_not_found');
    const { body } = await clinic.as(admin).get('/audit/?action=specialization.join').expect(200);
    expect(body.results[0].details).toEqual({ specialization: other.id, into: one.id });
  });

  test('joins while doctors choose: nobody is left with one that is gone, and nothing deadlocks', async () => {
    const [one, other] = [await freshNames(), await freshNames()];
    const doctors = await Promise.all(Array.from({ length: 6 }, () => clinic.person('doctor')));
    const choices = doctors.map((doctor) =>
      clinic.as(doctor).patch('/doctor/profile/', { specialization: other.en, first_name: 'Jasur' }),
    );
    const joined = clinic.as(admin).post(`/specializations/${other.id}/join/`, { into: one.id });
    const answers = await Promise.all([...choices, joined]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const doctor of doctors) expect(await shown(doctor)).toBe(one.uz);
  });
});

test('what is written past the API is put into the list, once, however many write it at a time', async () => {
  const doctors = await Promise.all(Array.from({ length: 5 }, () => clinic.person('doctor')));
  await Promise.all(
    doctors.map(({ id }, index) =>
      clinic.db.$client.query('update doctor_profiles set specialization = $2 where id = $1', [
        id,
        index % 2 ? 'Проктолог' : 'proktolog',
      ]),
    ),
  );
  const names = new Set(await Promise.all(doctors.map(shown)));
  expect(names.size).toBe(1);
  expect((await found('Proktolog')).length).toBe(5);
});
