import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { read, told } from './reader.ts';

const TOKEN = 'a-token-of-monitors-only';
let clinic: TestApp;
/** Another process on the same database. */
let second: TestApp;
let doctor: Person;
let patient: Person;
const freshDay = freshDays();
const freshSlot = () => clinic.slot(doctor, { date: freshDay() });

beforeAll(async () => {
  clinic = await testApp({ config: { metrics_token: TOKEN } });
  second = await testApp({ url: clinic.url, clock: clinic.clock, config: { streams_max: 3 } });
  doctor = await clinic.person('doctor');
  patient = await clinic.person('patient');
});
afterAll(async () => {
  await second.close();
  await clinic.close();
});

const ticketFor = async (person: Person) =>
  (await clinic.as(person).post('/stream/ticket/', {}).expect(200)).body as {
    ticket: string;
    expires_at: string;
  };
const withTicket = (at: TestApp, ticket: string) => read(at, undefined, { query: `?ticket=${ticket}` });

test('a ticket opens the stream of its session once, in whichever process, and not after half a minute', async () => {
  const { ticket, expires_at } = await ticketFor(patient);
  expect(Date.parse(expires_at) - clinic.clock.now().getTime()).toBe(30_000);
  const stream = await withTicket(second, ticket);
  expect(stream.status).toBe(200);
  const visit = await clinic.book(patient, await freshSlot());
  await expect.poll(() => told(stream.heard)).toEqual([`appointment.booked ${visit}.1`]);
  expect((await withTicket(clinic, ticket)).status).toBe(401);
  expect((await withTicket(clinic, 'wrong')).status).toBe(401);
  stream.leave();

  const late = await ticketFor(patient);
  clinic.clock.set('2026-03-02T04:00:30Z');
  expect((await withTicket(clinic, late.ticket)).status).toBe(401);
  clinic.clock.set('2026-03-02T04:00:00Z');

  // Of many who show one at once, one gets in.
  const { ticket: shared } = await ticketFor(patient);
  const all = await Promise.all(Array.from({ length: 5 }, () => withTicket(clinic, shared)));
  expect(all.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
  for (const one of all) one.leave();
});

test('a ticket of a session that has ended opens nothing', async () => {
  const somebody = await clinic.person('patient');
  const { ticket } = await ticketFor(somebody);
  await clinic.as(somebody).post('/auth/logout/', {}).expect(204);
  const refused = await withTicket(clinic, ticket);
  expect(refused.status).toBe(401);
});

test('five streams a person and so many a process; whoever leaves makes room', async () => {
  const somebody = await clinic.person('patient');
  const five = await Promise.all(Array.from({ length: 5 }, () => read(clinic, somebody.token)));
  expect(five.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const sixth = await read(clinic, somebody.token);
  expect(sixth.status).toBe(429);
  expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(0);
  five[0]?.leave();
  await expect.poll(() => headStatus(somebody)).toBe(200);
  for (const one of five) one.leave();

  const people = await Promise.all(Array.from({ length: 4 }, () => clinic.person('patient')));
  const there = [];
  for (const { token } of people) there.push(await read(second, token));
  expect(there.map(({ status }) => status)).toEqual([200, 200, 200, 503]);
  expect(Number(there.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
  for (const one of there) one.leave();
});

async function headStatus({ token }: Person): Promise<number> {
  const answer = await clinic.app.inject({
    method: 'HEAD',
    url: '/api/stream/',
    headers: { authorization: `Bearer ${token}` },
  });
  return answer.statusCode;
}

test('what one process commits is heard in the other, and a stream resumes where another process ended it', async () => {
  const [here, there] = [await read(clinic, patient.token), await read(second, patient.token)];
  const visit = await clinic.book(patient, await freshSlot());
  for (const stream of [here, there])
    await expect.poll(() => told(stream.heard)).toEqual([`appointment.booked ${visit}.1`]);
  const last = here.heard.at(-1)?.id ?? '';
  here.leave();
  there.leave();
  const missed = await clinic.book(patient, await freshSlot());
  const resumed = await read(second, patient.token, { last });
  await expect.poll(() => resumed.heard.at(-1)?.type).toBe('ready');
  const next = await clinic.book(patient, await freshSlot());
  await expect
    .poll(() => told(resumed.heard))
    .toEqual([`appointment.booked ${missed}.1`, `appointment.booked ${next}.1`]);
  resumed.leave();
});

test('streams keep no place in the database, and take none of the pool’s connections while they are open', async () => {
  const { rows: before } = await clinic.db.$client.query('select name from event_readers order by name');
  const streams = await Promise.all([read(clinic, patient.token), read(clinic, doctor.token)]);
  const { rows } = await clinic.db.$client.query('select name from event_readers order by name');
  expect(rows).toEqual(before);
  await expect.poll(() => clinic.db.$client.totalCount - clinic.db.$client.idleCount).toBe(0);
  const { rows: links } = await clinic.db.$client.query(
    "select count(*)::int as count from pg_stat_activity where application_name = 'clinic-streams' and datname = current_database()",
  );
  // One a process, of which there are two.
  expect(links[0].count).toBeLessThanOrEqual(2);
  for (const stream of streams) stream.leave();
});

test('the metrics tell how many are open and how much was sent', async () => {
  const stream = await read(clinic, patient.token);
  const scrape = async () =>
    (await clinic.app.inject({ url: '/metrics', headers: { authorization: `Bearer ${TOKEN}` } })).body;
  await expect.poll(scrape, { interval: 500 }).toMatch(/^clinic_streams_open [1-9]/m);
  expect(await scrape()).toMatch(/^clinic_stream_events_total [1-9]/m);
  // How long somebody listens says nothing of how fast anything is.
  expect(await scrape()).not.toMatch(/route="\/api\/stream\/",status="2xx"/);
  stream.leave();
});

test('a server that closes ends its streams in good order and waits for none', async () => {
  const leaving = await testApp({ url: clinic.url, clock: clinic.clock });
  const stream = await read(leaving, patient.token);
  await expect.poll(() => stream.heard.length).toBe(1);
  await leaving.close();
  await expect.poll(() => stream.ended()).toBe('ended');
  // It has not come to its end: its reader goes on elsewhere.
  expect(stream.heard.map(({ type }) => type)).toEqual(['ready']);
  const again = await read(clinic, patient.token, { last: stream.heard[0]?.id ?? '' });
  await expect.poll(() => again.heard.map(({ type }) => type)).toEqual(['ready']);
  again.leave();
});
