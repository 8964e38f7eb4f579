import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';

const TOKEN = 'a-token-of-monitors-only';

let clinic: TestApp;
let patient: Person;
let text: string;
beforeAll(async () => {
  clinic = await testApp({ config: { metrics_token: TOKEN, backup_dir: '/nonexistent' } });
  const doctor = await clinic.person('doctor', { first_name: 'Shahnoza' });
  patient = await clinic.person('patient', { first_name: 'Oybek' });
  const slot = await clinic.slot(doctor);
  await clinic.book(patient, slot);
  await clinic.as(patient).post('/appointments/', { timeslot: slot }).expect(409);
  await clinic.as(patient).get(`/appointments/${'9'.repeat(9)}/`);
  text = await scrape();
});
afterAll(() => clinic?.close());

async function scrape(token = TOKEN): Promise<string> {
  const answer = await clinic.app.inject({ url: '/metrics', headers: { authorization: `Bearer ${token}` } });
  expect(answer.statusCode).toBe(token === TOKEN ? 200 : 401);
  return answer.body;
}

test('nobody reads the metrics without their token, and a user’s is none', async () => {
  await scrape('wrong');
  await scrape(patient.token);
  const none = await testApp();
  expect((await none.app.inject('/metrics')).statusCode).toBe(404);
  await none.close();
});

test('the metrics are OpenMetrics, and count requests by pattern, bookings, and refusals by their code', () => {
  expect(text.endsWith('# EOF\n')).toBe(true);
  expect(text).toContain('clinic_bookings_total{by="booking"} 1');
  expect(text).toMatch(/clinic_refusals_total\{code="\w+"\} 1/);
  expect(text).toMatch(
    /clinic_request_seconds_count\{method="POST",route="\/api\/appointments\/",status="2xx"\} 1/,
  );
  expect(text).toContain('clinic_database_up 1');
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
});

test('a booking that is repeated with its key is counted once', async () => {
  const booked = async () =>
    Number(/^clinic_bookings_total\{by="booking"\} (\d+)$/m.exec(await scrape())?.[1]);
  const before = await booked();
  const slot = await clinic.slot(await clinic.person('doctor'), { date: '2026-03-11' });
  const book = () =>
    clinic.as(patient).post('/appointments/', { timeslot: slot }).set('idempotency-key', 'once');
  const [first, again] = [await book().expect(201), await book().expect(201)];
  expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true' });
  expect(again.body.id).toBe(first.body.id);
  expect(await booked()).toBe(before + 1);
});

test('no id, name or token stands in the metrics', () => {
  for (const word of ['Shahnoza', 'Oybek', patient.username, patient.token, '999999999'])
    expect(text).not.toContain(word);
  // A label is a word, or the pattern of a route.
  const labels = [...text.matchAll(/="([^"]*)"/g)].map(([, value = '']) => value);
  expect(labels.filter((value) => /\/\d/.test(value))).toEqual([]);
});

test('every metric that an alert or the dashboard asks for is one that is told', () => {
  const folder = resolve(import.meta.dirname, '../../deploy/monitoring');
  // Only with archiving, replicas or messages that wait: test/system tries the rules that make them.
  const sometimes = [
    'clinic_archive_failing',
    'clinic_replica_lag_seconds',
    'clinic_messages_unsent',
    'clinic_messages_oldest_seconds',
  ];
  for (const file of ['alerts.yaml', 'dashboard.json']) {
    const asked = new Set(
      readFileSync(`${folder}/${file}`, 'utf8').match(/\b(?:clinic|nodejs|process)_[a-z_]+\b/g),
    );
    expect(asked.size).toBeGreaterThan(8);
    expect([...asked].filter((name) => !sometimes.includes(name) && !text.includes(name))).toEqual([]);
  }
});

test('that backups are set up and nothing archives what comes after them is told', () => {
  expect(text).toContain('clinic_archive_off 1\n');
});

test('a backup that never was is infinitely old, and a database that is away is said to be away', async () => {
  expect(text).toContain('clinic_backup_age_seconds +Inf');
  await clinic.db.$client.query('alter table timeslots rename to elsewhere');
  try {
    // One reading serves for five seconds.
    await expect.poll(() => scrape(), { interval: 500 }).toContain('clinic_database_up 0');
    expect(await scrape()).not.toContain('clinic_waiting ');
  } finally {
    await clinic.db.$client.query('alter table elsewhere rename to timeslots');
  }
});
