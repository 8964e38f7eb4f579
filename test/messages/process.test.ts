import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/db/client.ts';
import { createDatabase, PATIENT_LIMITS } from '../helpers/database.ts';
import {
  type RunningServer,
  type Started,
  startProcess,
  startServer,
  temporaryFolder,
} from '../helpers/process.ts';

const PASSWORD = 'a-long-quiet-river';
const running = new Set<Started>();
afterEach(async () => {
  for (const started of running) started.child.kill('SIGKILL');
  await Promise.all([...running].map(({ exited }) => exited));
  running.clear();
});
const track = <Process extends Started>(started: Process): Process => {
  running.add(started);
  return started;
};

async function setting() {
  const folder = temporaryFolder();
  onTestFinished(folder.remove);
  const url = await createDatabase();
  const file = join(folder.dir, 'messages.log');
  const db = openDatabase({ url, pool_max: 2, limits: PATIENT_LIMITS });
  onTestFinished(() => db.$client.end());
  return {
    env: { DATABASE_URL: url, DATA_DIR: folder.dir, MIGRATE_ON_START: 'false' },
    db,
    written: () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
  };
}

async function until(met: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await met())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** A patient with a proved phone books a visit of a year ahead over HTTP. */
async function book({ base }: RunningServer, db: Awaited<ReturnType<typeof setting>>['db']): Promise<number> {
  const send = async (path: string, body: object, token = '') => {
    const answer = await fetch(`${base}/api${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { id: number; access: string };
  };
  const person = async (role: string) => {
    const username = `${role}.of.test`;
    const { id } = await send('/auth/register/', {
      username,
      password: PASSWORD,
      role,
      first_name: 'Aziza',
      last_name: 'Karimova',
      locale: 'uz',
      accept_terms: true,
      ...(role === 'patient' && { phone: '+998901234567' }),
    });
    return { id, token: (await send('/auth/login/', { username, password: PASSWORD })).access };
  };
  const [doctor, patient] = [await person('doctor'), await person('patient')];
  await db.$client.query('update users set phone_verified_at = now() where id = $1', [patient.id]);
  await db.$client.query(
    `insert into notification_preferences (user_id, quiet) values ($1, false) on conflict (user_id) do update set quiet = false`,
    [patient.id],
  );
  const date = `${new Date().getUTCFullYear() + 1}-03-12`;
  const slot = await send('/timeslots/', { date, start_time: '10:00', end_time: '10:30' }, doctor.token);
  return (await send('/appointments/', { timeslot: slot.id }, patient.token)).id;
}

describe('the API process', () => {
  test('runs the jobs itself by default, and finishes them when asked to stop', async () => {
    const { env, db, written } = await setting();
    const server = track(await startServer(env));
    await book(server, db);
    await until(() => written().includes('Qabulga yozildingiz'));
    expect(written()).toMatch(/sms to \+998901234567, in uz/);
    server.child.kill('SIGTERM');
    expect(await server.exited).toBe(0);
    const { rows } = await db.$client.query('select from graphile_worker.jobs where locked_at is not null');
    expect(rows).toEqual([]);
    // One line says that a message was written, and none of what was in it.
    expect(server.output()).toContain('a message was written to the file of messages');
    expect(server.output()).not.toMatch(/998901234567|Karimova|Qabulga/);
  });

  test.each(['external', 'off'])(
    'leaves them alone with WORKER=%s; npm run worker does them',
    async (mode) => {
      const { env, db, written } = await setting();
      const server = track(await startServer({ ...env, WORKER: mode }));
      const visit = await book(server, db);
      const told = async () =>
        (await db.$client.query('select from notifications where appointment_id = $1', [visit])).rows.length;
      const { rows } = await db.$client.query('select from events where appointment_id = $1 and type = $2', [
        visit,
        'appointment.booked',
      ]);
      expect([rows.length, await told(), written()]).toEqual([1, 0, '']);
      const worker = track(startProcess(['src/main/worker.ts'], { ...env, DEMO_DATA: 'false' }));
      await until(() => written().includes('Qabulga yozildingiz'));
      expect(await told()).toBe(2);
      worker.child.kill('SIGTERM');
      expect(await worker.exited).toBe(0);
      server.child.kill('SIGTERM');
      expect(await server.exited).toBe(0);
    },
  );

  test('loads demo data without telling anybody of it', async () => {
    const { env, db } = await setting();
    const server = track(await startServer({ ...env, DEMO_DATA: 'true' }));
    await server.printed(/patient\s+demo\.patient/);
    await until(async () => (await db.$client.query('select from appointments limit 1')).rows.length > 0);
    // Beside the entry and the message that the examples of the documentation show.
    const { rows } = await db.$client.query(
      `select (select count(*) from notifications where key not like 'demo:%') as told,
         (select count(*) from messages where key not like 'demo:%') as sent,
         (select count(*) from events where appointment_id is not null and not is_quiet) as events`,
    );
    expect(rows).toEqual([{ told: 0, sent: 0, events: 0 }]);
  });
});

test('one line says what is wrong with a setting', async () => {
  const started = track(startProcess(['src/main/worker.ts'], { REMINDERS: 'tomorrow' }));
  expect(await started.exited).toBe(1);
  expect(started.output()).toContain('REMINDERS must be times such as 24h,2h or 30m, or off');
  expect(started.output().trim().split('\n')).toHaveLength(1);
});
