import type { ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { runQueue } from '../../src/db/queue/runner.ts';
import { createModules } from '../../src/modules.ts';
import { testConfig } from '../helpers/app.ts';
import { startEskiz } from '../helpers/messages/providers.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { hearingClinic } from './clinic.ts';

const hearing = hearingClinic();
const LIVING = 40;
/** More for each endpoint than are tried at a time. */
const VISITS = 6;
const BOOKED = { types: ['appointment.booked'] };

/** The middle and the last of some times since a moment, in milliseconds. */
const figures = (times: number[]) => {
  const sorted = [...times].sort((one, other) => one - other).map(Math.round);
  return `${sorted[Math.floor(sorted.length / 2)]} ms, at last ${sorted.at(-1)} ms`;
};

test('of 50 endpoints ten are dead, and while these hang every other is sent all, and a patient gets an SMS', async () => {
  const { clinic, people } = hearing;
  const eskiz = await startEskiz();
  onTestFinished(() => eskiz.close());
  const modules = createModules({
    ...{ db: clinic.db, clock: hearing.clock, log: silentLog },
    config: { ...testConfig, channels: { eskiz: eskiz.settings, timeout: 600_000 } },
  });
  await clinic.db.$client.query(
    `with phone as (update users set phone = '+998901234567', phone_verified_at = now() where id = $1)
     insert into notification_preferences (user_id, quiet) values ($1, false)
     on conflict (user_id) do update set quiet = false`,
    [people.patient.id],
  );
  let took: number[] = [];
  const hanging: ServerResponse[] = [];
  const dead: number[] = [];
  // The dead come first, whatever goes through the endpoints in their order.
  const hang = async () => dead.push((await hearing.hear((response) => hanging.push(response), BOOKED)).id);
  for (let nth = 0; nth < 4; nth += 1) await hang();
  const refusing = await startReceiver();
  await refusing.close();
  for (let nth = 0; nth < 3; nth += 1) dead.push((await hearing.endpoint(refusing.url, BOOKED)).id);
  for (let nth = 0; nth < 3; nth += 1)
    dead.push((await hearing.hear((response) => response.writeHead(500).end(), BOOKED)).id);
  const setDead = (is_active: boolean) =>
    clinic.db.$client.query('update webhook_endpoints set is_active = $2 where id = any ($1)', [
      dead,
      is_active,
    ]);
  const living: Awaited<ReturnType<typeof hearing.hear>>[] = [];
  for (let nth = 0; nth < LIVING; nth += 1)
    living.push(
      await hearing.hear((response) => {
        took.push(performance.now());
        response.writeHead(204).end();
      }, BOOKED),
    );

  // As a worker has them, but that a try lasts longer than this test may: what hangs hangs until its end.
  const sending = hearing.dispatchWith({ timeout: 3_600_000 }).start();
  const reading = modules.events.start({ url: clinic.url, ready: async () => {} });
  const { tasks } = modules.notifications.jobs;
  const queue = runQueue({
    ...{ url: clinic.url, concurrency: 4, tasks, repeated: [], log: silentLog },
    ready: async () => {},
  });
  const booked: number[] = [];
  const visitsOf = ({ received }: (typeof living)[number]) =>
    received.map(({ body }) => JSON.parse(body).data.id as number).sort((one, other) => one - other);
  /** Books one visit after another, each once all have heard of the one before. */
  async function bookSome(what: string): Promise<void> {
    const [heard, told]: [number[], number[]] = [[], []];
    for (let visit = 0; visit < VISITS; visit += 1) {
      took = [];
      const sms = eskiz.taken.length;
      eskiz.state.onTaken = () => void told.push(performance.now() - begun);
      const begun = performance.now();
      booked.push(await hearing.book());
      // One too many is a fault, and none to wait for.
      await expect.poll(() => took.length, { interval: 10 }).toBeGreaterThanOrEqual(LIVING);
      await expect.poll(() => eskiz.taken.length, { interval: 10 }).toBeGreaterThan(sms);
      expect([took.length, eskiz.taken.length]).toEqual([LIVING, sms + 1]);
      heard.push(...took.map((at) => at - begun));
    }
    process.stdout.write(`webhooks ${what}: ${figures(heard)}; SMS ${figures(told)}\n`);
  }

  await setDead(false);
  await bookSome('without the dead');
  await setDead(true);
  await bookSome('while ten are dead');
  for (const receiver of living) expect(visitsOf(receiver)).toEqual(booked);
  // None of the hanging has been answered, or given up: as many as may be under way are.
  const { rows } = await clinic.db.$client.query(
    `select count(*)::int as tried from webhook_deliveries where endpoint_id = any ($1)
     and attempts = 1 and error is null and response_status is null`,
    [dead.slice(0, 4)],
  );
  expect(hanging.length).toBe(4 * 4);
  expect(hanging.every(({ destroyed }) => !destroyed)).toBe(true);
  expect(rows).toEqual([{ tried: hanging.length }]);

  for (const response of hanging) response.destroy();
  await Promise.all([sending.stop(), reading.stop(), queue.stop()]);
  const { rows: states } = await clinic.db.$client.query(
    `select status, count(*)::int as count from webhook_deliveries group by status order by status`,
  );
  expect(states).toEqual([
    { status: 'pending', count: dead.length * VISITS },
    { status: 'delivered', count: LIVING * VISITS * 2 },
  ]);
});
