import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, testApp } from '../helpers/app.ts';
import { breaksOf, type Contract, contractOf } from './contract.ts';
import { writtenOut } from './documented.ts';

const FILE = join(import.meta.dirname, 'last-version.json');

let clinic: TestApp;
let now: Contract;
beforeAll(async () => {
  clinic = await testApp();
  now = contractOf(writtenOut((await clinic.as(undefined).get('/schema/').expect(200)).body));
  if (process.env.LAST_VERSION === 'write') writeFileSync(FILE, `${JSON.stringify(now, null, 2)}\n`);
});
afterAll(() => clinic.close());

test('nothing breaks clients of the last version; docs/compatibility.md says what to do where it is meant', () => {
  const before = JSON.parse(readFileSync(FILE, 'utf8')) as Contract;
  expect(Object.keys(before).length).toBeGreaterThan(500);
  expect(breaksOf(before, now)).toEqual([]);
});

test('what would break them is found', () => {
  const before: Contract = {
    'GET /a/': 'operation',
    'GET /a/ > query q': 'string',
    'GET /a/ < 200.x': 'integer',
    'GET /a/ < 200.kind': 'string (one|two)',
    'POST /a/ > body.kind': 'string (one|two)',
    'POST /a/': 'operation',
  };
  const changed = (changes: Record<string, string | undefined>) =>
    breaksOf(before, JSON.parse(JSON.stringify({ ...before, ...changes })));
  expect(
    changed({ 'GET /a/ < 200.y': 'string', 'GET /b/': 'operation', 'GET /b/ > query z': 'required string' }),
  ).toEqual([]);
  expect(changed({ 'GET /a/ < 200.kind': 'string (one|two|three)' })).toEqual([]);
  expect(changed({ 'GET /a/ < 200.x': undefined })).toHaveLength(1);
  expect(changed({ 'GET /a/ < 200.x': 'integer|null' })).toHaveLength(1);
  expect(changed({ 'POST /a/ > body.kind': 'string (one)' })).toHaveLength(1);
  expect(changed({ 'POST /a/ > body.more': 'required string' })).toHaveLength(1);
  expect(changed({ 'GET /a/ > query q': 'required string' })).toHaveLength(1);
});
