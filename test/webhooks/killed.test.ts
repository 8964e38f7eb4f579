import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { testConfig } from '../helpers/app.ts';
import { type Started, startProcess } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { hearingClinic } from './clinic.ts';

/** DELIVERIES=1000 in `npm run test:long`. */
const DELIVERIES = Number(process.env.DELIVERIES ?? 80);
const KILLS = 6;
/** Tries of one endpoint at a time. */
const AT_A_TIME = 4;

const hearing = hearingClinic();

/** Visits by SQL, some in each transaction: booking a thousand by the API takes long, and is tested elsewhere. */
async function bookMany(count: number): Promise<number[]> {
  const { clinic, people } = hearing;
  const ids: number[] = [];
  for (let left = count; left > 0; left -= 25) {
    const { rows } = await clinic.db.$client.query<{ id: number }>(
      `with slot as (
         insert into timeslots (doctor_id, date, start_time, end_time)
         select $1, date '2031-01-01' + n / 16, time '09:00' + (n % 16) * interval '30 min',
           time '09:30' + (n % 16) * interval '30 min'
         from generate_series($3::int, $4::int) n returning *
       )
       insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by)
       select doctor_id, $2, id, date, start_time, end_time, $2 from slot returning id`,
      [people.doctor.id, people.patient.id, count - left, count - Math.max(0, left - 25) - 1],
    );
    ids.push(...rows.map(({ id }) => id));
  }
  return ids;
}

test(`a worker that is killed ${KILLS} times in ${DELIVERIES} deliveries loses none, and repeats few, under the same ids`, async () => {
  let held: ServerResponse[] | undefined;
  const receiver = await startReceiver(async (response) => {
    if (held) return held.push(response);
    await sleep(Math.random() * 10);
    return response.writeHead(204).end();
  });
  onTestFinished(() => receiver.close());
  const { received } = receiver;
  const { secret } = await hearing.endpoint(receiver.url, { types: ['appointment.booked'] });
  const startWorker = (): Started =>
    startProcess(['src/main/worker.ts'], {
      DATABASE_URL: hearing.clinic.url,
      JWT_SECRET: testConfig.jwt_secret,
      DATA_KEYS: testConfig.data_keys.file ?? '',
      LOG_LEVEL: 'error',
    });

  const booking = bookMany(DELIVERIES);
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const worker = startWorker();
    onTestFinished(() => void worker.child.kill('SIGKILL'));
    // Somewhere within the next part of all, so that each has something to lose.
    const goal = Math.floor(((kill - Math.random()) * DELIVERIES) / (KILLS + 1));
    await expect.poll(() => received.length, { interval: 5 }).toBeGreaterThan(goal);
    if (kill % 2 === 1) {
      // The worst moment: all that are under way have been taken, and none of it is noted.
      held = [];
      await expect.poll(() => held?.length, { interval: 5 }).toBe(AT_A_TIME);
    } else await sleep(Math.random() * 30);
    worker.child.kill('SIGKILL');
    await worker.exited;
    held = undefined;
    // What counts as lost after half a minute does so now.
    await hearing.hurry();
  }
  const worker = startWorker();
  onTestFinished(() => void worker.child.kill('SIGKILL'));
  const visits = await booking;
  const count = async (status: string) =>
    (
      await hearing.clinic.db.$client.query(
        'select count(*)::int as count from webhook_deliveries where status = $1',
        [status],
      )
    ).rows[0].count as number;
  await expect.poll(() => count('delivered'), { interval: 100 }).toBe(DELIVERIES);
  worker.child.kill('SIGTERM');
  expect(await worker.exited, worker.output()).toBe(0);

  const ids = new Map<number, Set<string>>();
  const bodies = new Map<string, Set<string>>();
  for (const { id, body } of received) {
    const visit = JSON.parse(body).data.id as number;
    ids.set(visit, (ids.get(visit) ?? new Set()).add(id));
    bodies.set(id, (bodies.get(id) ?? new Set()).add(body));
  }
  const repeated = received.length - bodies.size;
  process.stdout.write(
    `webhooks: ${DELIVERIES} events, ${KILLS} kills, ${received.length} received, ${bodies.size} different, ${repeated} repeated\n`,
  );
  expect([...ids.keys()].sort((one, other) => one - other)).toEqual(visits.sort((one, other) => one - other));
  for (const [visit, own] of ids) expect(own.size, String(visit)).toBe(1);
  for (const [id, own] of bodies) expect(own.size, id).toBe(1);
  // Those on their way when it died, and no others.
  expect(repeated).toBeGreaterThanOrEqual((KILLS / 2) * AT_A_TIME);
  expect(repeated).toBeLessThanOrEqual(KILLS * AT_A_TIME);
  expect(await count('pending')).toBe(0);
  receiver.verify(secret);
});
