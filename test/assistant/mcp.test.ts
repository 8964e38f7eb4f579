import type { AddressInfo } from 'node:net';
import { createMCPClient } from '@ai-sdk/mcp';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { makeService } from '../helpers/services.ts';

let clinic: TestApp;
let address: string;
let people: Record<'admin' | 'doctor' | 'patient' | 'other' | 'receptionist', Person>;
const freshDay = freshDays();
beforeAll(async () => {
  clinic = await testApp();
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor', { last_name: 'Yusupov', profile: { specialization: 'Kardiolog' } }),
    patient: await clinic.person('patient'),
    other: await clinic.person('patient'),
    receptionist: await clinic.person('receptionist'),
  };
  await clinic.app.listen({ port: 0, host: '127.0.0.1' });
  address = `http://127.0.0.1:${(clinic.app.server.address() as AddressInfo).port}/mcp`;
});
afterAll(() => clinic.close());

type Told = { isError?: boolean; content: { type: string; text?: string }[] };
type Call = (name: string, args?: Record<string, unknown>) => Promise<Told>;
const textOf = ({ content }: Told) => content[0]?.text ?? '';
// biome-ignore lint/suspicious/noExplicitAny: what a tool tells is the API's own answer, which other tests hold to its schema
const bodyOf = (told: Told): any => {
  expect(told.isError, textOf(told)).not.toBe(true);
  return JSON.parse(textOf(told));
};

/** The client of the protocol's own SDK. */
async function official(
  token: string,
): Promise<{ call: Call; tools: () => Promise<string[]>; client: Client }> {
  const client = new Client({ name: 'test', version: '1' });
  const headers = { authorization: `Bearer ${token}` };
  const transport = new StreamableHTTPClientTransport(new URL(address), { requestInit: { headers } });
  await client.connect(transport as unknown as Parameters<typeof client.connect>[0]);
  return {
    client,
    call: async (name, args = {}) => (await client.callTool({ name, arguments: args })) as Told,
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
  };
}

/** A client that shares no code with the server. */
async function foreign(token: string): Promise<{ call: Call }> {
  const client = await createMCPClient({
    transport: { type: 'http', url: address, headers: { authorization: `Bearer ${token}` } },
  });
  const tools = await client.tools();
  return {
    call: async (name, args = {}) =>
      (await tools[name]?.execute(args, { toolCallId: '1', messages: [] })) as Told,
  };
}

/** Books, meets a 409, takes an alternative, moves, cancels. */
async function journey(call: Call, patient?: number): Promise<void> {
  const date = freshDay();
  const mine = patient === undefined ? {} : { patient };
  const times = ['09:00', '10:00', '11:00', '12:00'];
  const slots: number[] = [];
  for (const start_time of times)
    slots.push(
      await clinic.slot(people.doctor, { date, start_time, end_time: start_time.replace(':00', ':30') }),
    );
  const found = bodyOf(await call('find_slots', { specialization: 'кардиолог', from: date, to: date }));
  expect(found.results.map(({ id }: { id: number }) => id)).toEqual(slots);
  await clinic.book(people.other, slots[0] as number);

  const preview = bodyOf(await call('book_appointment', { timeslot: slots[0], ...mine }));
  expect(preview).toMatchObject({ preview: true, would_book: { timeslot: slots[0] } });
  const booking = { ...mine, confirm: true, booking_key: preview.booking_key };
  const refused = await call('book_appointment', { timeslot: slots[0], ...booking });
  expect(refused.isError).toBe(true);
  const [code, alternatives = ''] = textOf(refused).split('\n');
  expect(code).toBe('slot_taken');
  expect(alternatives).toMatch(/^alternatives: \[\{/);
  const [other] = JSON.parse(alternatives.slice('alternatives: '.length));

  // The preview of that slot, once more: a key is of one booking.
  const { booking_key } = bodyOf(await call('book_appointment', { timeslot: other.id, ...mine }));
  const wanted = { timeslot: other.id, ...mine, confirm: true, booking_key };
  const booked = bodyOf(await call('book_appointment', wanted));
  expect(bodyOf(await call('book_appointment', wanted)).id).toBe(booked.id);

  const to = slots.find((slot) => slot !== slots[0] && slot !== other.id);
  const moving = { appointment: booked.id, timeslot: to };
  expect(bodyOf(await call('move_appointment', moving)).would_move.timeslot).toBe(other.id);
  expect(bodyOf(await call('move_appointment', { ...moving, confirm: true }))).toMatchObject({
    id: booked.id,
    timeslot: to,
  });
  const cancelling = { appointment: booked.id };
  expect(bodyOf(await call('cancel_appointment', cancelling)).would_cancel.timeslot).toBe(to);
  const { rows } = await clinic.db.$client.query('select status from appointments where id = $1', [
    booked.id,
  ]);
  expect(rows[0].status).not.toBe('cancelled');
  bodyOf(await call('cancel_appointment', { ...cancelling, confirm: true }));
  const after = await clinic.db.$client.query('select status from appointments where id = $1', [booked.id]);
  expect(after.rows[0].status).toBe('cancelled');
}

describe('a patient’s assistant', () => {
  test('goes the whole way with the client of the SDK', async () => {
    const { call } = await official(people.patient.token);
    await journey(call);
    const visits = bodyOf(await call('my_appointments'));
    expect(visits.results.length).toBeGreaterThan(0);
  });

  test('goes the whole way with a client of somebody else', async () => {
    await journey((await foreign(people.patient.token)).call);
  });

  test('is told what the clinic asks of those who book, and holds all that a service takes', async () => {
    const { call } = await official(people.patient.token);
    const { policy } = bodyOf(await call('about_clinic'));
    expect(policy).toMatchObject({
      min_notice_minutes: 0,
      cancel_deadline_minutes: 0,
      service_required: false,
    });
    const date = freshDay();
    const timeslot = await clinic.slot(people.doctor, { date, start_time: '09:00', end_time: '09:30' });
    await clinic.slot(people.doctor, { date, start_time: '09:30', end_time: '10:00' });
    const long = await makeService(clinic, people.admin, [people.doctor], { duration_minutes: 60 });
    const held = bodyOf(await call('hold_slot', { timeslot, service: long }));
    expect(held).toMatchObject({ timeslot });
    const { rows } = await clinic.db.$client.query(
      'select count(*)::int from timeslots where held_by = $1 and date = $2',
      [people.patient.id, date],
    );
    expect(rows[0].count).toBe(2);
    bodyOf(await call('release_slot', { timeslot }));
  });

  test('cancels with what the patient says of it, for the other side to see', async () => {
    const { call } = await official(people.patient.token);
    const visit = await clinic.book(people.patient, await clinic.slot(people.doctor, { date: freshDay() }));
    const reason = 'I have caught a cold';
    bodyOf(await call('cancel_appointment', { appointment: visit, reason, confirm: true }));
    const { body } = await clinic.as(people.doctor).get(`/appointments/${visit}/`).expect(200);
    expect(body).toMatchObject({ status: 'cancelled', cancel_reason: reason });
  });

  test('says in a reason as much as the API takes, to book and to cancel', async () => {
    const { call } = await official(people.patient.token);
    const timeslot = await clinic.slot(people.doctor, { date: freshDay() });
    const long = 'x'.repeat(500);
    const tooLong = await call('book_appointment', { timeslot, reason: `${long}x`, confirm: true });
    expect(textOf(tooLong)).toMatch(/^invalid_input\nerrors: \[\{"path":"reason","message":[^}]*"too_long"/);
    const { id, reason } = bodyOf(await call('book_appointment', { timeslot, reason: long, confirm: true }));
    expect(reason).toBe(long);
    bodyOf(await call('cancel_appointment', { appointment: id, reason: long, confirm: true }));
  });

  test('is told by which visit a slot is theirs already, beside the code', async () => {
    const { call } = await official(people.patient.token);
    const timeslot = await clinic.slot(people.doctor, { date: freshDay() });
    const visit = await clinic.book(people.patient, timeslot);
    const told = textOf(await call('book_appointment', { timeslot, confirm: true }));
    const [code, appointment = '', detail] = told.split('\n');
    expect([code, detail?.length]).toEqual(['already_yours', expect.any(Number)]);
    expect(JSON.parse(appointment.slice('appointment: '.length))).toMatchObject({ id: visit, timeslot });
  });

  test('waits for a slot, and waits no longer', async () => {
    const { call } = await official(people.patient.token);
    const wish = {
      specialization: 'Cardiologist',
      from: '2027-05-01',
      to: '2027-05-02',
      doctor: people.doctor.id,
    };
    expect(textOf(await call('join_waitlist', { ...wish, confirm: true }))).toMatch(
      /^invalid_input\nerrors: /,
    );
    const { specialization: _, ...days } = wish;
    bodyOf(await call('join_waitlist', days));
    const entry = bodyOf(await call('join_waitlist', { ...days, confirm: true }));
    expect(bodyOf(await call('list_waitlist')).results).toHaveLength(1);
    bodyOf(await call('leave_waitlist', { entry: entry.id, confirm: true }));
  });

  test('cannot do what the patient cannot: no desk, nobody else’s visits', async () => {
    const { call, tools, client } = await official(people.patient.token);
    const own = await tools();
    expect(own).toHaveLength(15);
    for (const name of [
      'find_patients',
      'todays_desk',
      'find_appointments',
      'register_patient',
      'mark_arrived',
    ]) {
      expect(own).not.toContain(name);
      await expect(client.callTool({ name, arguments: {} })).rejects.toThrow(/no tool/);
    }
    const visit = await clinic.book(people.other, await clinic.slot(people.doctor, { date: freshDay() }));
    const refused = await call('cancel_appointment', { appointment: visit, confirm: true });
    expect(refused.isError).toBe(true);
    expect(textOf(refused)).toMatch(/^(?:forbidden|appointment_not_found)\n/);
    const slot = await clinic.slot(people.doctor, { date: freshDay() });
    const theirs = await call('book_appointment', {
      timeslot: slot,
      patient: people.other.id,
      confirm: true,
    });
    expect(textOf(theirs)).toMatch(/^patient_not_found\n/);
  });

  test('is told of arguments that a tool does not know, and nothing is done', async () => {
    const { call } = await official(people.patient.token);
    const timeslot = await clinic.slot(people.doctor, { date: freshDay() });
    const told = await call('book_appointment', { timeslot, confirm: true, doctor_id: 2 });
    expect(told.isError).toBe(true);
    expect(textOf(told)).toMatch(/^invalid_input\nerrors: .*doctor_id/);
    const { rows } = await clinic.db.$client.query('select from appointments where timeslot_id = $1', [
      timeslot,
    ]);
    expect(rows).toHaveLength(0);
  });

  test('has a session of its own, listed and refreshed like any other, and ends with it', async () => {
    const { username } = people.patient;
    const login = await supertest(clinic.app.server)
      .post('/api/auth/login/')
      .set('user-agent', 'Assistant/1.0')
      .send({ username, password: PASSWORD })
      .expect(200);
    const listed = await clinic.as(people.patient).get('/auth/sessions/').expect(200);
    const session = listed.body.results.find(({ device }: { device: string }) => device === 'Assistant/1.0');
    expect(session).toBeDefined();
    const { body } = await clinic
      .as(undefined)
      .post('/auth/token/refresh/', { refresh: login.body.refresh })
      .expect(200);
    bodyOf(await (await official(body.access)).call('my_appointments'));
    await clinic.as(people.patient).delete(`/auth/sessions/${session.id}/`).expect(204);
    await expect(official(body.access)).rejects.toThrow();
    bodyOf(await (await official(people.patient.token)).call('my_appointments'));
  });
});

describe('an assistant with an API key', () => {
  const key = async (scopes: string[]) =>
    (await clinic.as(people.admin).post('/api-keys/', { name: 'Assistant', scopes }).expect(201)).body.key;

  test('goes the whole way, and an hour later still', async () => {
    const token = await key(['directory:read', 'slots:read', 'appointments:read', 'appointments:write']);
    const { call } = await official(token);
    await journey(call, people.patient.id);
    clinic.clock.set(new Date(clinic.clock.now().getTime() + 3_600_000).toISOString());
    await journey(call, people.patient.id);
    await journey((await foreign(token)).call, people.patient.id);
  });

  test('has the tools that its scopes allow, and no others', async () => {
    expect(await (await official(await key(['slots:read']))).tools()).toEqual(['about_clinic', 'find_slots']);
    const desk = await (await official(await key(['appointments:write', 'appointments:read']))).tools();
    expect(desk).toContain('book_appointment');
    expect(desk).not.toContain('find_patients');
  });
});

test('staff have tools of the desk, a doctor their day', async () => {
  const desk = await official(people.receptionist.token);
  expect(await desk.tools()).toEqual(
    expect.arrayContaining(['todays_desk', 'find_patients', 'register_patient']),
  );
  const patient = { first_name: 'Komil', last_name: 'Sodiqov', phone: '+998901230000' };
  bodyOf(await desk.call('register_patient', patient));
  const registered = bodyOf(await desk.call('register_patient', { ...patient, confirm: true }));
  expect(bodyOf(await desk.call('find_patients', { search: 'содиков' })).results[0].id).toBe(registered.id);
  const again = await desk.call('register_patient', { ...patient, confirm: true });
  expect(textOf(again)).toMatch(/^patient_may_exist\ncandidates: /);

  // The phone is a family's: the person says that it is somebody else.
  const sister = { ...patient, first_name: 'Kamila', confirm: true };
  expect(textOf(await desk.call('register_patient', sister))).toMatch(/^patient_may_exist\n/);
  const second = bodyOf(await desk.call('register_patient', { ...sister, confirm_new: true }));
  expect(second.id).not.toBe(registered.id);

  const doctor = await official(people.doctor.token);
  expect(bodyOf(await doctor.call('todays_desk'))).toMatchObject({ date: clinic.clock.wall().date });
  const visit = await clinic.book(people.patient, await clinic.slot(people.doctor, { date: freshDay() }));
  expect(bodyOf(await doctor.call('confirm_appointment', { appointment: visit })).status).toBe('confirmed');
});

test('the desk finds a patient by phone, in any form', async () => {
  const desk = await official(people.receptionist.token);
  const patient = { first_name: 'Botir', last_name: 'Egamov', phone: '+998901230011', confirm: true };
  const registered = bodyOf(await desk.call('register_patient', patient));
  for (const search of ['+998901230011', '90 123-00-11', '(90) 123 00 11'])
    expect(bodyOf(await desk.call('find_patients', { search })).results).toMatchObject([
      { id: registered.id },
    ]);
});

test('the audit knows what a tool has read by the name of the request that called it', async () => {
  const patient = await clinic.person('patient');
  await clinic.book(patient, await clinic.slot(people.doctor, { date: freshDay() }));
  await supertest(clinic.app.server)
    .post('/mcp')
    .set({ authorization: `Bearer ${people.admin.token}`, 'x-request-id': 'assistant-7:42' })
    .set('accept', 'application/json, text/event-stream')
    .send({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'find_appointments', arguments: { patient: patient.id } },
    })
    .expect(200);
  const path = `/audit/?subject=${patient.id}&action=appointment.list`;
  const { body } = await clinic.as(people.admin).get(path).expect(200);
  expect(body.results[0]?.request_id).toBe('assistant-7:42');
});

test('whoever is not signed in is told so; another method is not allowed', async () => {
  const post = supertest(clinic.app.server)
    .post('/mcp')
    .send({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  expectProblem(await post, 'authentication_required');
  const get = await supertest(clinic.app.server).get('/mcp');
  expect(get.status).toBe(405);
  expect(get.headers.allow).toContain('POST');
});
