import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { capturedLog } from '../helpers/log.ts';

let clinic: TestApp;
let admin: Person;
const log = capturedLog();
beforeAll(async () => {
  clinic = await testApp({ config: { log_level: 'error' }, log_stream: log.stream });
  admin = await clinic.person('admin');
});
afterAll(() => clinic?.close());

test('an admin sees how the server, its database, its jobs, channels and backups are', async () => {
  const { body } = await clinic.as(admin).get('/system/').expect(200);
  expect(body).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    log: { level: 'error', until: null },
    database: { version: expect.stringMatching(/^\d+/), replicas: [], archive_failed: null },
    work: { holds_live: 0, waiting: 0, jobs_dead: 0, messages_failed: 0 },
    backups: null,
  });
  expect(body.database.migrations).toBe(body.database.migrations_known);
});

test('what waits is counted as it comes', async () => {
  const doctor = await clinic.person('doctor');
  const patient = await clinic.person('patient');
  const slot = await clinic.slot(doctor);
  const before = (await clinic.as(admin).get('/system/').expect(200)).body.work;
  // Holds are judged by the database's clock here, and the clinic's stands still in tests.
  await clinic
    .as(patient)
    .post(`/timeslots/${slot}/hold/`, {})
    .expect((answer) => expect(answer.status).toBeLessThan(300));
  await clinic.db.$client.query(
    "update timeslots set held_until = now() + interval '5 minutes' where id = $1",
    [slot],
  );
  const held = (await clinic.as(admin).get('/system/').expect(200)).body.work;
  expect(held.holds_live).toBe(before.holds_live + 1);
  await clinic.db.$client.query(
    "update timeslots set held_until = now() - interval '5 minutes' where id = $1",
    [slot],
  );
  const lapsed = (await clinic.as(admin).get('/system/').expect(200)).body.work;
  expect(lapsed).toMatchObject({ holds_live: before.holds_live, holds_lapsed: before.holds_lapsed + 1 });
});

/** The state of a channel to which a message was added that is as it says. */
async function channelWith(channel: string, columns: Record<string, string | number>) {
  const { id } = await clinic.person('patient');
  const set = Object.entries({
    key: `'${channel}:${id}'`,
    user_id: id,
    channel: `'${channel}'`,
    kind: `'reminder'`,
    ...columns,
  });
  await clinic.db.$client.query(
    `insert into messages (${set.map(([name]) => name).join(', ')}) values (${set.map(([, value]) => value).join(', ')})`,
  );
  const { channels } = (await clinic.as(admin).get('/system/').expect(200)).body;
  return channels.find((one: { channel: string }) => one.channel === channel);
}

test('what a provider that is away keeps waiting is told as waiting, however often it is put off', async () => {
  // As a try leaves it: tried again in two minutes, and no try of its own is used up.
  const put_off = {
    error: `'http_503'`,
    created_at: `now() - interval '40 minutes'`,
    due_at: `now() + interval '2 minutes'`,
  };
  const { oldest_seconds, last_failed_at } = await channelWith('sms', put_off);
  expect(oldest_seconds).toBeGreaterThanOrEqual(2_400);
  expect(last_failed_at).not.toBeNull();
});

test('a message that was dropped is no failure of its channel', async () => {
  const dropped = { status: `'dropped'`, error: `'moved'` };
  expect(await channelWith('email', dropped)).toMatchObject({ unsent: 0, last_failed_at: null });
  const failed = { status: `'failed'`, error: `'http_400'` };
  expect((await channelWith('email', failed)).last_failed_at).not.toBeNull();
});

test('the level of the log holds for a while, is noted, and falls back by itself', async () => {
  const { body } = await clinic
    .as(admin)
    .put('/system/log-level/', { level: 'info', minutes: 240 })
    .expect(200);
  expect(body.level).toBe('info');
  log.lines.length = 0;
  await clinic.as(admin).get('/system/').expect(200);
  expect(log.lines.some((line) => line.includes('"route":"/api/system/"'))).toBe(true);
  expect((await clinic.as(admin).get('/system/').expect(200)).body.log).toEqual({
    level: 'info',
    until: body.until,
  });
  const { rows } = await clinic.db.$client.query(
    "select details from audit_entries where action = 'system.log_level'",
  );
  expect(rows).toEqual([{ details: { level: 'info', minutes: 240 } }]);
  // Another process is told so: the moment is close, so that it falls back while we watch.
  const until = new Date(clinic.clock.now().getTime() + 1_500).toISOString();
  await clinic.db.$client.query("select pg_notify('log_level', $1)", [
    JSON.stringify({ level: 'debug', until }),
  ]);
  const level = async () => (await clinic.as(admin).get('/system/').expect(200)).body.log.level;
  await expect.poll(level, { interval: 50 }).toBe('error');
});
