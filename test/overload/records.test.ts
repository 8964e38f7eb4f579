import { once } from 'node:events';
import { type IncomingMessage, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import pg from 'pg';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { openDatabase } from '../../src/db/client.ts';
import { overload } from '../../src/http/hooks/overload.ts';
import { createPlaces, records } from '../../src/http/hooks/records.ts';
import { testConfig } from '../helpers/app.ts';
import { blocked, untilBlocked } from '../helpers/blocked.ts';
import { PATIENT_LIMITS } from '../helpers/database.ts';
import { arena, type Member, outcome, request, tally } from '../helpers/races.ts';

const PLACES = 9;

/** A clinic whose server gives up on locks as soon as in production, and whoever keeps one. */
async function stuckClinic() {
  const clinic = await arena();
  const db = openDatabase({ url: clinic.url, pool_max: PLACES, limits: { ...PATIENT_LIMITS, lock: 2_000 } });
  const config = { ...testConfig, database_url: clinic.url, max_wait_seconds: 3 };
  const app = await buildApp({ db, clock: clinic.clock, config });
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  const keeper = new pg.Client({ connectionString: clinic.url });
  await keeper.connect();
  onTestFinished(async () => {
    await keeper.end();
    await app.close();
    await db.$client.end();
    await clinic.close();
  });
  return { clinic, origin, keeper };
}

const act = {
  'booked with a key': (timeslot: number) => ({ path: '/appointments/', body: { timeslot }, key: 'once' }),
  booked: (timeslot: number) => ({ path: '/appointments/', body: { timeslot } }),
  held: (timeslot: number) => ({ path: `/timeslots/${timeslot}/hold/` }),
};

test.each(Object.entries(act))(
  'a slot whose row stays locked is not %s, and others are',
  async (_, asked) => {
    const { clinic, origin, keeper } = await stuckClinic();
    const [doctor] = (await clinic.crowd('doctor', 1)) as [Member];
    const patients = await clinic.crowd('patient', 50);
    const stuck = await clinic.publish(doctor, '2026-03-10', '09:00', '09:30');
    const others = await Promise.all(
      Array.from({ length: 10 }, (_, nth) =>
        clinic.publish(
          doctor,
          '2026-03-11',
          `${String(9 + nth)}:00`.padStart(5, '0'),
          `${String(9 + nth)}:30`.padStart(5, '0'),
        ),
      ),
    );
    const ask = ({ token }: Member, timeslot: number) => {
      const { path, ...rest } = asked(timeslot);
      return request(origin, 'POST', path, { token, ...rest });
    };
    await keeper.query('begin');
    await keeper.query('select from timeslots where id = $1 for update', [stuck]);
    let released = false;
    onTestFinished(() => {
      released = true;
    });
    const wanting = patients.slice(0, 40).map((patient) => ask(patient, stuck));
    await untilBlocked(clinic.db.$client, PLACES / 3);

    let most = 0;
    const looking = (async () => {
      while (!released) most = Math.max(most, await blocked(clinic.db.$client));
    })();
    for (const [nth, timeslot] of others.entries()) {
      const patient = patients[40 + nth] as Member;
      expect(outcome(await ask(patient, timeslot))).toMatch(/^20[01]$/);
      expect(outcome(await request(origin, 'GET', '/appointments/me/', { token: patient.token }))).toBe(
        '200',
      );
    }
    const answers = await Promise.all(wanting);
    released = true;
    await looking;
    expect(tally(answers)).toEqual({ '503 record_busy': 40 });
    for (const { retryAfter } of answers) expect(Number(retryAfter)).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(PLACES / 3);

    await keeper.query('commit');
    expect(outcome(await ask(patients[0] as Member, stuck))).toMatch(/^20[01]$/);
  },
);

test('a person whose row stays locked holds up nobody else', async () => {
  const { clinic, origin, keeper } = await stuckClinic();
  const [held, other] = (await clinic.crowd('patient', 2)) as [Member, Member];
  await keeper.query('begin');
  await keeper.query('select from users where id = $1 for update', [held.id]);
  const rename = ({ token }: Member) =>
    request(origin, 'PATCH', '/auth/me/', { token, body: { first_name: 'Aziza' } });
  const wanting = Array.from({ length: 30 }, () => rename(held));
  await untilBlocked(clinic.db.$client, PLACES / 3);
  expect(outcome(await rename(other))).toBe('200');
  expect(tally(await Promise.all(wanting))).toEqual({ '503 record_busy': 30 });
  await keeper.query('commit');
  expect(outcome(await rename(held))).toBe('200');
});

/** Both hooks alone, with one place for each record and four turns. `/busy` keeps its turn until it is let go. */
async function bareServer() {
  const app = Fastify();
  const under_way: (() => void)[] = [];
  // The type says that there always is a user.
  app.decorateRequest('user', null as never);
  app.addHook('onRequest', async (request) => {
    const { role, id } = request.headers;
    if (role !== undefined) request.user = { role: role as 'patient', id: Number(id), session: 1 };
  });
  await app.register(records, { pool_max: 3, max_wait_seconds: 60 });
  await app.register(overload, { pool_max: 1, max_wait_seconds: 600 });
  const keep = () => new Promise<string>((done) => under_way.push(() => done('done')));
  app.post('/busy', keep);
  app.post('/things/:id', { config: { access: 'signed_in' } }, async () => 'changed');
  app.post('/acts', { config: { access: 'signed_in' } }, async () => 'done');
  app.post('/acts/kept', { config: { access: 'signed_in' } }, keep);
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const send = (path: string, headers: Record<string, string> = {}, body?: object) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const asked = sendRequest({
      host: '127.0.0.1',
      port,
      path,
      method: 'POST',
      agent: false,
      headers: { ...headers, ...type },
    });
    asked.on('error', () => {});
    asked.end(body && JSON.stringify(body));
    return asked;
  };
  const status = async (asked: ReturnType<typeof send>) => {
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  };
  return { app, under_way, send, status };
}

test('whoever hangs up while they wait for their turn leaves no place taken', async () => {
  const { app, under_way, send, status } = await bareServer();
  const busy = Array.from({ length: 4 }, () => status(send('/busy')));
  await vi.waitFor(() => expect(under_way.length).toBe(4));
  const waits = send('/things/7');
  await vi.waitFor(() => expect(app.waitingTurns().others).toBe(1));
  waits.destroy();
  await vi.waitFor(() => expect(app.waitingTurns().others).toBe(0));
  for (const done of under_way) done();
  expect(await Promise.all(busy)).toEqual([200, 200, 200, 200]);
  expect(await status(send('/things/7'))).toBe(200);
});

test('two who act for each other wait in one order, and so not for each other', async () => {
  const { under_way, send, status } = await bareServer();
  const patient = { role: 'patient', id: '7' };
  const doctor = { role: 'doctor', id: '5' };
  const first = status(send('/acts/kept', patient));
  await vi.waitFor(() => expect(under_way.length).toBe(1));
  // The patient waits for their own place, the doctor has theirs and waits for the patient's.
  const answers = [status(send('/acts', patient, { doctor: 5 }))];
  await new Promise((resolve) => setTimeout(resolve, 100));
  answers.push(status(send('/acts', doctor, { patient: 7 })));
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (const done of under_way) done();
  expect(await first).toBe(200);
  expect(await Promise.all(answers)).toEqual([200, 200]);
});

describe('places', () => {
  test('are had by so many at a time, in the order of coming, and by nobody twice', async () => {
    const places = createPlaces(2);
    expect(await places.take('a', 1_000)).toBe(true);
    expect(await places.take('a', 1_000)).toBe(true);
    expect(await places.take('b', 1_000)).toBe(true);
    const order: string[] = [];
    const third = places.take('a', 600_000).then(() => order.push('third'));
    const fourth = places.take('a', 600_000).then(() => order.push('fourth'));
    places.leave('a');
    await third;
    expect(order).toEqual(['third']);
    places.leave('a');
    await fourth;
    for (const thing of ['a', 'a', 'b']) places.leave(thing);
    expect(places.size).toBe(0);
  });

  test('are not had by who has waited too long, and not lost by it', async () => {
    const places = createPlaces(1);
    await places.take('a', 0);
    expect(await places.take('a', 5)).toBe(false);
    places.leave('a');
    expect(places.size).toBe(0);
    expect(await places.take('a', 0)).toBe(true);
  });
});
