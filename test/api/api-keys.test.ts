import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isWholeApiKey, makeApiKey } from '../../src/core/api-keys.ts';
import { keyRoles, meaningOf, roleFor, type Scope, scopeOf, scopes } from '../../src/core/scopes.ts';
import { readPage, root } from '../docs/pages.ts';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let patient: Person;
beforeAll(async () => {
  // Not public, so that a key's right to read the directory is seen.
  clinic = await testApp({ config: { public_directory: false } });
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor');
  patient = await clinic.person('patient');
});
afterAll(() => clinic.close());

type Made = { id: number; key: string; user: number; role: string; scopes: Scope[] };
async function makeKey(fields: object, on = clinic): Promise<Made> {
  const { body } = await on
    .as(admin)
    .post('/api-keys/', { name: 'Website', ...fields })
    .expect(201);
  return body;
}
const by = ({ key }: { key: string }, on = clinic) => on.as({ token: key });

describe('a key', () => {
  test('is shown once, kept as a hash, and told from other text by its checksum', async () => {
    const made = await makeKey({ scopes: ['slots:read'] });
    expect(made.key).toMatch(/^clinic_[0-9A-Za-z]{38}$/);
    expect(isWholeApiKey(made.key)).toBe(true);
    const shown = await clinic.as(admin).get(`/api-keys/${made.id}/`).expect(200);
    const list = await clinic.as(admin).get('/api-keys/').expect(200);
    expect(shown.text + list.text).not.toContain(made.key.slice(7, -4));
    expect(shown.body).toMatchObject({ name: 'Website', ends_with: made.key.slice(-4), last_used_at: null });
    const { rows } = await clinic.db.$client.query('select api_keys::text as row from api_keys');
    expect(JSON.stringify(rows)).not.toContain(made.key.slice(7, -4));
    const keys = Array.from({ length: 50 }, makeApiKey);
    expect(new Set(keys).size).toBe(50);
    for (const key of keys) {
      const place = 7 + (key.charCodeAt(9) % 30);
      const other = key[place] === 'a' ? 'b' : 'a';
      expect(isWholeApiKey(key.slice(0, place) + other + key.slice(place + 1))).toBe(false);
    }
  });

  test('that is malformed, unknown, revoked or expired is a 401', async () => {
    const { key } = await makeKey({ scopes: ['slots:read'] });
    for (const wrong of [
      'clinic_',
      `${key}x`,
      key.replace(/.$/, (end) => (end === 'a' ? 'b' : 'a')),
      makeApiKey(),
    ])
      expectProblem(await by({ key: wrong }).get('/timeslots/search/'), 'invalid_token');
    const soon = new Date(clinic.clock.now().getTime() + 60_000).toISOString();
    const late = await makeKey({ scopes: ['slots:read'], expires_at: soon });
    await by(late).get('/timeslots/search/').expect(200);
    clinic.clock.set(soon);
    expectProblem(await by(late).get('/timeslots/search/'), 'token_expired');
    const past = { name: 'x', scopes: ['slots:read'], expires_at: soon };
    expectProblem(await clinic.as(admin).post('/api-keys/', past), 'invalid_input', {
      fields: ['expires_at in_past'],
    });
    // Beyond the last year in UTC, though not by its own offset.
    for (const expires_at of ['9999-12-31T23:59:59-14:00', '1899-12-31T23:59:59Z'])
      expectProblem(await clinic.as(admin).post('/api-keys/', { ...past, expires_at }), 'invalid_input', {
        fields: ['expires_at invalid_date'],
      });
    const twice = { name: 'x', scopes: ['slots:read', 'slots:read'] };
    expect((await clinic.as(admin).post('/api-keys/', twice).expect(201)).body.scopes).toEqual([
      'slots:read',
    ]);
  });

  test('has a role, or scopes, whose least role it gets; branches are a receptionist’s', async () => {
    expect(await makeKey({ scopes: ['slots:read', 'patients:read'] })).toMatchObject({
      role: 'receptionist',
    });
    expect(await makeKey({ scopes: ['slots:read', 'audit:read'] })).toMatchObject({ role: 'admin' });
    expect((await makeKey({ role: 'admin' })).scopes).toEqual(scopes);
    const desk = await makeKey({ role: 'receptionist', branches: [1] });
    expect(desk).toMatchObject({ branches: [1] });
    expect(desk.scopes.every((scope) => roleFor([scope]) === 'receptionist')).toBe(true);
    const refused = async (body: object, fields: string[]) =>
      expectProblem(await clinic.as(admin).post('/api-keys/', { name: 'x', ...body }), 'invalid_input', {
        fields,
      });
    await refused({}, ['scopes required']);
    await refused({ role: 'receptionist', scopes: ['audit:read'] }, ['scopes not_for_role']);
    await refused({ role: 'admin', branches: [1] }, ['branches not_for_role']);
    expectProblem(
      await clinic.as(admin).post('/api-keys/', { name: 'x', role: 'receptionist', branches: [999] }),
      'branch_not_found',
    );
  });

  test('books under its own name, and its service user is no account', async () => {
    const made = await makeKey({ name: 'Till', scopes: ['appointments:write', 'appointments:read'] });
    const timeslot = await clinic.slot(doctor);
    const booked = await by(made).post('/appointments/', { timeslot, patient: patient.id }).expect(201);
    expect(booked.body.booked_by).toBe(made.user);
    const audit = await clinic.as(admin).get('/audit/?action=appointment.book').expect(200);
    expect(audit.body.results[0].actor).toMatchObject({ id: made.user, first_name: 'Till' });
    const users = await clinic.as(admin).get('/users/?page_size=100').expect(200);
    expect(users.body.results.map(({ id }: { id: number }) => id)).not.toContain(made.user);
    const path = `/users/${made.user}/`;
    expectProblem(await clinic.as(admin).get(path), 'user_not_found');
    expectProblem(await clinic.as(admin).patch(path, { is_active: true }), 'user_not_found');
    expectProblem(await clinic.as(admin).delete(path, { password: 'a-long-quiet-river' }), 'user_not_found');
    expectProblem(
      await clinic.as(undefined).post('/auth/login/', { username: `~key-${made.user}`, password: 'x' }),
      'invalid_credentials',
    );
    const used = async () => (await clinic.as(admin).get(`/api-keys/${made.id}/`)).body.last_used_at;
    await expect.poll(used).not.toBeNull();
  });

  test('of a receptionist with branches reaches nothing elsewhere', async () => {
    const { rows } = await clinic.db.$client.query(
      "insert into branches (name, is_active) values ('Elsewhere', false) returning id",
    );
    const made = await makeKey({ scopes: ['appointments:read'], branches: [rows[0].id] });
    const timeslot = await clinic.slot(doctor, { start_time: '11:00', end_time: '11:30' });
    const visit = await clinic.book(patient, timeslot);
    expectProblem(await by(made).get(`/appointments/${visit}/`), 'appointment_not_found');
  });

  test('has a limit of its own', async () => {
    const slow = await testApp({ config: { rate_limit: true, rate_limit_key: 3 }, url: clinic.url });
    try {
      const made = await makeKey({ scopes: ['slots:read'] });
      const ask = () => by(made, slow).get('/timeslots/search/');
      // Before it is known here, its address counts.
      await ask().expect(200);
      for (let left = 2; left >= 0; left -= 1)
        expect((await ask().expect(200)).headers).toMatchObject({ 'ratelimit-remaining': String(left) });
      expectProblem(await ask(), 'too_many_requests');
      const other = await makeKey({ scopes: ['slots:read'] });
      await by(other, slow).get('/timeslots/search/').expect(200);
    } finally {
      await slow.app.close();
    }
  });

  test('revoked on one process is refused on it at once, and on another within a second', async () => {
    const elsewhere = await testApp({ url: clinic.url });
    try {
      const made = await makeKey({ scopes: ['slots:read'] });
      await by(made, elsewhere).get('/timeslots/search/').expect(200);
      await by(made).get('/timeslots/search/').expect(200);
      await clinic.as(admin).delete(`/api-keys/${made.id}/`).expect(204);
      expectProblem(await by(made).get('/timeslots/search/'), 'invalid_token');
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expectProblem(await by(made, elsewhere).get('/timeslots/search/'), 'invalid_token');
      await clinic.as(admin).delete(`/api-keys/${made.id}/`).expect(204);
      const { body } = await clinic.as(admin).get('/audit/?action=api_key.revoke').expect(200);
      expect(
        body.results.filter(({ details }: { details: { key: number } }) => details.key === made.id),
      ).toHaveLength(1);
      const revoked = await clinic.as(admin).get('/api-keys/?revoked=true').expect(200);
      expect(revoked.body.results.map(({ id }: { id: number }) => id)).toContain(made.id);
    } finally {
      await elsewhere.app.close();
    }
  });
});

/** The operations that ask for a token, as they are declared. */
const operations = () =>
  [...clinic.app.documentedRoutes]
    .filter(([, { isPublic }]) => !isPublic)
    .map(([route]) => {
      const [method = '', path = ''] = route.split(' ');
      const scope = scopeOf(method, path.replace(/^\/api/, '').replaceAll(/\{(\w+)\}/g, ':$1'));
      return { method, path, scope };
    });

const PAGE = 'docs/api-keys.md';
const TABLE = '| operation | scope |\n| --- | --- |\n';

/** The table of docs/api-keys.md: which scope each operation asks for. */
const documented = () =>
  new Map(
    [...readPage(PAGE).matchAll(/^\| `(\w+ \/api\S+)` \| (?:`([\w:-]+)`|–) \|$/gm)].map(
      ([, route = '', scope]) => [route, scope],
    ),
  );

describe('the page', () => {
  test('says of every operation which scope it asks for (write it anew with -u)', async () => {
    const rows = operations().map(
      ({ method, path, scope }) => `| \`${method} ${path}\` | ${scope ? `\`${scope}\`` : '–'} |`,
    );
    const [head] = readPage(PAGE).split(TABLE);
    await expect(`${head}${TABLE}${rows.join('\n')}\n`).toMatchFileSnapshot(join(root, PAGE));
  });

  test('says what every scope means', () => {
    for (const scope of scopes) expect(readPage(PAGE)).toContain(`| \`${scope}\` | ${meaningOf(scope)} |`);
  });
});

/** A body that is read: of another type it would be refused before the key is asked. */
function sentTo(method: string, path: string): { headers?: Record<string, string>; payload?: object } {
  if (method === 'GET') return {};
  if (!path.endsWith('/photo/')) return { payload: {} };
  return method === 'PUT'
    ? { headers: { 'content-type': 'image/jpeg' }, payload: Buffer.of(0xff, 0xd8) }
    : {};
}

test('every key and scope meets every operation as the page says, and no key the others', async () => {
  const page = documented();
  const keys = new Map<string, Made>();
  for (const role of keyRoles)
    for (const scope of scopes)
      if (role === 'admin' || roleFor([scope]) === 'receptionist')
        keys.set(`${role} ${scope}`, await makeKey({ role, scopes: [scope] }));
  let let_in = 0;
  for (const { method, path } of operations()) {
    const wanted = page.get(`${method} ${path}`);
    for (const [name, { key }] of keys) {
      const [, scope] = name.split(' ');
      const answer = await clinic.app.inject({
        method: method as 'GET',
        url: path.replaceAll(/\{\w+\}/g, '999999'),
        ...sentTo(method, path),
        headers: { authorization: `Bearer ${key}`, ...sentTo(method, path).headers },
      });
      const code = answer.statusCode >= 400 ? answer.json().code : undefined;
      const said = `${name}: ${method} ${path} ${answer.statusCode} ${code}`;
      if (wanted === scope) {
        expect(code, said).not.toBe('insufficient_scope');
        expect(answer.statusCode, said).not.toBe(401);
        let_in += 1;
      } else expect(['insufficient_scope', 'forbidden'], said).toContain(code);
    }
  }
  expect(let_in).toBeGreaterThan(50);
});

test('no key makes keys, changes passwords or roles, merges or erases, whatever its scopes', async () => {
  const all = await makeKey({ role: 'admin' });
  const never: [method: 'get' | 'post' | 'patch' | 'delete', path: string, body?: object][] = [
    ['get', '/api-keys/'],
    ['post', '/api-keys/', { name: 'x', role: 'admin' }],
    ['delete', `/api-keys/${all.id}/`],
    ['post', '/users/', { username: 'other.admin', password: 'a-long-quiet-river', role: 'admin' }],
    ['patch', `/users/${patient.id}/`, { password: 'eleven-apricot-trees' }],
    ['patch', `/users/${patient.id}/`, { role: 'admin' }],
    ['delete', `/users/${patient.id}/`, { password: 'x' }],
    ['post', `/users/${doctor.id}/approve/`],
    ['post', `/patients/${patient.id}/merge/`, { into: 1 }],
    ['get', '/auth/me/'],
    ['delete', '/auth/me/', { password: 'x' }],
    ['post', '/auth/password/change/', { old_password: 'x', password: 'eleven-apricot-trees' }],
    ['get', '/auth/me/export/'],
  ];
  for (const [method, path, body] of never)
    expectProblem(await by(all)[method](path, body), 'insufficient_scope');
});

test('no key takes a guardian away, with whom a child would be erased whom nobody else looks after', async () => {
  const child = {
    first_name: 'Madina',
    last_name: 'Karimova',
    date_of_birth: '2019-08-20',
    gender: 'female',
  };
  const { body } = await clinic
    .as(patient)
    .post('/patient/dependants/', { ...child, relationship: 'parent' })
    .expect(201);
  for (const fields of [{ role: 'admin' }, { role: 'admin', scopes: ['patients:write'] }]) {
    const answer = await by(await makeKey(fields)).delete(`/patients/${body.id}/guardians/${patient.id}/`);
    expectProblem(answer, 'insufficient_scope');
  }
  await clinic.as(patient).get(`/patient/dependants/${body.id}/`).expect(200);
});
