import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nearest } from '../../src/http/hooks/unknown-fields.ts';
import type { Document } from '../../src/http/openapi/document.ts';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { type Answer, expectProblem } from '../helpers/problem.ts';
import { watchStatements } from '../helpers/statements.ts';
import { type Documented, examplesIn, operationsOf, writtenOut } from '../openapi/documented.ts';

let clinic: TestApp;
let document: Document;
let people: Record<'admins' | 'doctors' | 'patients', Person>;
const statements = watchStatements();
beforeAll(async () => {
  clinic = await testApp();
  document = writtenOut(clinic.app.swagger() as unknown as Document);
  people = {
    admins: await clinic.person('admin'),
    doctors: await clinic.person('doctor'),
    patients: await clinic.person('patient'),
  };
});
afterAll(async () => {
  statements.restore();
  await clinic.close();
});

const operations = () => operationsOf(document).filter(({ path }) => path.startsWith('/api/'));
const routeOf = ({ method, path }: Documented) => `${method.toUpperCase()} ${path}`;

/** A request of whoever may make it, that would write if it were carried out. */
async function send(
  one: Documented,
  { query = '', body }: { query?: string; body?: unknown },
): Promise<Answer> {
  const who = clinic.app.documentedRoutes.get(routeOf(one))?.who ?? '';
  const [, person = people.patients] = Object.entries(people).find(([role]) => who.startsWith(role)) ?? [];
  let answer: Answer | undefined;
  const sent = await statements.during(async () => {
    const {
      statusCode,
      headers,
      body: text,
    } = await clinic.app.inject({
      method: one.method.toUpperCase() as 'POST',
      url: `${one.path.replace('{provider}', 'google').replaceAll(/\{\w+\}/g, '1')}${query}`,
      headers: {
        authorization: `Bearer ${person.token}`,
        ...(Buffer.isBuffer(body) && { 'content-type': 'image/jpeg' }),
      },
      ...(body !== undefined && { payload: body as object }),
    });
    answer = { status: statusCode, headers, body: text && JSON.parse(text) };
  });
  expect(sent.filter((text) => /^\s*(?:begin|insert|update|delete|with)\b/i.test(text))).toEqual([]);
  return answer as Answer;
}

const examplesOf = ({ operation }: Documented): unknown[] =>
  Object.values(examplesIn(operation.requestBody?.content['application/json']));

const takesPicture = ({ operation }: Documented): boolean =>
  operation.requestBody?.content['image/jpeg'] !== undefined;

/** The same value with a field more in each object within it, one at a time, with the path to that field. */
function withMore(value: unknown, path = ''): [path: string, value: unknown][] {
  if (Array.isArray(value))
    return value.flatMap((item, at) =>
      withMore(item, `${path}${at}.`).map(([where, more]): [string, unknown] => [
        where,
        value.with(at, more),
      ]),
    );
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.entries(value).flatMap(([name, part]) =>
    withMore(part, `${path}${name}.`).map(([where, more]): [string, unknown] => [
      where,
      { ...value, [name]: more },
    ]),
  );
  return [[`${path}nonsense`, { ...value, nonsense: 1 }], ...inside];
}

test('a parameter that no route knows is refused by every route, before anything is done', async () => {
  const refused: string[] = [];
  // Calendar programs and their people add parameters to the address that they were given, so that it is read anew.
  const calendar = 'GET /api/calendar/{file}';
  for (const one of operations().filter((each) => routeOf(each) !== calendar)) {
    const [body = takesPicture(one) ? Buffer.from('x') : undefined] = examplesOf(one);
    // The desk finds nobody who asks for nothing.
    const query = routeOf(one) === 'GET /api/patients/' ? '?born=1990-05-17&nonsense=1' : '?nonsense=1';
    const answer = await send(one, { query, body });
    expectProblem(answer, 'unknown_field', { fields: ['nonsense unknown_field'] });
    refused.push(routeOf(one));
  }
  expect([...refused, calendar].sort()).toEqual(
    [...clinic.app.documentedRoutes.keys()].filter((route) => route.includes(' /api/')).sort(),
  );
  expect((await clinic.app.inject('/api/calendar/nothing.ics?nonsense=1')).json().code).toBe(
    'feed_not_found',
  );
  // Monitors may add what they like.
  expect((await clinic.app.inject('/health/live?verbose')).statusCode).toBe(200);
});

test('so is a field that no body knows, in each of its objects', async () => {
  const paths = new Set<string>();
  for (const one of operations().filter(({ method }) => method !== 'get')) {
    const examples = one.operation.requestBody ? examplesOf(one) : [{}];
    for (const example of examples)
      for (const [path, body] of withMore(example)) {
        // Browsers send more of a passkey as the standard grows: that is let be.
        if (path.startsWith('credential.')) continue;
        const answer = await send(one, { body });
        expectProblem(answer, 'unknown_field', { fields: [`${path} unknown_field`] });
        paths.add(path.replaceAll(/\d+/g, '0'));
      }
  }
  expect([...paths].sort()).toEqual(
    expect.arrayContaining([
      'channels.nonsense',
      'nonsense',
      'pauses.0.nonsense',
      'profile.nonsense',
      'quiet_hours.nonsense',
      'schedule.0.nonsense',
    ]),
  );
});

test('the document says so of every object in a request, and of none in an answer', () => {
  const { schemas } = document.components;
  const closed = (text: string) => /"additionalProperties":false/.test(text);
  for (const { operation } of operations()) {
    const body = JSON.stringify(operation.requestBody?.content['application/json']?.schema ?? {});
    const names = [...body.matchAll(/schemas\/(\w+)/g)].map(([, name = '']) => name);
    for (const name of names) expect(schemas[name]?.additionalProperties, name).toBe(false);
    const answers = Object.values(operation.responses)
      .flatMap(({ content = {} }) => Object.values(content))
      .flatMap(({ schema }) => [...JSON.stringify(schema).matchAll(/schemas\/(\w+)/g)]);
    for (const [, name = ''] of answers) expect(closed(JSON.stringify(schemas[name])), name).toBe(false);
  }
});

describe('beside other faults', () => {
  test('it stands among them, with the name that was probably meant', async () => {
    const { body } = await clinic
      .as(people.patients)
      .patch('/patient/profile/', { date_of_brith: '1990-05-17', gender: 'x', zzz: 1 })
      .expect(400);
    expect(body.code).toBe('invalid_input');
    expect(body.errors).toEqual([
      expect.objectContaining({ path: 'gender', code: 'invalid_choice' }),
      {
        path: 'date_of_brith',
        code: 'unknown_field',
        message: 'There is no such field or parameter here. Did you mean `date_of_birth`?',
        suggestion: 'date_of_birth',
      },
      { path: 'zzz', code: 'unknown_field', message: 'There is no such field or parameter here.' },
    ]);
  });

  test('a body of which no field is known is told of those, not that it changes nothing', async () => {
    const answer = await clinic.as(people.patients).patch('/patient/profile/', { dateOfBirth: '1990-05-17' });
    expectProblem(answer, 'unknown_field', { fields: ['dateOfBirth unknown_field'] });
    expect(answer.body.errors[0].suggestion).toBe('date_of_birth');
  });

  test('a required field that is misspelt is missing too', async () => {
    const answer = await clinic.as(people.patients).post('/appointments/', { time_slot: 1 });
    expectProblem(answer, 'invalid_input', { fields: ['timeslot required', 'time_slot unknown_field'] });
    expect(answer.body.errors[1].suggestion).toBe('timeslot');
  });

  test('in nested objects the whole path is suggested', async () => {
    const account = { username: 'nested', password: 'a-long-quiet-river', role: 'patient' };
    const { body } = await clinic
      .as(undefined)
      .post('/auth/register/', { ...account, profile: { gendre: 'male' } });
    expect(body.errors).toEqual([
      expect.objectContaining({ path: 'profile.gendre', suggestion: 'profile.gender' }),
    ]);
  });

  test('a kind of message that is misspelt is named as well', async () => {
    const channels = { bookd: ['sms'], reminder: ['pigeon'] };
    const answer = await clinic.as(people.patients).patch('/notifications/preferences/', { channels });
    expectProblem(answer, 'invalid_input', {
      fields: ['channels.reminder.0 invalid_choice', 'channels.bookd unknown_field'],
    });
    expect(answer.body.errors[1].suggestion).toBe('channels.booked');
  });

  test('an answer names no more than it has room for', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`${'x'.repeat(90)}${at}`, 1]));
    const { body } = await clinic
      .as(undefined)
      .post('/auth/login/', { username: 'x', password: 'x', ...many });
    expect(body.errors).toHaveLength(100);
    const long = await clinic
      .as(undefined)
      .post('/auth/login/', { username: 'x', password: 'x', ['y'.repeat(9_000)]: 1 });
    expect(long.body.errors[0].path).toHaveLength(200);
  });
});

test.each([
  ['date_of_brith', 'date_of_birth'],
  ['doctor_id', 'doctor'],
  ['patientId', 'patient'],
  ['pagesize', 'page_size'],
  ['start', 'start_time'],
  ['slot', 'timeslot'],
  ['nonsense', undefined],
  ['updated_since', undefined],
  ['', undefined],
  ['x', undefined],
  ['__proto__', undefined],
  ['ф'.repeat(100), undefined],
])('%s is probably %s', (name, meant) => {
  const known = [
    'page',
    'page_size',
    'date_of_birth',
    'doctor',
    'patient',
    'start_time',
    'end_time',
    'timeslot',
  ];
  expect(nearest(name, known)).toBe(meant);
});
