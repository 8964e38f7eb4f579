import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Role, roles } from '../../src/core/roles.ts';
import type { Document } from '../../src/http/openapi/document.ts';
import { demoApp } from '../helpers/demo.ts';
import { jpeg } from '../helpers/pictures.ts';
import { expectProblem } from '../helpers/problem.ts';
import { hasPython } from '../helpers/python.ts';
import { operationsOf, targetOf } from './documented.ts';

let clinic: Awaited<ReturnType<typeof demoApp>>;
let site: string;
/** In which the samples run, beside a picture. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clinic-samples-'));
  await writeFile(join(folder, 'picture.jpg'), await jpeg());
  clinic = await demoApp({ photos: { folder: join(folder, 'photos') } });
  site = await clinic.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await clinic.close();
  await rm(folder, { recursive: true });
});

const read = async (query = ''): Promise<Document> =>
  (await supertest(site).get(`/api/schema/${query}`).expect(200)).body;

/** Bytes. A part grows with what its role may call, and with nothing else: see document.test.ts. */
const MOST: Record<Role, number> = {
  patient: 365_000,
  doctor: 396_000,
  receptionist: 429_000,
  admin: 622_000,
};

test.each(roles)('the part of a %s is what they may call, and whole in itself', async (role: Role) => {
  const [whole, part] = [await read(), await read(`?role=${role}`)];
  const mine = operationsOf(part).map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  const may = [...clinic.app.documentedRoutes].filter(([, route]) => route.roles.includes(role));
  expect(mine.sort()).toEqual(may.map(([name]) => name).sort());
  expect(mine.length).toBeLessThan(operationsOf(whole).length);
  const text = JSON.stringify(part);
  expect(Buffer.byteLength(text)).toBeLessThan(Buffer.byteLength(JSON.stringify(whole)));
  expect(Buffer.byteLength(text)).toBeLessThan(MOST[role]);
  for (const [, reference = ''] of text.matchAll(/"\$ref":"(#[^"]+)"/g))
    expect(targetOf(part, reference), reference).toBeDefined();
});

test.each([
  ['receptionist', { timeslot: expect.any(Number), patient: expect.any(Number) }],
  ['patient', { timeslot: expect.any(Number) }],
])('what a %s books stands first among the examples of their part', async (role, body) => {
  const part = await read(`?role=${role}`);
  const json = part.paths['/api/appointments/']?.post?.requestBody?.content['application/json'];
  expect(Object.values(json?.examples ?? {})[0]?.value).toEqual(body);
});

test.each([
  ['?role=king', 'invalid_input', 'role invalid_choice'],
  ['?role=doctor&role=patient', 'invalid_input', 'role invalid_choice'],
  ['?samples=yes', 'invalid_input', 'samples invalid_choice'],
  ['?rol=doctor', 'unknown_field', 'rol unknown_field'],
] as const)('%s asks for no part, and is not answered with the whole', async (query, code, field) => {
  expectProblem(await supertest(site).get(`/api/schema/${query}`), code, { fields: [field] });
});

test('llms.txt leads to pages that are there', async () => {
  const { text } = await supertest(site)
    .get('/llms.txt')
    .expect(200)
    .expect('content-type', /^text\/plain/);
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, url = '']) => new URL(url));
  expect(links.length).toBeGreaterThan(5);
  for (const { pathname, search } of links)
    if (pathname !== '/mcp') await supertest(site).get(`${pathname}${search}`).expect(200);
});

type Sample = { label: string; source: string };
async function sampleOf(operationId: string, label: string): Promise<string> {
  const found = operationsOf(await read('?samples=true')).find(
    ({ operation }) => operation.operationId === operationId,
  );
  const { 'x-codeSamples': samples = [] } = (found?.operation ?? {}) as { 'x-codeSamples'?: Sample[] };
  return samples.find((one) => one.label === label)?.source ?? '';
}

test('every operation has a sample in each language, and the document that others read has none', async () => {
  for (const { operation } of operationsOf(await read('?samples=true'))) {
    const samples = (operation as unknown as { 'x-codeSamples': Sample[] })['x-codeSamples'];
    expect(samples.map(({ label }) => label)).toEqual(['curl', 'JavaScript', 'Python']);
  }
  expect(JSON.stringify(await read())).not.toContain('x-codeSamples');
});

const PROGRAMS: [label: string, command: string, ...args: string[]][] = [
  ['curl', 'bash', '-c'],
  ['JavaScript', process.execPath, '--input-type=module', '-e'],
  ['Python', 'python3', '-c'],
];
const has_python = hasPython('json', 'the samples in Python are not run');

/** What a program prints. The server answers in this process, which must not wait for the program. */
const output = ([command = '', ...args]: string[], TOKEN: string) =>
  new Promise<string>((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, TOKEN }, cwd: folder });
    let said = '';
    const hear = (part: Buffer) => {
      said += part;
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', reject);
    child.on('close', () => resolve(said));
  });

test.for(PROGRAMS.filter(([label]) => has_python || label !== 'Python'))(
  'the samples in %s sign in, read, write and send a picture as they stand',
  async ([label, ...program]) => {
    const run = async (operationId: string, token = '') =>
      output([...program, await sampleOf(operationId, label)], token);
    expect(await run('login')).toContain('"access"');
    expect(await run('getDoctor')).toContain('Yusupov');
    const token = await clinic.signIn('patient');
    expect(await run('me', token)).toContain('demo.patient');
    expect(await run('updatePatientProfile', token)).toContain('"date_of_birth"');
    expect(await run('putPhoto', await clinic.signIn('doctor'))).toContain('"small"');
  },
);
