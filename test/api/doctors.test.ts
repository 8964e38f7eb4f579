import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';
import { insertSpecialization } from '../helpers/rows.ts';

let clinic: TestApp;
let admin: Person;
let patient: Person;
const doctors: Record<string, Person> = {};

beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  patient = await clinic.person('patient', { first_name: 'Jasur', last_name: 'Bemor' });
  const add = async (
    username: string,
    first_name: string,
    last_name: string,
    specialization: string | null,
  ) => {
    const profile = { specialization, experience_years: 12, gender: 'male' };
    doctors[username] = await clinic.person('doctor', { username, first_name, last_name, profile });
  };
  await add('yusupov', 'Jasur', 'Yusupov', 'Kardiolog');
  await add('ganiyev', 'Oʻtkir', 'Gʼaniyev', 'Bolalar kardiologi');
  await add('karimova', 'Шаҳноза', 'Каримова', 'Ўпка шифокори');
  await add('strange', '100%', 'under_score', 'back\\slash');
  await add('inactive', 'Jasur', 'Inactive', 'Kardiolog');
  doctors.blank = await clinic.person('doctor', { username: 'blank' });
  await clinic.as(admin).patch(`/users/${doctors.inactive?.id}/`, { is_active: false }).expect(200);
});
afterAll(() => clinic.close());

const list = (query: Record<string, string>) =>
  clinic.as(patient).get(`/doctors/?${new URLSearchParams(query)}`);

/** User names of the doctors found, in the order of the answer. */
async function found(query: Record<string, string>): Promise<(string | undefined)[]> {
  const { body } = await list(query).expect(200);
  const nameOf = new Map(Object.entries(doctors).map(([name, { id }]) => [id, name]));
  return body.results.map(({ id }: { id: number }) => nameOf.get(id));
}

describe('GET /doctors/', () => {
  test('shows active doctors by last name, without contacts', async () => {
    expect(await found({})).toEqual(['ganiyev', 'strange', 'yusupov', 'karimova', 'blank']);
    const { body } = await list({}).expect(200);
    expect(body.results[2]).toEqual({
      id: doctors.yusupov?.id,
      first_name: 'Jasur',
      last_name: 'Yusupov',
      specialization: 'Kardiolog',
      specialization_id: expect.any(Number),
      experience_years: 12,
      gender: 'male',
      photo: null,
    });
    expect(body.results.at(-1)).toEqual({
      id: doctors.blank?.id,
      first_name: null,
      last_name: null,
      specialization: null,
      specialization_id: null,
      experience_years: null,
      gender: null,
      photo: null,
    });
  });

  test.each([
    ['the name in any case', 'yUSUPOV', ['yusupov']],
    ['a part of the name', 'usup', ['yusupov']],
    ['the specialization', 'kardiolog', ['ganiyev', 'yusupov']],
    ['words across name and specialization', 'kardio jasur', ['yusupov']],
    ['the same words the other way round', 'jasur kardio', ['yusupov']],
    ['words of which one is nowhere', 'jasur nevrolog', []],
    ['Cyrillic in any case', 'шАҲНОЗА ўПКА', ['karimova']],
    ['no user name', 'strange', []],
    ['no patient', 'bemor', []],
    ['nobody deactivated', 'inactive', []],
    ['a percent sign as a letter', '100%', ['strange']],
    ['a percent sign and nothing else', '%', ['strange']],
    ['an underscore as a letter', 'r_s', ['strange']],
    ['an underscore that stands nowhere', 'usu_ov', []],
    ['a backslash as a letter', 'back\\s', ['strange']],
    ['quotes as they are', "kardiolog'; drop table users --", []],
    ['blanks: everybody', '  ', ['ganiyev', 'strange', 'yusupov', 'karimova', 'blank']],
  ])('searches for %s: %j', async (_, search, expected) => {
    expect(await found({ search })).toEqual(expected);
  });

  // The five signs that people type for one Uzbek letter, beside the two that stand in the names.
  test.each(['ʻ', 'ʼ', "'", '‘', '’', '`', '´', ''])('takes the apostrophe %j as any other', async (sign) => {
    expect(await found({ search: `o${sign}tkir` })).toEqual(['ganiyev']);
    expect(await found({ search: `G${sign}ANIYEV O${sign}T` })).toEqual(['ganiyev']);
  });

  test.each([
    ['kardiolog', ['yusupov']],
    ['KARDIOLOG', ['yusupov']],
    [' Kardiolog ', ['yusupov']],
    ['bolalar KARDIOLOGI', ['ganiyev']],
    ['ўпка шифокори', ['karimova']],
    ['kardio', []],
    ['%', []],
    ['', ['ganiyev', 'strange', 'yusupov', 'karimova', 'blank']],
  ])('filters by the whole specialization %j', async (specialization, expected) => {
    expect(await found({ specialization })).toEqual(expected);
  });

  test('search and specialization go together', async () => {
    expect(await found({ search: 'jasur', specialization: 'kardiolog' })).toEqual(['yusupov']);
    expect(await found({ search: 'otkir', specialization: 'kardiolog' })).toEqual([]);
  });

  test.each([
    ['search=a+b+c+d+e+f+g', 'search too_many_words'],
    [`search=${'x'.repeat(101)}`, 'search too_long'],
    [`specialization=${'x'.repeat(101)}`, 'specialization too_long'],
    ['specialization=%00', 'specialization invalid_characters'],
    ['search=%07', 'search invalid_characters'],
  ])('refuses ?%s', async (query, field) => {
    expectProblem(await clinic.as(patient).get(`/doctors/?${query}`), 'invalid_input', { fields: [field] });
  });
});

describe('GET /doctors/{id}/', () => {
  test('shows what the directory shows', async () => {
    const { body } = await list({ search: 'yusupov' }).expect(200);
    const shown = await clinic.as(patient).get(`/doctors/${doctors.yusupov?.id}/`).expect(200);
    expect(shown.body).toEqual(body.results[0]);
  });

  test('knows neither patients nor deactivated doctors', async () => {
    for (const id of [patient.id, admin.id, doctors.inactive?.id, 999_999]) {
      expectProblem(await clinic.as(patient).get(`/doctors/${id}/`), 'doctor_not_found');
      expectProblem(await clinic.as(patient).get(`/doctors/${id}/timeslots/`), 'doctor_not_found');
    }
  });
});

describe('a deactivated doctor', () => {
  test('vanishes from the directory with their free slots, and comes back with them', async () => {
    const doctor = await clinic.person('doctor', { last_name: 'Vanishing' });
    const timeslot = await clinic.slot(doctor);
    const setActive = (is_active: boolean) =>
      clinic.as(admin).patch(`/users/${doctor.id}/`, { is_active }).expect(200);
    const free = () => clinic.as(patient).get(`/doctors/${doctor.id}/timeslots/`);
    const directory = async () => (await list({ search: 'vanishing' }).expect(200)).body.count;

    expect([await directory(), (await free()).body.count]).toEqual([1, 1]);
    await setActive(false);
    expect(await directory()).toBe(0);
    expectProblem(await free(), 'doctor_not_found');
    expectProblem(await clinic.as(patient).post('/appointments/', { timeslot }), 'timeslot_not_found');
    await setActive(true);
    expect([await directory(), (await free()).body.count]).toEqual([1, 1]);
    await clinic.book(patient, timeslot);
  });

  test('gets no new slots, whether or not one would overlap', async () => {
    const doctor = await clinic.person('doctor');
    await clinic.slot(doctor);
    await clinic.as(admin).patch(`/users/${doctor.id}/`, { is_active: false }).expect(200);
    for (const start_time of ['10:00', '14:00']) {
      const slot = { doctor: doctor.id, date: '2026-03-10', start_time, end_time: '14:30' };
      expectProblem(await clinic.as(admin).post('/timeslots/', slot), 'doctor_not_found');
    }
  });
});

describe('/doctor/profile/', () => {
  test('shows and changes one’s own, field by field', async () => {
    const doctor = await clinic.person('doctor', { first_name: 'Botir', phone: '+998901234567' });
    const own = () => clinic.as(doctor).get('/doctor/profile/').expect(200);
    const before = {
      id: doctor.id,
      user: doctor.id,
      first_name: 'Botir',
      last_name: null,
      specialization: null,
      specialization_id: null,
      experience_years: null,
      gender: null,
      photo: null,
      // Where nobody has to let doctors in, they are in at once.
      approved_at: expect.stringMatching(/Z$/),
    };
    expect((await own()).body).toEqual(before);
    await insertSpecialization(clinic.db, 'Nevrolog');
    const changes = { specialization: ' Nevrolog ', experience_years: 0, last_name: 'Aliyev' };
    const changed = await clinic.as(doctor).patch('/doctor/profile/', changes).expect(200);
    const id = { specialization_id: expect.any(Number) };
    expect(changed.body).toEqual({ ...before, ...changes, specialization: 'Nevrolog', ...id });
    expect((await own()).body).toEqual(changed.body);
    const emptied = { specialization: null, experience_years: null, last_name: null, first_name: null };
    await clinic.as(doctor).patch('/doctor/profile/', emptied).expect(200);
    expect((await own()).body).toEqual({ ...before, first_name: null });
  });

  test('raises nobody’s role and touches nobody else’s record', async () => {
    const [doctor, other] = [await clinic.person('doctor'), await clinic.person('doctor')];
    const changes = {
      gender: 'male',
      id: other.id,
      user: other.id,
      role: 'admin',
      is_active: false,
      phone: '1',
    };
    expectProblem(await clinic.as(doctor).patch('/doctor/profile/', changes), 'unknown_field', {
      fields: ['id', 'user', 'role', 'is_active', 'phone'].map((name) => `${name} unknown_field`),
    });
    await clinic.as(doctor).patch('/doctor/profile/', { gender: 'male' }).expect(200);
    const { body } = await clinic.as(admin).get(`/users/${doctor.id}/`).expect(200);
    expect(body).toMatchObject({ role: 'doctor', is_active: true, phone: null, profile: { gender: 'male' } });
    const untouched = await clinic.as(other).get('/doctor/profile/').expect(200);
    expect(untouched.body).toMatchObject({ id: other.id, gender: null });
  });

  test.each([
    [{}, [' nothing_to_change']],
    [{ role: 'admin', gender: 1 }, ['role unknown_field', 'gender invalid_choice']],
    [
      { experience_years: -1, specialization: '' },
      ['experience_years too_small', 'specialization too_short'],
    ],
    [{ experience_years: 81, gender: 'man' }, ['experience_years too_big', 'gender invalid_choice']],
    [
      { experience_years: 1.5, first_name: 'a\u0000b' },
      ['experience_years invalid_type', 'first_name invalid_characters'],
    ],
  ])('refuses %j', async (changes, fields) => {
    const doctor = doctors.blank as Person;
    expectProblem(await clinic.as(doctor).patch('/doctor/profile/', changes), 'invalid_input', { fields });
  });
});
