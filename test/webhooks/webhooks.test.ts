import { expect, test } from 'vitest';
import { untilBlocked } from '../helpers/blocked.ts';
import { expectProblem } from '../helpers/problem.ts';
import { hearingClinic } from './clinic.ts';

const hearing = hearingClinic();
const { hear, book, send, hurry, deliveriesOf, admin } = hearing;

test('a booking reaches every endpoint under one id, signed, with ids and times and no name', async () => {
  const [one, other] = [await hear(), await hear(undefined, { types: ['appointment.booked'] })];
  const id = await book();
  await send();
  for (const receiver of [one, other]) receiver.verify(receiver.secret);
  expect(other.received).toHaveLength(1);
  const [{ id: message = '', body = '' } = {}] = other.received;
  expect(message).toMatch(/^evt_[0-9a-f]+_\d+$/);
  expect(one.received.map((received) => received.id)).toContain(message);
  expect(JSON.parse(body)).toEqual({
    type: 'appointment.booked',
    timestamp: expect.stringMatching(/Z$/),
    data: {
      object: 'appointment',
      id,
      version: 1,
      status: 'pending',
      doctor: hearing.people.doctor.id,
      patient: hearing.people.patient.id,
      branch: 1,
      starts_at: expect.stringMatching(/T05:00:00\.000Z$/),
      ends_at: expect.stringMatching(/T05:30:00\.000Z$/),
    },
  });
  expect(await deliveriesOf(other.id)).toMatchObject([
    { message_id: message, status: 'delivered', attempts: 1, response_status: 204 },
  ]);
});

test('a secret that is replaced signs on beside the new one, a second rotation drops it, and none is ever shown again', async () => {
  const receiver = await hear();
  await book();
  await send();
  const { body } = await admin().post(`/webhooks/${receiver.id}/rotate/`).expect(200);
  const before = receiver.received.splice(0);
  expect(before.length).toBeGreaterThan(0);
  await book();
  await send();
  receiver.verify(receiver.secret);
  receiver.verify(body.secret);
  const { body: third } = await admin().post(`/webhooks/${receiver.id}/rotate/`).expect(200);
  receiver.received.length = 0;
  await book();
  await send();
  receiver.verify(third.secret);
  receiver.verify(body.secret);
  expect(() => receiver.verify(receiver.secret)).toThrow();
  const { rows } = await hearing.clinic.db.$client.query('select * from webhook_endpoints');
  for (const secret of [receiver.secret, body.secret, third.secret]) {
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect((await admin().get('/webhooks/')).text).not.toContain(secret);
  }
});

test('after ten tries without any success it goes off; with one in between only the delivery fails', async () => {
  const dead = await hear((response) => response.writeHead(500).end(), { types: ['appointment.booked'] });
  const shaky = await hear((response, nth) => response.writeHead(nth === 5 ? 204 : 500).end(), {
    types: ['appointment.booked'],
  });
  await book();
  await book();
  await hearing.modules.events.drain();
  for (let round = 0; round < 10; round += 1) {
    await hurry();
    await hearing.modules.dispatch.drain();
  }
  const get = async (id: number) => (await admin().get(`/webhooks/${id}/`)).body;
  expect(await get(dead.id)).toMatchObject({ is_active: false, off_reason: 'failing' });
  expect(await get(shaky.id)).toMatchObject({ is_active: true, off_reason: null });
  expect((await deliveriesOf(shaky.id)).map(({ status }) => status).sort()).toEqual(['delivered', 'failed']);
  const [failed] = await deliveriesOf(shaky.id, '?status=failed');
  await admin().post(`/deliveries/${failed?.id}/replay/`).expect(200);
  expect(await deliveriesOf(shaky.id, '?status=pending')).toMatchObject([
    { id: failed?.id, attempts: 0, message_id: failed?.message_id },
  ]);
});

test('what is about no visit has null where nothing applies, and an endpoint can be asked to be sent a test', async () => {
  const receiver = await hear(undefined, { types: ['user.changed'] });
  await hearing.clinic.as(hearing.people.doctor).patch('/auth/me/', { last_name: 'Karimov' }).expect(200);
  await admin().post(`/webhooks/${receiver.id}/test/`).expect(202);
  await send();
  const nothing = { status: null, doctor: null, patient: null, branch: null, starts_at: null, ends_at: null };
  const bodies = receiver.received.map(({ body }) => JSON.parse(body));
  const ofType = (type: string) => bodies.filter((body) => body.type === type).map(({ data }) => data);
  expect(ofType('webhook.test')).toEqual([{ object: 'webhook', id: receiver.id, version: null, ...nothing }]);
  for (const data of ofType('user.changed'))
    expect(data).toEqual({ object: 'user', id: expect.any(Number), version: null, ...nothing });
  expect(bodies).toHaveLength(ofType('user.changed').length + 1);
  for (const { body } of receiver.received) expect(Buffer.byteLength(body)).toBeLessThan(20_000);
  receiver.verify(receiver.secret);
});

test('what an endpoint missed since a moment is sent again under the same ids, in the order in which it happened', async () => {
  const receiver = await hear(undefined, { types: ['appointment.booked'] });
  const before = await book();
  await send();
  const { rows } = await hearing.clinic.db.$client.query<{ now: Date }>('select clock_timestamp() as now');
  const visits = [await book(), await book(), await book()];
  await send();
  const first = receiver.received.splice(0);
  const since = new Date(String(rows[0]?.now)).toISOString();
  const { body } = await admin().post(`/webhooks/${receiver.id}/replay/`, { since }).expect(200);
  expect(body.deliveries).toBe(visits.length);
  await send();
  const visitOf = ({ body: text }: { body: string }) => JSON.parse(text).data.id as number;
  expect(receiver.received.map(visitOf).sort()).toEqual([...visits].sort());
  expect(receiver.received.map(visitOf)).not.toContain(before);
  for (const again of receiver.received) {
    const once = first.find(({ id }) => id === again.id);
    expect(once?.body).toBe(again.body);
  }
});

test('what happened before a restore is not sent again under ids that nobody knows; what happens afterwards is', async () => {
  const receiver = await hear(undefined, { types: ['appointment.booked'] });
  const moment = async () => {
    const { rows } = await hearing.clinic.db.$client.query<{ now: string }>(
      'select clock_timestamp() as now',
    );
    return { since: rows[0]?.now };
  };
  const before = await moment();
  await book();
  await send();
  const [{ id: first = '' } = {}] = receiver.received;
  await hearing.clinic.db.$client.query('select event_epoch_begin()');
  expectProblem(await admin().post(`/webhooks/${receiver.id}/replay/`, before), 'too_old');
  await send();
  expect(receiver.received.map(({ id }) => id)).toEqual([first]);
  const after = await moment();
  const visit = await book();
  await send();
  const { body } = await admin().post(`/webhooks/${receiver.id}/replay/`, after).expect(200);
  expect(body.deliveries).toBe(1);
  await send();
  expect(receiver.received.slice(1).map(({ body: text }) => JSON.parse(text).data.id)).toEqual([
    visit,
    visit,
  ]);
  expect(new Set(receiver.received.slice(1).map(({ id }) => id)).size).toBe(1);
});

test('an absence of several days is told with the day on which it ends', async () => {
  const receiver = await hear(undefined, { types: ['absence.announced', 'absence.taken_back'] });
  const days = [40, 43].map((ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10));
  const [from, to] = days;
  const doctor = hearing.clinic.as(hearing.people.doctor);
  const { body } = await doctor.post('/absences/', { from, to }).expect(201);
  await doctor.delete(`/absences/${body.id}/`).expect(204);
  await send();
  const midnight = (day: string | undefined, after: number) =>
    new Date(Date.parse(`${day}T00:00:00+05:00`) + after * 86_400_000).toISOString();
  for (const type of ['absence.announced', 'absence.taken_back'])
    expect(receiver.received.map(({ body: text }) => JSON.parse(text))).toContainEqual({
      type,
      timestamp: expect.any(String),
      data: {
        object: 'absence',
        id: body.id,
        version: null,
        status: null,
        doctor: hearing.people.doctor.id,
        patient: null,
        branch: null,
        starts_at: midnight(from, 0),
        ends_at: midnight(to, 1),
      },
    });
});

test.each(['an event', 'a replay', 'a test'])(
  '%s that comes while an endpoint is switched off leaves nothing that waits',
  async (what) => {
    const receiver = await hear(undefined, { types: ['appointment.booked'] });
    await book();
    await send();
    const [delivered] = await deliveriesOf(receiver.id);
    const pool = hearing.clinic.db.$client;
    const gate = await pool.connect();
    try {
      await gate.query('begin');
      await gate.query('update webhook_endpoints set is_active = false where id = $1', [receiver.id]);
      await gate.query(
        "update webhook_deliveries set status = 'discarded' where endpoint_id = $1 and status = 'pending'",
        [receiver.id],
      );
      const acts: Record<string, () => Promise<unknown>> = {
        'an event': async () => {
          await book();
          await hearing.modules.events.drain();
        },
        'a replay': async () => await admin().post(`/deliveries/${delivered?.id}/replay/`).expect(404),
        'a test': async () => await admin().post(`/webhooks/${receiver.id}/test/`).expect(409),
      };
      const act = acts[what]?.();
      await untilBlocked(pool, 1, act);
      await gate.query('commit');
      await act;
    } finally {
      gate.release();
    }
    expect(await deliveriesOf(receiver.id, '?status=pending')).toEqual([]);
  },
);
