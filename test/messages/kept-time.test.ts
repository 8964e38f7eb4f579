import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { confirm, freshPhone } from '../helpers/accounts.ts';
import type { Person } from '../helpers/app.ts';
import { type Clinic, createClinic } from '../helpers/messages/clinic.ts';
import { startEskiz } from '../helpers/messages/providers.ts';
import { START } from '../helpers/messages/world.ts';

/** What is said of a visit keeps the time that it speaks of, and is sent while it is true. */
let clinic: Clinic;
let eskiz: Awaited<ReturnType<typeof startEskiz>>;
let admin: Person;
beforeAll(async () => {
  eskiz = await startEskiz();
  clinic = await createClinic({ channels: { eskiz: eskiz.settings, timeout: 5_000 } });
  admin = await clinic.person('admin');
});
beforeEach(() => {
  clinic.clock.set(START);
  eskiz.taken.length = 0;
  eskiz.troubles.length = 0;
});
afterAll(async () => {
  await clinic.close();
  await eskiz.close();
});

const NIGHT = '2030-03-04T18:00:00Z';
const MORNING = '2030-03-05T03:00:00Z';

async function people() {
  const doctor = await clinic.person('doctor', { first_name: 'Jasur', last_name: 'Yusupov', locale: 'en' });
  const patient = await clinic.person('patient', {
    first_name: 'Aziza',
    last_name: 'Karimova',
    locale: 'en',
  });
  const phone = freshPhone();
  await confirm(clinic, patient.id, { phone });
  const slot = (date: string, start_time = '09:00') =>
    clinic.slot(doctor, { date, start_time, end_time: `${start_time.slice(0, 3)}30` });
  return {
    doctor,
    patient,
    slot,
    sms: () => eskiz.taken.filter(({ to }) => `+${to}` === phone).map(({ text }) => text),
    decide: (visit: number, status: string, who = doctor) =>
      clinic.as(who).patch(`/appointments/${visit}/`, { status }).expect(200),
    move: async (visit: number, date: string, start_time = '09:00', who = patient) =>
      clinic
        .as(who)
        .post(`/appointments/${visit}/reschedule/`, { timeslot: await slot(date, start_time) })
        .expect(200),
  };
}
const inbox = async (person: Person) =>
  (
    (await clinic.as(person).get('/notifications/?page_size=100').expect(200)).body.results as {
      text: string;
    }[]
  )
    .map(({ text }) => text)
    .reverse();
const dropped = (person: Person) =>
  clinic.rows<{ kind: string; error: string }>(
    `select kind, error from messages where user_id = $1 and status = 'dropped' order by id`,
    [person.id],
  );
const at = async (instant: string) => {
  clinic.clock.set(instant);
  await clinic.drain({ retries: true });
};

describe('the inbox', () => {
  test('keeps saying the time that was told, after every move', async () => {
    const { doctor, patient, slot, decide, move } = await people();
    const visit = await clinic.book(patient, await slot('2030-03-20'));
    await decide(visit, 'confirmed');
    await move(visit, '2030-03-21', '11:00');
    await decide(visit, 'confirmed');
    await move(visit, '2030-03-22', '15:00');
    await clinic.drain();
    expect((await inbox(patient)).map((text) => text.replace(/ Dr.*?(?=\.|$|:|,)/, ''))).toEqual([
      expect.stringContaining('Wednesday 20 March, 09:00'),
      expect.stringMatching(/confirmed: Wednesday 20 March, 09:00/),
      expect.stringMatching(/Thursday 21 March, 11:00, instead of Wednesday 20 March, 09:00/),
      expect.stringMatching(/confirmed: Thursday 21 March, 11:00/),
      expect.stringMatching(/Friday 22 March, 15:00, instead of Thursday 21 March, 11:00/),
    ]);
    expect((await inbox(doctor))[0]).toContain('Wednesday 20 March, 09:00');
    const kept = await clinic.rows<{ params: Record<string, string> }>(
      'select params from notifications where user_id = $1 order by id',
      [patient.id],
    );
    expect(kept.map(({ params }) => `${params.date} ${params.start_time} ${params.version}`)).toEqual([
      '2030-03-20 09:00 1',
      '2030-03-20 09:00 2',
      '2030-03-21 11:00 3',
      '2030-03-21 11:00 4',
      '2030-03-22 15:00 5',
    ]);
  });

  test('a doctor is told when somebody else confirms their request', async () => {
    const { doctor, patient, slot, decide } = await people();
    const visit = await clinic.book(patient, await slot('2030-03-20'));
    await decide(visit, 'confirmed', admin);
    await clinic.drain();
    expect((await inbox(doctor)).at(-1)).toContain('and it is confirmed: Aziza Karimova');
  });
});

describe('what happens to a visit in the night', () => {
  test('is told in the morning as it is then: the visit was booked, confirmed and moved, and nobody has confirmed the new time', async () => {
    const { patient, slot, sms, decide, move } = await people();
    clinic.clock.set(NIGHT);
    const visit = await clinic.book(patient, await slot('2030-03-20'));
    await clinic.drain();
    await decide(visit, 'confirmed');
    await clinic.drain();
    await move(visit, '2030-03-20', '15:00');
    await clinic.drain();
    expect(sms()).toEqual([]);
    await at(MORNING);
    expect(sms()).toEqual([
      'Appointment moved: 20 March 15:00, instead of 20 March 09:00, Dr J. Yusupov. Not confirmed yet.',
    ]);
    expect(await dropped(patient)).toEqual([
      { kind: 'booked', error: 'visit_moved' },
      { kind: 'confirmed', error: 'visit_moved' },
    ]);
    // An admin reads what was sent, and of the others what they would have said then.
    const { results } = (await clinic.as(admin).get(`/messages/?user=${patient.id}`).expect(200)).body;
    expect(results.map(({ text, status }: { text: string; status: string }) => `${status} ${text}`)).toEqual([
      `sent ${sms()[0]}`,
      'dropped Appointment confirmed: 20 March 09:00, Dr J. Yusupov. See you then.',
      'dropped Appointment booked: 20 March 09:00, Dr J. Yusupov. We will tell you when it is confirmed.',
    ]);
    // Wherever it goes afterwards.
    await move(visit, '2030-03-23', '12:00');
    const after = (await clinic.as(admin).get(`/messages/?user=${patient.id}`).expect(200)).body.results;
    expect(after.map(({ text }: { text: string }) => text)).toEqual(
      results.map(({ text }: { text: string }) => text),
    );
  });

  test('is told as one move from the known time to the last when the visit moved twice', async () => {
    const { patient, slot, sms, decide, move } = await people();
    const visit = await clinic.book(patient, await slot('2030-03-20'));
    await decide(visit, 'confirmed');
    await clinic.drain();
    eskiz.taken.length = 0;
    clinic.clock.set(NIGHT);
    await move(visit, '2030-03-21', '10:00', admin);
    await clinic.drain();
    await move(visit, '2030-03-22', '11:00', admin);
    await clinic.drain();
    await at(MORNING);
    expect(sms()).toEqual(['Appointment moved: 22 March 11:00, instead of 20 March 09:00, Dr J. Yusupov.']);
    const [sent] = (await clinic.as(admin).get(`/messages/?user=${patient.id}&status=sent`)).body.results;
    expect(sent.text).toBe(sms()[0]);
  });

  test('is not told when the visit moved away and back', async () => {
    const { patient, slot, sms, decide, move } = await people();
    const visit = await clinic.book(patient, await slot('2030-03-20'));
    await decide(visit, 'confirmed');
    await clinic.drain();
    eskiz.taken.length = 0;
    const first = await clinic.rows<{ id: number }>(
      'select timeslot_id as id from appointments where id = $1',
      [visit],
    );
    clinic.clock.set(NIGHT);
    await move(visit, '2030-03-21', '10:00', admin);
    await clinic.drain();
    await clinic.as(admin).post(`/appointments/${visit}/reschedule/`, { timeslot: first[0]?.id }).expect(200);
    await clinic.drain();
    await at(MORNING);
    expect(sms()).toEqual([]);
    expect(await dropped(patient)).toEqual([
      { kind: 'booked', error: 'visit_decided' },
      { kind: 'moved', error: 'visit_moved' },
      { kind: 'moved', error: 'visit_moved' },
    ]);
  });

  test('is told in its order, moved before confirmed, in whichever order the jobs run', async () => {
    const { doctor, patient, slot, sms, decide, move } = await people();
    const visit = await clinic.book(patient, await slot('2030-03-20'));
    await clinic.drain();
    eskiz.taken.length = 0;
    clinic.clock.set(NIGHT);
    await move(visit, '2030-03-21', '10:00');
    await clinic.drain();
    await decide(visit, 'confirmed', doctor);
    await clinic.drain();
    clinic.clock.set(MORNING);
    const waiting = await clinic.rows<{ id: number; kind: string }>(
      `select id, kind from messages where user_id = $1 and status = 'queued' order by id`,
      [patient.id],
    );
    expect(waiting.map(({ kind }) => kind)).toEqual(['moved', 'confirmed']);
    const send = (message: number | undefined) => clinic.notifications.jobs.tasks.send_message({ message });
    await send(waiting[1]?.id);
    expect(sms()).toEqual([]);
    await send(waiting[0]?.id);
    await send(waiting[1]?.id);
    // Confirmed by now: nothing says that it is not.
    expect(sms()).toEqual([
      'Appointment moved: 21 March 10:00, instead of 20 March 09:00, Dr J. Yusupov.',
      'Appointment confirmed: 21 March 10:00, Dr J. Yusupov. See you then.',
    ]);
  });

  test('is told once when the visit was confirmed, moved away and back, and confirmed anew', async () => {
    const { patient, slot, sms, decide, move } = await people();
    const visit = await clinic.book(patient, await slot('2030-03-20'));
    await clinic.drain();
    eskiz.taken.length = 0;
    const [first] = await clinic.rows<{ id: number }>(
      'select timeslot_id as id from appointments where id = $1',
      [visit],
    );
    clinic.clock.set(NIGHT);
    await decide(visit, 'confirmed');
    await move(visit, '2030-03-21', '10:00');
    await clinic.as(patient).post(`/appointments/${visit}/reschedule/`, { timeslot: first?.id }).expect(200);
    await decide(visit, 'confirmed');
    await clinic.drain();
    clinic.clock.set(MORNING);
    // Its job may come first: it does not wait for the one that says the same, and is not sent because of it.
    const [last] = await clinic.rows<{ id: number }>(
      `select id from messages where user_id = $1 and kind = 'confirmed' order by id desc limit 1`,
      [patient.id],
    );
    await clinic.notifications.jobs.tasks.send_message({ message: last?.id });
    expect(sms()).toEqual(['Appointment confirmed: 20 March 09:00, Dr J. Yusupov. See you then.']);
    await at(MORNING);
    expect(sms()).toHaveLength(1);
  });

  test('a move away from today is told at once, when it is queued and when it is sent', async () => {
    const { doctor, patient, slot, sms, move } = await people();
    await confirm(clinic, doctor.id, { phone: freshPhone() });
    clinic.clock.set('2030-03-04T14:28:00Z');
    const awake = { quiet_hours: { from: '19:00', until: '24:00' } };
    for (const person of [doctor, patient])
      await clinic.as(person).patch('/notifications/preferences/', awake).expect(200);
    const visit = await clinic.book(patient, await slot('2030-03-04', '20:00'));
    await clinic.drain();
    await move(visit, '2030-03-11', '10:00', admin);
    await clinic.drain();
    expect(sms()).toEqual([
      'Appointment moved: 11 March 10:00, instead of 4 March 20:00, Dr J. Yusupov. Not confirmed yet.',
    ]);
    const [told] = await clinic.rows<{ status: string }>(
      `select status from messages where user_id = $1 and kind = 'moved'`,
      [doctor.id],
    );
    expect(told).toEqual({ status: 'sent' });
  });
});

describe('a visit that goes to another doctor', () => {
  /** Three doctors who can do the same, with a slot of each at any time. */
  async function colleagues() {
    const { patient, sms } = await people();
    const doctor = (last_name: string) =>
      clinic.person('doctor', { first_name: 'Jasur', last_name, profile: { specialization: 'Kardiolog' } });
    const slotOf = (one: Person, date: string, start_time = '09:00') =>
      clinic.slot(one, { date, start_time, end_time: `${start_time.slice(0, 3)}30` });
    const moveTo = (visit: number, timeslot: number) =>
      clinic.as(admin).post(`/appointments/${visit}/reschedule/`, { timeslot }).expect(200);
    const all = [await doctor('Yusupov'), await doctor('Karimov'), await doctor('Rahimov')] as const;
    const slot = await slotOf(all[0], '2030-03-20');
    const visit = await clinic.book(patient, slot);
    await clinic.as(all[0]).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
    await clinic.drain();
    eskiz.taken.length = 0;
    return { all, patient, sms, slot, visit, slotOf, moveTo };
  }

  test('is told although its time stays', async () => {
    const { all, sms, visit, slotOf, moveTo } = await colleagues();
    await moveTo(visit, await slotOf(all[1], '2030-03-20'));
    await clinic.drain();
    expect(sms()).toEqual([
      'Appointment moved: 20 March 09:00, instead of 20 March 09:00 (J. Yusupov), Dr J. Karimov.',
    ]);
  });

  test('is told once of two moves in the night, from the doctor whom its patient knew of', async () => {
    const { all, patient, sms, visit, slotOf, moveTo } = await colleagues();
    clinic.clock.set(NIGHT);
    await moveTo(visit, await slotOf(all[1], '2030-03-21', '10:00'));
    await clinic.drain();
    await moveTo(visit, await slotOf(all[2], '2030-03-22', '11:00'));
    await clinic.drain();
    await at(MORNING);
    expect(sms()).toEqual(['Appointment moved: 22 March 11:00, instead of 20 March 09:00, Dr J. Rahimov.']);
    const [told] = await clinic.rows<{ params: Record<string, string> }>(
      `select params from messages where user_id = $1 and kind = 'moved' and status = 'sent'`,
      [patient.id],
    );
    expect(told?.params.doctors).toBe(String(all[0].id));
  });

  test('is told of its first doctor also where only the first of two moves was to another one', async () => {
    const { all, patient, visit, slotOf, moveTo } = await colleagues();
    clinic.clock.set(NIGHT);
    await moveTo(visit, await slotOf(all[1], '2030-03-21', '10:00'));
    await moveTo(visit, await slotOf(all[1], '2030-03-22', '11:00'));
    await clinic.drain();
    await at(MORNING);
    const told = await clinic.rows<{ params: Record<string, string> }>(
      `select params from messages where user_id = $1 and kind = 'moved' and status = 'sent'`,
      [patient.id],
    );
    expect(told.map(({ params }) => [params.from_date, params.doctors])).toEqual([
      ['2030-03-20', String(all[0].id)],
    ]);
  });

  test('is not told where it has gone there and back in the night', async () => {
    const { all, sms, slot, visit, slotOf, moveTo } = await colleagues();
    clinic.clock.set(NIGHT);
    await moveTo(visit, await slotOf(all[1], '2030-03-20'));
    await clinic.drain();
    await moveTo(visit, slot);
    await clinic.drain();
    await at(MORNING);
    expect(sms()).toEqual([]);
  });
});

test('a message that an admin sends again is judged again', async () => {
  const { patient, slot, sms, decide, move } = await people();
  const visit = await clinic.book(patient, await slot('2030-03-20'));
  await clinic.drain();
  eskiz.taken.length = 0;
  eskiz.troubles.push({ status: 422 });
  await decide(visit, 'confirmed');
  await clinic.drain();
  const [failed] = (await clinic.as(admin).get(`/messages/?user=${patient.id}&status=failed`)).body.results;
  expect(failed).toMatchObject({ kind: 'confirmed', error: 'http_422' });
  await move(visit, '2030-03-25', '15:00');
  await clinic.drain();
  await clinic.as(admin).post(`/messages/${failed.id}/retry/`).expect(204);
  await clinic.drain();
  expect(sms()).toEqual([
    'Appointment moved: 25 March 15:00, instead of 20 March 09:00, Dr J. Yusupov. Not confirmed yet.',
  ]);
  expect(await dropped(patient)).toEqual([{ kind: 'confirmed', error: 'visit_moved' }]);
});

test('a message of before that keeps no time speaks of where the visit is', async () => {
  const { patient, slot } = await people();
  const visit = await clinic.book(patient, await slot('2030-03-20'));
  await clinic.drain();
  await clinic.db.$client.query(`update notifications set params = '{}' where appointment_id = $1`, [visit]);
  expect(await inbox(patient)).toEqual([expect.stringContaining('Wednesday 20 March, 09:00')]);
  // A job that was queued before as well.
  await clinic.notifications.jobs.tasks.appointment_event({
    appointment: visit,
    event: 'confirmed',
    version: 9,
  });
  expect((await inbox(patient)).at(-1)).toContain('Wednesday 20 March, 09:00');
});
