import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountsApp, confirm, freshPhone, lastCode, pass, queuedFor, wrong } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import { entry, notedBy } from '../helpers/audit.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let clerk: Person;
let admin: Person;
beforeAll(async () => {
  clinic = await accountsApp({ codes_per_hour_address: 1_000 });
  clerk = await clinic.person('receptionist');
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

let people = 0;
/** Somebody of whom no other test has heard. */
const fresh = () => {
  people += 1;
  const day = `${1930 + (people % 60)}-0${1 + (people % 9)}-${10 + (people % 18)}`;
  return {
    first_name: `Nargiza${people}`,
    last_name: `Xudoyberganova${people}`,
    phone: freshPhone(),
    date_of_birth: day,
    gender: 'female',
  };
};
const register = (patient: object, by = clerk) => clinic.as(by).post('/patients/', patient);
const made = async (patient: object = fresh()) => (await register(patient).expect(201)).body;
const find = (query: Record<string, string>, by = clerk) =>
  clinic.as(by).get(`/patients/?${new URLSearchParams(query)}`);
const idsOf = async (query: Record<string, string>) =>
  (await find(query).expect(200)).body.results.map(({ id }: { id: number }) => id);
const stored = async (id: number) =>
  (await clinic.db.$client.query('select * from users where id = $1', [id])).rows[0];

describe('POST /patients/', () => {
  test('registers somebody without a sign-in, by reception and by an admin', async () => {
    for (const by of [clerk, admin]) {
      const patient = fresh();
      const { body, headers } = await register(patient, by).expect(201);
      expect(headers.location).toBe(`/api/patients/${body.id}/`);
      expect(body).toEqual({
        ...patient,
        id: expect.any(Number),
        phone_verified_at: null,
        phone_reached_at: null,
        email: null,
        email_verified_at: null,
        locale: null,
        has_sign_in: false,
        is_active: true,
        reachable: false,
        created_at: expect.any(String),
      });
      expect(await stored(body.id)).toMatchObject({
        username: expect.stringMatching(/^~[0-9a-f-]{36}$/),
        password_hash: null,
        role: 'patient',
        is_active: true,
      });
      const { rows } = await clinic.db.$client.query('select * from patient_profiles where id = $1', [
        body.id,
      ]);
      expect(rows).toEqual([
        expect.objectContaining({
          registered_by: by.id,
          is_from_desk: true,
          date_of_birth: patient.date_of_birth,
        }),
      ]);
    }
  });

  test('is done once for each key, whoever is made all the same', async () => {
    const patient = { ...fresh(), confirm_new: true };
    const send = (key: string, body: object) => register(body).set('idempotency-key', key);
    const first = await send('one-form', patient).expect(201);
    const again = await send('one-form', patient).expect(201);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect([again.body, again.headers.location]).toEqual([first.body, first.headers.location]);
    expect(await idsOf({ phone: patient.phone })).toEqual([first.body.id]);
    // Another form for the same person: with a warning first, which is kept for no key.
    expectProblem(await send('two', { ...patient, confirm_new: false }), 'patient_may_exist');
    expectProblem(await send('one-form', { ...patient, gender: 'male' }), 'idempotency_key_reused');
    const twin = (await send('two', patient).expect(201)).body;
    expect(await idsOf({ phone: patient.phone })).toEqual([first.body.id, twin.id]);
  });

  test('takes names alone, and notes who did it', async () => {
    let id = 0;
    const noted = await notedBy(clinic.db, async () => {
      id = (await made({ first_name: 'Umid', last_name: 'Otajonov' })).id;
    });
    expect(noted).toEqual([entry(clerk, 'patient.register', id)]);
  });

  test('asks for both names, and takes no birthday that is still to come', async () => {
    expectProblem(await register({ last_name: 'Otajonov' }), 'invalid_input');
    expectProblem(await register({ first_name: 'Umid' }), 'invalid_input');
    expectProblem(await register({ ...fresh(), username: 'somebody' }), 'unknown_field');
    const { body } = await register({ ...fresh(), date_of_birth: '2026-03-03' }).expect(400);
    expect(body.errors).toEqual([
      expect.objectContaining({ path: 'date_of_birth', code: 'birth_in_future' }),
    ]);
  });

  test.each(['patient', 'doctor'] as const)(
    'is not for a %s, nor is anything else at the desk',
    async (role) => {
      const somebody = await clinic.person(role);
      const { id } = await made();
      const as = clinic.as(somebody);
      for (const answer of [
        await as.get('/patients/?search=nargiza'),
        await as.post('/patients/', fresh()),
        await as.get(`/patients/${id}/`),
        await as.patch(`/patients/${id}/`, { first_name: 'Umid' }),
        await as.post(`/patients/${id}/phone/verify/`),
        await as.post(`/patients/${id}/phone/verify/confirm/`, { code: '000000' }),
        await as.post(`/patients/${id}/phone/vouch/`),
        await as.post(`/patients/${id}/guardians/`, { guardian: id, relationship: 'parent' }),
        await as.post(`/patients/${id}/merge/`, { into: id }),
      ])
        expectProblem(answer, 'forbidden');
    },
  );

  test('only an admin merges', async () => {
    const [one, other] = [await made(), await made()];
    expectProblem(await clinic.as(clerk).post(`/patients/${one.id}/merge/`, { into: other.id }), 'forbidden');
  });
});

describe('a likely duplicate', () => {
  test('is refused with the candidates: who has the same phone, in whatever form it is typed', async () => {
    const first = await made();
    const again = { ...fresh(), phone: first.phone.replace('+998', '') };
    let answer: { body: { candidates: unknown[] } } = { body: { candidates: [] } };
    const noted = await notedBy(clinic.db, async () => {
      answer = await register(again).expect(409);
    });
    expect(answer.body).toMatchObject({ code: 'patient_may_exist', candidates: [first] });
    // Whoever is shown as a candidate has been looked at.
    const { rows } = await clinic.db.$client.query(
      "select people, action from audit_entries where action = 'patient.find' order by id desc limit 1",
    );
    expect(rows).toEqual([{ people: [first.id], action: 'patient.find' }]);
    expect(noted).toHaveLength(1);
    expect((await register({ ...again, confirm_new: true }).expect(201)).body.id).not.toBe(first.id);
  });

  test.each([
    ['in the other script', 'Гулчеҳра', 'Абдуллаева', 'Gulchehra', 'Abdullayeva'],
    ['with first and last name exchanged', 'Otabek', 'Shomurodov', 'Shomurodov', 'Otabek'],
    ['with a slip of the pen', 'Muhayyo', 'Jumaniyozova', 'Muhayo', 'Jumaniyazova'],
    ['under another family name', 'Zulayho', 'Norqobilova', 'Зулайхо', 'Saidova'],
    ['without a family name', 'Xurshida', 'Yoqubjonova', 'Хуршида', 'Noma’lum'],
  ])(
    'of the same birthday is one who is called alike: %s',
    async (_, first, last, other_first, other_last) => {
      people += 1;
      const date_of_birth = `19${30 + people}-05-17`;
      const known = await made({ first_name: first, last_name: last, date_of_birth });
      const again = { first_name: other_first, last_name: other_last };
      const { body } = await register({ ...again, date_of_birth }).expect(409);
      expect(body.candidates.map(({ id }: { id: number }) => id)).toEqual([known.id]);
      await register({ ...again, date_of_birth: `19${30 + people}-05-18` }).expect(201);
    },
  );

  test('is none who only shares the birthday, or only the name', async () => {
    await made({ first_name: 'Bekzod', last_name: 'Mirkomilov', date_of_birth: '1977-07-07' });
    await register({ first_name: 'Larisa', last_name: 'Pak', date_of_birth: '1977-07-07' }).expect(201);
    await register({ first_name: 'Aziza', last_name: 'Botir qizi', date_of_birth: '1977-07-07' }).expect(201);
    await register({ first_name: 'Lola', last_name: 'Salim qizi', date_of_birth: '1977-07-07' }).expect(201);
    await register({ first_name: 'Bekzod', last_name: 'Mirkomilov', date_of_birth: '1977-07-08' }).expect(
      201,
    );
    await register({ first_name: 'Bekzod', last_name: 'Mirkomilov' }).expect(201);
  });

  test('is somebody with a sign-in too, but no doctor and nobody who was erased', async () => {
    const [phone, doctors, gone] = [freshPhone(), freshPhone(), freshPhone()];
    const person = await clinic.person('patient', { phone });
    await clinic.person('doctor', { phone: doctors });
    const erased = await clinic.person('patient', { phone: gone });
    await clinic.as(admin).delete(`/users/${erased.id}/`, { password: PASSWORD }).expect(204);
    const { body } = await register({ ...fresh(), phone }).expect(409);
    expect(body.candidates).toEqual([expect.objectContaining({ id: person.id, has_sign_in: true })]);
    await register({ ...fresh(), phone: doctors }).expect(201);
    await register({ ...fresh(), phone: gone }).expect(201);
  });

  test('ten are shown at most', async () => {
    const phone = freshPhone();
    for (let count = 0; count < 12; count += 1)
      await register({ ...fresh(), phone, confirm_new: true }).expect(201);
    expect((await register({ ...fresh(), phone }).expect(409)).body.candidates).toHaveLength(10);
  });
});

describe('GET /patients/', () => {
  test.each([
    ['nothing', {}],
    ['two letters', { search: 'xu' }],
    ['signs that are no letters', { search: "'''123" }],
    ['an empty box', { search: '' }],
  ])('needs a phone, a birthday or three letters: %s', async (_, query) => {
    const { body } = await find(query as Record<string, string>).expect(400);
    expect(body.errors).toEqual([expect.objectContaining({ path: 'search', code: 'three_letters' })]);
  });

  test('finds by name, by phone in any form, by birthday, and by all together', async () => {
    const phone = '+998907776655';
    const date_of_birth = '1949-12-31';
    const { id } = await made({ first_name: 'Санобар', last_name: 'Эшмуродова', phone, date_of_birth });
    const namesake = await made({ first_name: 'Sanobar', last_name: 'Eshmurodova' });
    for (const search of ['eshmurodova', 'Эшмурод', 'sanobar eshm', 'ESHMURODOVA САНОБАР', 'muro'])
      expect(await idsOf({ search }), search).toEqual(expect.arrayContaining([id, namesake.id]));
    for (const form of ['+998907776655', '90 777-66-55', '998907776655', '(90) 7776655'])
      expect(await idsOf({ phone: form }), form).toEqual([id]);
    expect(await idsOf({ born: date_of_birth })).toEqual([id]);
    expect(await idsOf({ search: 'eshmurodova', born: date_of_birth })).toEqual([id]);
    expect(await idsOf({ search: 'eshmurodova', phone: '90 777-66-55' })).toEqual([id]);
    expect(await idsOf({ search: 'karimova', born: date_of_birth })).toEqual([]);
    // Two letters are enough to choose among those of a birthday.
    expect(await idsOf({ search: 'es', born: date_of_birth })).toEqual([id]);
    expect(await idsOf({ search: 'sh', born: date_of_birth })).toEqual([]);
    expectProblem(await find({ phone: 'none' }), 'invalid_input');
    expectProblem(await find({ born: '1949-13-31' }), 'invalid_input');
  });

  test.each([
    ['abc\0', 'invalid_characters'],
    ['a'.repeat(101), 'too_long'],
    ['a b c d e f g', 'too_many_words'],
    ['ab', 'three_letters'],
  ])('is refused for what it is where nobody can be looked for by %j', async (search, code) => {
    const refused = await find({ search }).expect(400);
    expect(refused.body.errors).toEqual([expect.objectContaining({ path: 'search', code })]);
  });

  test('a short word begins a name, and a family name of two letters is found with the first name', async () => {
    const { id } = await made({ first_name: 'Вячеслав', last_name: 'Ли' });
    expect(await idsOf({ search: 'ли вячеслав' })).toEqual([id]);
    expect(await idsOf({ search: 'Li Vya' })).toEqual([id]);
    expect(await idsOf({ search: 'av vyacheslav' })).toEqual([]);
  });

  test('finds whoever is a patient, with a sign-in or put out, and nobody else', async () => {
    const name = { first_name: 'Qahramon', last_name: 'Tillashayxov' };
    const [person, out, erased] = [
      await clinic.person('patient', name),
      await clinic.person('patient', name),
      await clinic.person('patient', name),
    ];
    await clinic.person('doctor', name);
    await clinic.as(admin).patch(`/users/${out.id}/`, { is_active: false }).expect(200);
    await clinic.as(admin).delete(`/users/${erased.id}/`, { password: PASSWORD }).expect(204);
    const { body } = await find({ search: 'tillashayxov' }).expect(200);
    expect(
      body.results.map(({ id, is_active, has_sign_in }: Record<string, unknown>) => [
        id,
        is_active,
        has_sign_in,
      ]),
    ).toEqual([
      [person.id, true, true],
      [out.id, false, true],
    ]);
  });

  test('is paged, in the order of the reader’s alphabet', async () => {
    const names = ['Choriyeva', 'Oʻtkirova', 'Dosmatova', 'Cagirova'];
    for (const last_name of names) await made({ first_name: 'Alfabetgul', last_name });
    const listed = async (language: string, page: number) => {
      const { body } = await find({ search: 'alfabetgul', page: String(page), page_size: '3' })
        .set('accept-language', language)
        .expect(200);
      return [
        body.count,
        body.next !== null,
        body.results.map((row: { last_name: string }) => row.last_name),
      ];
    };
    expect(await listed('uz', 1)).toEqual([4, true, ['Cagirova', 'Dosmatova', 'Oʻtkirova']]);
    expect(await listed('uz', 2)).toEqual([4, false, ['Choriyeva']]);
    expect(await listed('en', 1)).toEqual([4, true, ['Cagirova', 'Choriyeva', 'Dosmatova']]);
    expect(await listed('en', 3)).toEqual([4, false, []]);
  });

  test('every look is one entry, with whom it showed; one that shows nobody is none', async () => {
    const [one, other] = [await made(), await made()];
    await clinic.as(clerk).patch(`/patients/${one.id}/`, { first_name: 'Lookedat' }).expect(200);
    await clinic.as(clerk).patch(`/patients/${other.id}/`, { first_name: 'Lookedat' }).expect(200);
    const looked = async (search: string) => {
      const before = await clinic.db.$client.query('select max(id) as id from audit_entries');
      await find({ search }).expect(200);
      const { rows } = await clinic.db.$client.query(
        'select action, people, subject_id, details from audit_entries where id > $1',
        [before.rows[0].id],
      );
      return rows;
    };
    expect(await looked('lookedat')).toEqual([
      {
        action: 'patient.find',
        people: expect.arrayContaining([one.id, other.id]),
        subject_id: null,
        details: { filters: ['search'], rows: 2 },
      },
    ]);
    expect(await looked('nobodyiscalledso')).toEqual([]);
    const noted = await notedBy(clinic.db, () => clinic.as(clerk).get(`/patients/${one.id}/`).expect(200));
    expect(noted).toEqual([entry(clerk, 'patient.read', one.id)]);
  });
});

describe('PATCH /patients/{id}/', () => {
  test('corrects names and contacts of somebody without a sign-in, and says in the audit which', async () => {
    const { id } = await made();
    const changes = {
      first_name: 'Dilorom',
      last_name: 'Sattorova',
      phone: '91 234-56-78',
      email: 'dilorom@example.uz',
      locale: 'ru',
      date_of_birth: '1960-01-02',
      gender: 'other',
    };
    const noted = await notedBy(clinic.db, async () => {
      const { body } = await clinic.as(clerk).patch(`/patients/${id}/`, changes).expect(200);
      expect(body).toMatchObject({ ...changes, phone: '+998912345678' });
    });
    expect(noted).toEqual([
      entry(clerk, 'patient.update', id, { fields: expect.arrayContaining(Object.keys(changes)) }),
    ]);
    expectProblem(await clinic.as(clerk).patch(`/patients/${id}/`, {}), 'invalid_input');
    expectProblem(
      await clinic.as(clerk).patch(`/patients/${id}/`, { date_of_birth: '2026-03-03' }),
      'invalid_input',
    );
    expectProblem(await clinic.as(clerk).patch(`/patients/${id}/`, { password: PASSWORD }), 'unknown_field');
  });

  test('a changed phone is not reached any more, and a code that was sent to the old one is over', async () => {
    const { id } = await made();
    await clinic.as(clerk).post(`/patients/${id}/phone/vouch/`).expect(200);
    const { body } = await clinic.as(clerk).patch(`/patients/${id}/`, { phone: freshPhone() }).expect(200);
    expect(body).toMatchObject({ phone_reached_at: null, reachable: false });
    await clinic.as(clerk).post(`/patients/${id}/phone/verify/`).expect(202);
    const code = await lastCode(clinic, id);
    await clinic.as(clerk).patch(`/patients/${id}/`, { phone: freshPhone() }).expect(200);
    expectProblem(
      await clinic.as(clerk).post(`/patients/${id}/phone/verify/confirm/`, { code }),
      'invalid_code',
    );
  });

  test('of somebody with a sign-in, a confirmed phone that is replaced is told, and no longer confirmed', async () => {
    const person = await clinic.person('patient');
    const phone = freshPhone();
    await confirm(clinic, person.id, { phone });
    const { body } = await clinic
      .as(clerk)
      .patch(`/patients/${person.id}/`, { phone: freshPhone() })
      .expect(200);
    expect(body).toMatchObject({ phone_verified_at: null, has_sign_in: true });
    expect(await queuedFor(clinic, person.id)).toEqual([
      expect.objectContaining({
        kind: 'contact_changed',
        channel: 'sms',
        destination: phone,
        stop: expect.any(String),
      }),
    ]);
  });

  test.each(['doctor', 'admin', 'receptionist'] as const)('does not reach a %s', async (role) => {
    const { id } = await clinic.person(role);
    expectProblem(await clinic.as(clerk).get(`/patients/${id}/`), 'patient_not_found');
    expectProblem(
      await clinic.as(clerk).patch(`/patients/${id}/`, { first_name: 'Umid' }),
      'patient_not_found',
    );
  });
});

describe('reaching a patient', () => {
  const booked = async (patient: number, by = admin) => {
    const doctor = await clinic.person('doctor');
    const timeslot = await clinic.slot(doctor);
    return clinic.as(by).post('/appointments/', { timeslot, patient });
  };

  test('with a code that they read out: from then on messages go there, and nobody signs in by it', async () => {
    const { id, phone } = await made();
    await clinic.as(clerk).post(`/patients/${id}/phone/verify/`).expect(202);
    const [sent] = await queuedFor(clinic, id);
    expect(sent).toMatchObject({ channel: 'sms', destination: phone, params: { purpose: 'reach_phone' } });
    const code = await lastCode(clinic, id);
    const answer = (typed: string) =>
      clinic.as(clerk).post(`/patients/${id}/phone/verify/confirm/`, { code: typed });
    expectProblem(await answer(wrong(code)), 'invalid_code');
    const noted = await notedBy(clinic.db, async () => {
      const { body } = await answer(code).expect(200);
      expect(body).toMatchObject({
        phone_reached_at: expect.any(String),
        phone_verified_at: null,
        reachable: true,
        has_sign_in: false,
      });
    });
    expect(noted).toEqual([entry(clerk, 'patient.reach', id, { fields: ['phone_reached_at'] })]);
    expectProblem(await answer(code), 'already_verified');
    expectProblem(await clinic.as(clerk).post(`/patients/${id}/phone/verify/`), 'already_verified');
    expect((await booked(id)).body).toMatchObject({ reachable: true });
  });

  test('by vouching, which the audit tells', async () => {
    const { id } = await made();
    const noted = await notedBy(clinic.db, () =>
      clinic.as(clerk).post(`/patients/${id}/phone/vouch/`).expect(200),
    );
    expect(noted).toEqual([entry(clerk, 'patient.vouch', id, { fields: ['phone_reached_at'] })]);
    expectProblem(await clinic.as(clerk).post(`/patients/${id}/phone/vouch/`), 'already_verified');
  });

  test('a visit for somebody whom nothing reaches says so to whoever books it, and nobody is written to', async () => {
    const { id } = await made();
    const { body, status } = await booked(id);
    expect([status, body.reachable]).toEqual([201, false]);
    const patient = await clinic.person('patient');
    const own = await clinic
      .as(patient)
      .post('/appointments/', { timeslot: await clinic.slot(await clinic.person('doctor')) });
    expect(own.status).toBe(201);
    expect(own.body).not.toHaveProperty('reachable');
  });

  test('needs a phone, and one more code only after a minute', async () => {
    const { id } = await made({ first_name: 'Umida', last_name: 'Telefonsiz' });
    for (const path of ['verify/', 'vouch/']) {
      const { body } = await clinic.as(clerk).post(`/patients/${id}/phone/${path}`).expect(400);
      expect(body.errors).toEqual([expect.objectContaining({ path: 'phone', code: 'required' })]);
    }
    const other = await made();
    await clinic.as(clerk).post(`/patients/${other.id}/phone/verify/`).expect(202);
    expectProblem(await clinic.as(clerk).post(`/patients/${other.id}/phone/verify/`), 'too_many_requests');
    pass(clinic.clock, 60);
    await clinic.as(clerk).post(`/patients/${other.id}/phone/verify/`).expect(202);
  });

  test('several people may share a phone that the desk has made sure of', async () => {
    const phone = freshPhone();
    const [one, other] = [
      await made({ ...fresh(), phone }),
      await made({ ...fresh(), phone, confirm_new: true }),
    ];
    for (const { id } of [one, other])
      await clinic.as(clerk).post(`/patients/${id}/phone/vouch/`).expect(200);
    expect(await idsOf({ phone })).toEqual(expect.arrayContaining([one.id, other.id]));
  });
});

describe('POST /patients/{id}/guardians/', () => {
  const tie = (child: number, guardian: number, relationship = 'parent') =>
    clinic.as(clerk).post(`/patients/${child}/guardians/`, { guardian, relationship });

  test('ties a child to a parent; repeating it corrects what they are to each other', async () => {
    const child = await made({ ...fresh(), phone: null, date_of_birth: '2020-02-02' });
    const parent = await clinic.person('patient');
    const noted = await notedBy(clinic.db, () => tie(child.id, parent.id).expect(200));
    const details = { child: child.id, guardian: parent.id };
    expect(noted).toEqual([
      { ...entry(clerk, 'patient.tie', child.id, details), at: expect.any(String) },
      { ...entry(clerk, 'patient.tie', parent.id, details), at: expect.any(String) },
    ]);
    await confirm(clinic, parent.id, { phone: freshPhone() });
    const { body } = await tie(child.id, parent.id, 'grandparent').expect(200);
    // Their messages go to whoever looks after them.
    expect(body).toMatchObject({ phone: null, reachable: true });
    const { rows } = await clinic.db.$client.query('select * from guardianships where dependant_id = $1', [
      child.id,
    ]);
    expect(rows).toEqual([
      expect.objectContaining({ guardian_id: parent.id, relationship: 'grandparent', created_by: clerk.id }),
    ]);
  });

  test.each([
    ['is 18 today', '2008-03-02'],
    ['is of an age that nobody knows', null],
  ])('is refused for somebody who %s', async (_, date_of_birth) => {
    const child = await made({ ...fresh(), phone: null, date_of_birth });
    const parent = await made();
    expectProblem(await tie(child.id, parent.id), 'not_a_dependant');
  });

  test('takes who is 18 tomorrow, nobody who is not there, and nobody as their own guardian', async () => {
    const child = await made({ ...fresh(), phone: null, date_of_birth: '2008-03-03' });
    const parent = await made();
    await tie(child.id, parent.id).expect(200);
    expectProblem(await tie(child.id, 999_999), 'patient_not_found');
    expectProblem(await tie(999_999, parent.id), 'patient_not_found');
    expectProblem(await tie(child.id, clerk.id), 'patient_not_found');
    const { body } = await tie(child.id, child.id).expect(400);
    expect(body.errors).toEqual([expect.objectContaining({ path: 'guardian', code: 'same_person' })]);
  });
});

describe('nothing of a record without a sign-in can be used to sign in', () => {
  test('neither its user name, nor its phone, whether or not it is reached, nor a code for a new password', async () => {
    const { id, phone } = await made();
    await clinic.as(clerk).post(`/patients/${id}/phone/vouch/`).expect(200);
    const { username } = await stored(id);
    for (const name of [username, phone, phone.replace('+998', '')]) {
      for (const password of ['x', 'null', PASSWORD])
        expectProblem(
          await clinic.as(undefined).post('/auth/login/', { username: name, password }),
          'invalid_credentials',
        );
      await clinic.as(undefined).post('/auth/password/reset/', { username: name }).expect(202);
      expectProblem(
        await clinic
          .as(undefined)
          .post('/auth/password/reset/confirm/', { username: name, code: '000000', password: PASSWORD }),
        'invalid_code',
      );
    }
    const other = await clinic.person('patient');
    await confirm(clinic, other.id, { phone: freshPhone() });
    await clinic.as(undefined).post('/auth/password/reset/', { username: other.username }).expect(202);
    await expect.poll(async () => (await queuedFor(clinic, other.id)).length).toBe(1);
    expect((await queuedFor(clinic, id)).filter(({ kind }) => kind === 'code')).toEqual([]);
  });

  test('a forged token for it is no session', async () => {
    const { id } = await made();
    const token = clinic.app.jwt.sign({ sub: String(id), role: 'patient', sid: 2_000_000_000 });
    expect([200, 401]).toContain((await clinic.as({ token }).get('/auth/sessions/')).status);
    expectProblem(
      await clinic.as(undefined).post('/auth/token/refresh/', { refresh: 'none' }),
      'invalid_refresh_token',
    );
    const { rows } = await clinic.db.$client.query('select from sessions where user_id = $1', [id]);
    expect(rows).toEqual([]);
  });

  test('nobody can choose such a user name, and answers show none', async () => {
    const { id } = await made();
    const { username } = await stored(id);
    const account = { username, password: PASSWORD, role: 'patient' };
    expectProblem(await clinic.as(undefined).post('/auth/register/', account), 'invalid_input');
    expect((await clinic.as(admin).get(`/users/${id}/`).expect(200)).body.username).toBe(null);
  });

  test('an admin gives it a sign-in only as a whole: user name and password', async () => {
    const { id } = await made();
    const change = (body: object) => clinic.as(admin).patch(`/users/${id}/`, body);
    for (const [body, missing] of [
      [{ password: 'eleven-apricot-trees' }, ['username']],
      [{ username: 'half.a.sign.in' }, ['password']],
      [{ role: 'doctor' }, ['username', 'password']],
    ] as const) {
      const answer = await change(body).expect(400);
      expect(answer.body.errors.map(({ path }: { path: string }) => path)).toEqual(missing);
    }
    await change({ is_active: false }).expect(200);
    await change({ is_active: true, first_name: 'Umid' }).expect(200);
    await change({ username: `whole${id}`, password: 'eleven-apricot-trees' }).expect(200);
    await clinic
      .as(undefined)
      .post('/auth/login/', { username: `whole${id}`, password: 'eleven-apricot-trees' })
      .expect(200);
  });

  test('who registers with a phone that a record has gets an account of their own', async () => {
    const { id, phone } = await made();
    const person = await clinic.person('patient', { phone });
    expect(person.id).not.toBe(id);
  });
});
