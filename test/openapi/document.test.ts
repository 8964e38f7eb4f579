import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorStatus } from '../../src/core/errors.ts';
import type { Document, MediaType } from '../../src/http/openapi/document.ts';
import { type TestApp, testApp } from '../helpers/app.ts';
import { type Documented, examplesIn, operationsOf, targetOf, validator, writtenOut } from './documented.ts';
import { redocly, spectral } from './linters.ts';

let clinic: TestApp;
/** As it is served, and with everything shared written out. */
let served: Document;
let document: Document;
let operations: Documented[];
beforeAll(async () => {
  // By its public address: over plain http, as on this machine, OWASP's rules forbid to serve at all.
  clinic = await testApp({ config: { site_url: 'https://clinic.example' } });
  served = (await clinic.as(undefined).get('/schema/').expect(200)).body;
  document = writtenOut(served);
  operations = operationsOf(document);
});
afterAll(() => clinic.close());

const PROBLEM = 'application/problem+json';
const JSON_TYPE = 'application/json';

/** What is wrong with the operations, each fault after the operation it belongs to. */
function faults(of: (one: Documented) => (string | undefined | false)[]): string[] {
  return operations.flatMap((one) =>
    of(one)
      .filter((fault) => typeof fault === 'string')
      .map((fault) => `${one.method} ${one.path}: ${fault}`),
  );
}

test('Redocly finds nothing to complain of', async () => {
  expect(await redocly(served)).toEqual([]);
});

test('Spectral finds nothing, by OpenAPI’s rules and by OWASP’s', async () => {
  expect(await spectral(served)).toEqual([]);
});

test('the linters would find an operation that breaks their rules', async () => {
  const { '/api/auth/me/': path = {} } = structuredClone(document.paths);
  const broken = { ...document, paths: { '/api/auth/me/': path } };
  const me = path.get;
  if (!me) throw new Error('no /api/auth/me/');
  me.security = [];
  delete me.responses['401'];
  Object.assign(me.responses['200'] ?? {}, { content: { [JSON_TYPE]: { schema: { type: 'text' } } } });
  delete me.responses['200']?.headers?.['RateLimit-Reset'];
  expect((await redocly(broken)).join('\n')).toContain('struct');
  const found = (await spectral(broken)).join('\n');
  expect(found).toContain('owasp:api2:2023-read-restricted');
  expect(found).toContain('owasp:api8:2023-define-error-responses-401');
  expect(found).toMatch(/owasp:api4:2023-rate-limit: .* at paths \/api\/auth\/me\/ get responses 200/);
});

test('every route is documented, and nothing else', () => {
  const documented = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(documented.sort()).toEqual([...clinic.app.documentedRoutes.keys()].sort());
});

test('every operation says what it does, who may call it and under which heading it stands', () => {
  expect(document.security).toEqual([{ bearer: [] }]);
  const headings = (document.tags as { name: string }[]).map(({ name }) => name);
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(
    faults(({ method, path, operation: { summary, description = '', tags, security, operationId } }) => {
      const route = clinic.app.documentedRoutes.get(`${method.toUpperCase()} ${path}`);
      return [
        !/^[A-Z].{5,60}$/.test(summary) && `summary: ${summary}`,
        !/^[A-Z]/.test(description) && 'no description of its own',
        !description.endsWith(`**Who may call:** ${route?.who}.`) && 'does not say who may call',
        !(tags.length === 1 && headings.includes(tags[0] ?? '')) && `tags: ${tags}`,
        !operationId && 'no operationId',
        (security?.length === 0) !== route?.isPublic && 'security',
      ];
    }),
  ).toEqual([]);
});

test('every parameter is described and has an example; pages fill in those that are required, and no others', () => {
  const fits = validator(document);
  expect(
    faults(({ method, path, operation: { parameters = [] } }) =>
      parameters.flatMap(({ name, description, schema, required, example }, index) => [
        !description && `${name}: no description`,
        !required && example !== undefined && `${name}: would be filled in`,
        required && example !== schema.examples?.[0] && `${name}: would be left empty`,
        schema.examples === undefined && `${name}: no example`,
        ...(schema.examples ?? []).map((value) =>
          fits(['paths', path, method, 'parameters', String(index), 'schema'], value),
        ),
      ]),
    ),
  ).toEqual([]);
});

test('every body and every success has examples that fit their schema to the last property', () => {
  const fits = validator(document, { closed: true });
  let seen = 0;
  /** A body, in each of the types in which it comes. */
  const judge = (keys: string[], content: Record<string, MediaType> = {}) =>
    Object.entries(content).flatMap(([type, media]) => {
      const examples = Object.values(examplesIn(media));
      seen += examples.length;
      if (examples.length === 0) return [`no example of ${type}`];
      return examples.map((value) => fits([...keys, 'content', type, 'schema'], value));
    });
  expect(
    faults(({ method, path, operation: { requestBody, responses } }) => [
      ...judge(['paths', path, method, 'requestBody'], requestBody?.content),
      ...Object.entries(responses)
        .filter(([status]) => status < '300')
        .flatMap(([status, { content }]) => judge(['paths', path, method, 'responses', status], content)),
    ]),
  ).toEqual([]);
  expect(seen).toBeGreaterThan(operations.length);
});

test('every error an operation can give has an example under its status', () => {
  const fits = validator(document, { closed: true });
  expect(
    faults(({ method, path, operation: { responses } }) => {
      const shown = Object.entries(responses).flatMap(([status, { content }]) =>
        Object.entries(examplesIn(content?.[PROBLEM])).map(([code, value]) => ({ status, code, value })),
      );
      const errors = clinic.app.documentedRoutes.get(`${method.toUpperCase()} ${path}`)?.errors ?? [];
      return [
        ...errors
          .filter(
            (code) => !shown.some((one) => one.code === code && one.status === String(errorStatus[code])),
          )
          .map((code) => `${code} is not shown`),
        ...shown.flatMap(({ status, code, value }) => {
          const problem = value as { status: number; code: string; instance: string; errors?: unknown[] };
          return [
            fits(['paths', path, method, 'responses', status, 'content', PROBLEM, 'schema'], value),
            (problem.status !== Number(status) || problem.code !== code) && `${status} shows ${problem.code}`,
            problem.instance.includes('{') && `${code} is about no real path`,
            code === 'invalid_input' && !problem.errors?.length && 'invalid input names no field',
          ];
        }),
      ];
    }),
  ).toEqual([]);
});

test('the document is small enough to be read, and everything it refers to is there', () => {
  const text = JSON.stringify(served);
  // 300 kB held all of it before the clinic as it is: a fourth role, branches, services, families, photos. A third is what
  // it says in words. Most people read the part of one role (parts.test.ts). Copies of lists and keys wherever something is
  // added took the last five.
  expect(Buffer.byteLength(text)).toBeLessThan(660_000);
  const references = [
    ...new Set([...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference = '']) => reference)),
  ];
  expect(references.length).toBeGreaterThan(100);
  expect(references.filter((reference) => targetOf(served, reference) === undefined)).toEqual([]);
  // What nobody refers to would be weight for nothing.
  const named = ['responses', 'parameters', 'examples', 'headers', 'schemas'].flatMap((kind) =>
    Object.keys((served.components[kind] ?? {}) as object).map((name) => `#/components/${kind}/${name}`),
  );
  expect(named.filter((name) => !references.includes(name))).toEqual([]);
});

test('operations stand in the order in which people use them', () => {
  const firstOf = (tag: string, count: number) =>
    operations
      .filter(({ operation }) => operation.tags[0] === tag)
      .slice(0, count)
      .map(({ operation }) => operation.operationId);
  expect(firstOf('auth', 4)).toEqual(['register', 'login', 'refreshToken', 'me']);
  expect(firstOf('appointments', 7)).toEqual([
    'bookAppointment',
    'listAppointments',
    'listOwnAppointments',
    'getAppointment',
    'decideAppointment',
    'cancelAppointment',
    'rescheduleAppointment',
  ]);
  expect(firstOf('timeslots', 5)).toEqual([
    'searchTimeslots',
    'listFreeTimeslots',
    'holdTimeslot',
    'releaseTimeslot',
    'publishTimeslot',
  ]);
  // What cannot be undone is never what a heading opens with.
  const headings = (document.tags as { name: string }[]).map(({ name }) => firstOf(name, 1)[0]);
  expect(headings.filter((id) => /^(delete|erase|cancel|export)/.test(id ?? ''))).toEqual(['exportMe']);
});

test('each error code has one example, whoever answers with it', () => {
  const texts = operations.flatMap(({ operation: { responses } }) =>
    Object.values(responses).flatMap(({ content }) =>
      Object.entries(examplesIn(content?.[PROBLEM])).map(
        ([code, value]) => `${code} ${JSON.stringify(value)}`,
      ),
    ),
  );
  const different = [...new Set(texts)];
  expect(different.map((text) => text.split(' ', 1)[0]).sort()).toEqual(
    [...new Set(texts.map((text) => text.split(' ', 1)[0]))].sort(),
  );
  expect(texts.length).toBeGreaterThan(5 * different.length);
});

test('the document is free of what generators leave behind', () => {
  expect(Object.keys(document.components.schemas).filter((name) => name.endsWith('Input'))).toEqual([
    'InvalidInput',
  ]);
  const text = JSON.stringify(document);
  for (const leftover of ['named_examples', 'x-examples', '9007199254740991', '$schema', '__', '"anyOf":[{}'])
    expect(text).not.toContain(leftover);
});

test('a filter shows the example that it was given, not that of what it was made from', () => {
  const { parameters = [] } = served.paths['/api/timeslots/search/']?.get ?? {};
  const shown = parameters.flatMap(({ name, schema }) => (name && schema ? [[name, schema.examples]] : []));
  expect(Object.fromEntries(shown)).toMatchObject({ after: ['09:00'], before: ['12:00'], weekdays: ['1,2'] });
});
