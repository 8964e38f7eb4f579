import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import {
  badIds,
  badValues,
  brokenBodies,
  brokenQueries,
  type Kind,
  kinds,
  type Literal,
  literals,
  otherBodies,
} from '../helpers/bad-input.ts';
import { capturedLog } from '../helpers/log.ts';
import { type Answer, expectProblem } from '../helpers/problem.ts';

type Who = 'nobody' | 'admin' | 'doctor' | 'patient';

let clinic: TestApp;
let people: Record<Exclude<Who, 'nobody'>, Person>;
let appointment: number;
/** Whom an admin may change without putting out those who send the requests. */
let somebody: number;
const log = capturedLog();

beforeAll(async () => {
  clinic = await testApp({ config: { log_level: 'info' }, log_stream: log.stream });
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor'),
    patient: await clinic.person('patient'),
  };
  somebody = (await clinic.person('patient')).id;
  appointment = await clinic.book(people.patient, await clinic.slot(people.doctor));
});
afterAll(async () => {
  // Whatever was sent, nothing of it was a fault of ours.
  expect(log.errors()).toEqual([]);
  await clinic.close();
});

/** One request, without a socket between: there are thousands of them. */
async function send(
  route: string,
  by: Who,
  payload?: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<Answer> {
  const [method, path = ''] = route.split(' ');
  const answer = await clinic.app.inject({
    method: method as 'POST',
    url: `/api${path.replace('{person}', String(somebody)).replace('{visit}', String(appointment))}`,
    headers: { ...(by !== 'nobody' && { authorization: `Bearer ${people[by].token}` }), ...headers },
    ...(payload !== undefined && { payload }),
  });
  expect(answer.statusCode, `${route} ${payload ?? ''}`).toBeLessThan(500);
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: answer.body === '' ? undefined : JSON.parse(answer.body),
  };
}

const profile = {
  specialization: 'textOrNull',
  experience_years: 'years',
  date_of_birth: 'orNull',
  gender: 'orNull',
};
const person = {
  username: 'username',
  password: 'newPassword',
  role: 'nothing',
  first_name: 'textOrNull',
  last_name: 'textOrNull',
  email: 'orNull',
  phone: 'orNull',
  locale: 'orNull',
  profile: 'object',
};
const inProfile = Object.fromEntries(
  Object.entries(profile).map(([name, kind]) => [`profile.${name}`, kind]),
);
const account = () => ({ username: 'somebody', password: PASSWORD, role: 'patient' });
const own = { specialization: 'textOrNull', experience_years: 'years', gender: 'orNull' };
const names = { first_name: 'textOrNull', last_name: 'textOrNull' };

/** Every endpoint that takes a body: who may send it, its fields and their kinds, and a body that is fine. */
const endpoints = [
  ['POST /auth/register/', 'nobody', { ...person, ...inProfile }, account()],
  [
    'POST /auth/login/',
    'nobody',
    { username: 'text', password: 'password' },
    { username: 'x', password: 'x' },
  ],
  ['POST /auth/token/refresh/', 'nobody', { refresh: 'password' }, { refresh: 'x' }],
  ['POST /users/', 'admin', { ...person, ...inProfile, is_active: 'flag' }, account()],
  ['PATCH /users/{person}/', 'admin', { ...person, ...inProfile, is_active: 'flag' }, {}],
  ['PATCH /doctor/profile/', 'doctor', { ...own, ...names }, {}],
  [
    'PATCH /patient/profile/',
    'patient',
    { phone: 'orNull', date_of_birth: 'orNull', gender: 'orNull', ...names },
    {},
  ],
  [
    'POST /timeslots/',
    'doctor',
    { doctor: 'id', date: 'nothing', start_time: 'nothing', end_time: 'nothing' },
    { date: '2026-03-11', start_time: '10:00', end_time: '10:30' },
  ],
  ['POST /appointments/', 'patient', { timeslot: 'id', patient: 'id' }, { timeslot: 999_999 }],
  ['PATCH /appointments/{visit}/', 'doctor', { status: 'nothing', reason: 'text' }, { status: 'cancelled' }],
] as [route: string, by: Who, fields: Record<string, Kind>, fine: Record<string, unknown>][];

/** The body `fine` with one field set to a literal, which may be nested as in `profile.gender`. */
function bodyWith(fine: object, field: string, literal: string): string {
  const value = field.split('.').reduceRight((inner, name) => `{${JSON.stringify(name)}:${inner}}`, literal);
  const others = Object.entries(fine)
    .filter(([name]) => name !== field.split('.')[0])
    .map(([name, content]) => `${JSON.stringify(name)}:${JSON.stringify(content)},`);
  return `{${others.join('')}${value.slice(1)}`;
}

describe.each(endpoints)('the body of %s', (route, by, fields, fine) => {
  test.each(Object.entries(fields))('%s takes what is %s and nothing else', async (field, kind) => {
    const fitting: readonly Literal[] = kinds[kind];
    for (const [name, literal] of Object.entries(literals) as [Literal, string][]) {
      const answer = await send(route, by, bodyWith(fine, field, literal));
      const paths: string[] = (answer.body?.errors ?? []).map(({ path }: { path: string }) => path);
      const refused = paths.some((path) => path === field || path.startsWith(`${field}.`));
      // A value of the right kind may still be refused for what it says, such as a profile of another role.
      const misfit = answer.body?.errors?.every(({ code }: { code: string }) => code === 'not_for_role');
      if (fitting.includes(name)) expect(refused && !misfit, `${field} = ${literal}`).toBe(false);
      else {
        expect(refused, `${field} = ${literal.slice(0, 50)}: ${JSON.stringify(answer.body)}`).toBe(true);
        expectProblem(answer, 'invalid_input');
      }
    }
  });

  test.each(Object.entries(otherBodies))('is not %s', async (_, body) => {
    expectProblem(await send(route, by, body), 'invalid_input', { fields: [' invalid_type'] });
  });

  test.each(Object.entries(brokenBodies))('is not %s', async (_, body) => {
    expectProblem(await send(route, by, body), 'malformed_request');
  });

  test('comes as JSON and not too large', async () => {
    const json = JSON.stringify(fine);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'text/json',
      'json',
    ])
      expectProblem(await send(route, by, json, { 'content-type': type }), 'unsupported_media_type');
    expectProblem(await send(route, by, json, {}), 'unsupported_media_type');
    const zipped = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expectProblem(await send(route, by, gzipSync(json), zipped), 'malformed_request');
    const large = JSON.stringify({ ...fine, more: 'x'.repeat(64 * 1024) });
    expectProblem(await send(route, by, large), 'payload_too_large');
  });

  test('may hold what nobody asked for, however deep', async () => {
    const deep = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
    const answer = await send(route, by, bodyWith(fine, 'unknown', deep));
    expect(answer.body?.errors?.map(({ code }: { code: string }) => code) ?? []).not.toContain(
      'invalid_type',
    );
  });
});

describe.each([
  ['GET /users/{id}/', 'admin'],
  ['PATCH /users/{id}/', 'admin'],
  ['DELETE /users/{id}/', 'admin'],
  ['GET /doctors/{id}/', 'patient'],
  ['GET /doctors/{id}/timeslots/', 'patient'],
  ['GET /timeslots/{id}/', 'doctor'],
  ['DELETE /timeslots/{id}/', 'doctor'],
  ['GET /appointments/{id}/', 'patient'],
  ['PATCH /appointments/{id}/', 'doctor'],
  ['DELETE /appointments/{id}/', 'patient'],
] as [string, Who][])('the id of %s', (route, by) => {
  test.each(badIds)('is not %s (%s)', async (id, code) => {
    for (const slash of ['/', '']) {
      const path = route.replace('{id}', id).replace(/\/$/, slash);
      const answer = await send(path, by, route.startsWith('PATCH') ? '{}' : undefined);
      expectProblem(
        answer,
        code,
        code === 'invalid_input' ? { fields: [expect.stringMatching(/^id /)] } : {},
      );
    }
  });
});

const days = ['date', 'from', 'to'];
const paging = ['page', 'page_size'];

/** Every list: its parameters that are numbers, dates, flags or choices, and those that take any text. */
describe.each([
  ['GET /users/', 'admin', [...paging, 'role', 'is_active'], ['search']],
  ['GET /doctors/', 'patient', paging, ['search', 'specialization']],
  ['GET /doctors/{doctor}/timeslots/', 'patient', [...paging, ...days], []],
  ['GET /timeslots/', 'doctor', [...paging, ...days, 'is_available'], []],
  ['GET /appointments/', 'admin', [...paging, ...days, 'status', 'doctor', 'patient'], []],
  ['GET /appointments/me/', 'patient', [...paging, ...days, 'status'], []],
] as [string, Who, string[], string[]][])('the query of %s', (route, by, strict, free) => {
  const ask = (query: string) => send(`${route.replace('{doctor}', String(people.doctor.id))}?${query}`, by);

  test.each(strict)('%s', async (name) => {
    for (const value of badValues) {
      const answer = await ask(`${name}=${value.replace('{name}', name)}`);
      expectProblem(answer, 'invalid_input', { fields: [expect.stringMatching(`^${name} `)] });
    }
  });

  test('text takes what people type, and neither control characters nor two values', async () => {
    for (const name of free) {
      for (const value of ['', 'x', '-1', 'null', '%25_%5C', '%27%3B--', '%F0%9F%91%8D', '%22', '%28%5B%7B'])
        expect((await ask(`${name}=${value}`)).status, `${name}=${value}`).toBe(200);
      for (const value of ['%00', 'a%07b', 'x'.repeat(101), `a&${name}=b`])
        expectProblem(await ask(`${name}=${value}`), 'invalid_input', {
          fields: [expect.stringMatching(`^${name} `)],
        });
    }
    // What is no parameter of the list changes nothing.
    for (const query of [
      '',
      '&&&',
      '=x',
      '__proto__=x',
      'constructor=x',
      'page[$gt]=1',
      'date[]=x',
      '?page=0',
    ])
      expect((await ask(query)).status, query).toBe(200);
  });

  test('is well encoded', async () => {
    for (const query of brokenQueries)
      expectProblem(await ask(query.replace('{name}', free[0] ?? 'page')), 'malformed_request');
  });
});

test('every endpoint that takes a body or an id stands in these tables', () => {
  const shapes = [...clinic.app.documentedRoutes.keys()].filter((route) => /^(POST|PATCH) /.test(route));
  const tried = endpoints.map(([route]) => route.replace(/\{\w+\}/, '{id}').replace(' ', ' /api'));
  expect(shapes.sort()).toEqual(tried.sort());
});
