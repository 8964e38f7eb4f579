import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { PASSWORD, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let serial = 0;
const account = (fields: object = {}) => ({
  username: `consenting.${++serial}`,
  password: PASSWORD,
  role: 'patient',
  ...fields,
});
const register = (clinic: TestApp, fields: object = {}) =>
  clinic.as(undefined).post('/auth/register/', account(fields));
const consents = async (clinic: TestApp, person: number) => {
  const { rows } = await clinic.db.$client.query(
    'select document, version, accepted_at from consents where user_id = $1 order by document',
    [person],
  );
  return rows;
};

describe('where consent is asked for and not required', () => {
  let clinic: TestApp;
  beforeAll(async () => {
    clinic = await testApp({ config: { terms_version: '2026-02', privacy_version: '7' } });
  });
  afterAll(() => clinic.close());

  test('what was accepted is kept with its version and the time', async () => {
    const { body } = await register(clinic, { accept_terms: true }).expect(201);
    const accepted_at = '2026-03-02T04:00:00.000Z';
    expect(await consents(clinic, body.id)).toEqual([
      { document: 'terms', version: '2026-02', accepted_at },
      { document: 'privacy', version: '7', accepted_at },
    ]);
    expect(body).not.toHaveProperty('accept_terms');
  });

  test.each([{}, { accept_terms: false }])('%j registers and keeps nothing', async (fields) => {
    const { body } = await register(clinic, fields).expect(201);
    expect(await consents(clinic, body.id)).toEqual([]);
  });

  test.each([{ accept_terms: 'yes' }, { accept_terms: 1 }, { accept_terms: null }])(
    '%j is no consent',
    async (fields) => {
      expectProblem(await register(clinic, fields), 'invalid_input', {
        fields: ['accept_terms invalid_type'],
      });
    },
  );

  test('a registration that fails keeps no consent', async () => {
    const before = await clinic.db.$client.query('select count(*) from consents');
    const unborn = { accept_terms: true, profile: { date_of_birth: '2030-01-01' } };
    expectProblem(await register(clinic, unborn), 'invalid_input');
    const { body } = await register(clinic, {}).expect(201);
    expectProblem(await register(clinic, { accept_terms: true, username: body.username }), 'username_taken');
    expect((await clinic.db.$client.query('select count(*) from consents')).rows).toEqual(before.rows);
  });

  test('nobody accepts for somebody else: an admin who makes a person keeps no consent', async () => {
    const admin = await clinic.person('admin');
    expectProblem(await clinic.as(admin).post('/users/', account({ accept_terms: true })), 'unknown_field');
    const { body } = await clinic.as(admin).post('/users/', account()).expect(201);
    expect(await consents(clinic, body.id)).toEqual([]);
  });
});

describe('accepting later', () => {
  const path = '/auth/me/consents/';
  let clinic: TestApp;
  beforeAll(async () => {
    clinic = await testApp({ config: { terms_version: '2026-02', privacy_version: '7' } });
  });
  afterAll(() => clinic.close());

  test('shows nothing accepted, then what was and when; repeating it changes nothing', async () => {
    const person = await clinic.person('patient');
    const inForce = (is_accepted: boolean) => [
      { document: 'terms', version: '2026-02', is_accepted },
      { document: 'privacy', version: '7', is_accepted },
    ];
    const before = await clinic.as(person).get(path).expect(200);
    expect(before.body).toEqual({ is_current: false, in_force: inForce(false), accepted: [] });
    const accept = () => clinic.as(person).post(path, { accept_terms: true }).expect(200);
    const { body } = await accept();
    const accepted_at = '2026-03-02T04:00:00.000Z';
    expect(body).toEqual({
      is_current: true,
      in_force: inForce(true),
      accepted: [
        { document: 'terms', version: '2026-02', accepted_at },
        { document: 'privacy', version: '7', accepted_at },
      ],
    });
    clinic.clock.set('2026-03-02T04:10:00Z');
    expect((await accept()).body).toEqual(body);
    expect((await clinic.as(person).get(path)).body).toEqual(body);
    clinic.clock.set('2026-03-02T04:00:00Z');
  });

  test('of what a guardian has accepted for them is one’s own word from then on', async () => {
    const parent = await clinic.person('patient');
    const born = { date_of_birth: '2009-05-05', gender: 'male', relationship: 'parent', accept_terms: true };
    const child = { first_name: 'Timur', last_name: 'Karimov', ...born };
    const { id } = (await clinic.as(parent).post('/patient/dependants/', child).expect(201)).body;
    const admin = await clinic.person('admin');
    const credentials = { username: 'timur.karimov', password: PASSWORD };
    await clinic.as(admin).patch(`/users/${id}/`, credentials).expect(200);
    const { access } = (await clinic.as(undefined).post('/auth/login/', credentials).expect(200)).body;
    const by = async () => {
      const { rows } = await clinic.db.$client.query(
        'select accepted_by, accepted_at from consents where user_id = $1',
        [id],
      );
      return rows;
    };
    const at = (accepted_at: string, accepted_by: number | null) =>
      Array(2).fill({ accepted_by, accepted_at });
    expect(await by()).toEqual(at('2026-03-02T04:00:00.000Z', parent.id));
    clinic.clock.set('2026-03-02T04:10:00Z');
    await clinic.as({ token: access }).post(path, { accept_terms: true }).expect(200);
    expect(await by()).toEqual(at('2026-03-02T04:10:00.000Z', null));
    const { rows } = await clinic.db.$client.query(
      "select details from audit_entries where subject_id = $1 and action = 'consent.accept'",
      [id],
    );
    expect(rows).toEqual([{ details: { fields: ['terms', 'privacy'] } }]);
    clinic.clock.set('2026-03-02T04:20:00Z');
    await clinic.as({ token: access }).post(path, { accept_terms: true }).expect(200);
    expect(await by()).toEqual(at('2026-03-02T04:10:00.000Z', null));
    clinic.clock.set('2026-03-02T04:00:00Z');
  });

  test('of a newer version: the older stays beside it', async () => {
    const { body: registered } = await register(clinic, { accept_terms: true }).expect(201);
    const credentials = { username: registered.username, password: PASSWORD };
    const { access } = (await clinic.as(undefined).post('/auth/login/', credentials).expect(200)).body;
    // The clinic publishes new terms and starts again.
    const config = { ...testConfig, terms_version: '2026-09', privacy_version: '7' };
    const { db, clock, url } = clinic;
    const next = await buildApp({ db, clock, config: { ...config, database_url: url } });
    const ask = async (method: 'GET' | 'POST') =>
      (
        await next.inject({
          method,
          url: `/api${path}`,
          headers: { authorization: `Bearer ${access}` },
          ...(method === 'POST' && { payload: { accept_terms: true } }),
        })
      ).json();
    expect(await ask('GET')).toMatchObject({
      is_current: false,
      in_force: [
        { document: 'terms', version: '2026-09', is_accepted: false },
        { document: 'privacy', version: '7', is_accepted: true },
      ],
    });
    clinic.clock.set('2026-03-02T04:05:00Z');
    const after = await ask('POST');
    clinic.clock.set('2026-03-02T04:00:00Z');
    expect(after.is_current).toBe(true);
    expect(after.accepted).toEqual([
      { document: 'terms', version: '2026-02', accepted_at: '2026-03-02T04:00:00.000Z' },
      { document: 'privacy', version: '7', accepted_at: '2026-03-02T04:00:00.000Z' },
      { document: 'terms', version: '2026-09', accepted_at: '2026-03-02T04:05:00.000Z' },
    ]);
    await next.close();
  });

  test('is nothing else than saying yes', async () => {
    const person = await clinic.person('doctor');
    for (const [body, field] of [
      [{}, 'accept_terms required'],
      [{ accept_terms: false }, 'accept_terms consent_required'],
      [{ accept_terms: 'true' }, 'accept_terms invalid_type'],
    ] as const)
      expectProblem(await clinic.as(person).post(path, body), 'invalid_input', { fields: [field] });
    expect(await consents(clinic, person.id)).toEqual([]);
    // Versions are the clinic's, not the client's.
    expectProblem(
      await clinic.as(person).post(path, { accept_terms: true, version: '99', user_id: 1 }),
      'unknown_field',
    );
    await clinic.as(person).post(path, { accept_terms: true }).expect(200);
    expect((await consents(clinic, person.id)).map(({ version }) => version)).toEqual(['2026-02', '7']);
  });
});

describe('where it is required', () => {
  let clinic: TestApp;
  beforeAll(async () => {
    clinic = await testApp({ config: { require_consent: true } });
  });
  afterAll(() => clinic.close());

  test.each([{}, { accept_terms: false }])(
    '%j is refused, in three languages, and nobody registers',
    async (fields) => {
      for (const locale of ['en', 'ru', 'uz'] as const)
        expectProblem(await register(clinic, fields).set('accept-language', locale), 'invalid_input', {
          fields: ['accept_terms consent_required'],
          locale,
        });
      const { rows } = await clinic.db.$client.query("select 1 from users where username like 'consenting%'");
      expect(rows).toEqual([]);
    },
  );

  test.each(['doctor', 'patient'])('a %s who accepts registers', async (role) => {
    const { body } = await register(clinic, { role, accept_terms: true }).expect(201);
    expect(await consents(clinic, body.id)).toHaveLength(2);
  });

  test('an admin makes people without it', async () => {
    const [admin] = [await clinic.person('admin', { accept_terms: true })];
    await clinic.as(admin).post('/users/', account()).expect(201);
  });
});
