import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type Person } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { freshDays } from '../helpers/days.ts';
import { type Clinic, createClinic } from '../helpers/messages/clinic.ts';
import { startEskiz, startTelegram } from '../helpers/messages/providers.ts';

let clinic: Clinic;
let eskiz: Awaited<ReturnType<typeof startEskiz>>;
let telegram: Awaited<ReturnType<typeof startTelegram>>;
let admin: Person;
let serial = 0;

beforeAll(async () => {
  [eskiz, telegram] = await Promise.all([startEskiz(), startTelegram()]);
  clinic = await createClinic({
    channels: { eskiz: eskiz.settings, telegram: telegram.settings, timeout: 5_000 },
  });
  admin = await clinic.person('admin', { first_name: 'Malika' });
  clinic.notifications.bot?.start();
});
afterAll(async () => {
  await clinic.notifications.bot?.stop();
  await clinic.close();
  await Promise.all([eskiz.close(), telegram.close()]);
});

const freshDay = freshDays('2030-05-01');
const putOut = (person: Person, upcoming: 'cancel' | 'keep' = 'keep') =>
  clinic.as(admin).patch(`/users/${person.id}/`, { is_active: false, upcoming }).expect(200);

/** Somebody with a phone and a chat, and what was sent to either since the last look. */
async function reachable(role: 'doctor' | 'patient', name: string) {
  serial += 1;
  const profile = role === 'doctor' ? { profile: { specialization: 'Kardiolog' } } : {};
  const person = await clinic.person(role, { first_name: name, locale: 'en', ...profile });
  const phone = `+9989012300${10 + serial}`;
  await clinic.verify(person, phone);
  const chat = String(70_000 + serial);
  await clinic.db.$client.query('insert into telegram_chats (user_id, chat_id) values ($1, $2)', [
    person.id,
    chat,
  ]);
  // Every kind by either channel.
  for (const kind of ['booked', 'moved', 'cancelled', 'confirmed', 'confirmed_coming', 'absence', 'reminder'])
    await clinic.db.$client.query(
      `insert into notification_preferences (user_id, channels, quiet) values ($1, jsonb_build_object($2::text, '["sms","telegram"]'::jsonb), false)
       on conflict (user_id) do update set channels = notification_preferences.channels || excluded.channels`,
      [person.id, kind],
    );
  let seen = { sms: 0, chat: 0 };
  const all = () => ({
    sms: eskiz.taken.filter(({ to }) => phone.endsWith(to.replace('+', ''))).map(({ text }) => text),
    chat: telegram.taken.filter(({ to }) => to === chat).map(({ text }) => text),
  });
  return {
    person,
    chat: Number(chat),
    told(): string[] {
      const { sms, chat: said } = all();
      const now = [...sms.slice(seen.sms), ...said.slice(seen.chat)];
      seen = { sms: sms.length, chat: said.length };
      return now;
    },
  };
}
type Reachable = Awaited<ReturnType<typeof reachable>>;

async function visit(doctor: Reachable, patient: Reachable, date = freshDay()) {
  const slot = await clinic.slot(doctor.person, { date });
  const id = await clinic.book(patient.person, slot);
  // A request that is decided is no news to its doctor.
  await clinic.drain();
  await clinic.as(doctor.person).patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
  await clinic.drain();
  expect(doctor.told().join('\n')).toContain('Secret');
  expect(patient.told()).not.toEqual([]);
  return { id, date };
}
async function ask(chat: number, text: string): Promise<string> {
  const before = telegram.taken.filter(({ to }) => to === String(chat)).length;
  telegram.write(chat, text, { language: 'en' });
  return (await telegram.answered(chat, before + 1)).at(-1) ?? '';
}

test('what the bot shows of others is in the audit, as in a list, and in their access log; what is one’s own is not', async () => {
  const [doctor, patient] = [await reachable('doctor', 'Jasur'), await reachable('patient', 'Secret')];
  await visit(doctor, patient);
  const noted = async (work: () => Promise<string>) =>
    notedBy(clinic.db, async () => expect(await work()).toMatch(/Secret|Jasur/));
  expect(await noted(() => ask(doctor.chat, '/my'))).toEqual([
    expect.objectContaining({
      actor_id: doctor.person.id,
      actor_role: 'doctor',
      action: 'appointment.list',
      subject_id: patient.person.id,
      details: { channel: 'telegram', rows: 1 },
    }),
  ]);
  expect(await noted(() => ask(patient.chat, '/my'))).toEqual([]);
  const { body } = await clinic.as(patient.person).get('/auth/me/access-log/').expect(200);
  expect(body.results[0]).toMatchObject({ action: 'appointment.list', by: { id: doctor.person.id } });
});

describe('a doctor who is out', () => {
  test('hears nothing of patients by any channel, while the patients go on hearing', async () => {
    const [doctor, patient] = [await reachable('doctor', 'Jasur'), await reachable('patient', 'Secret')];
    const { id } = await visit(doctor, patient);
    const other = await visit(doctor, patient);
    await putOut(doctor.person);
    await clinic.as(patient.person).delete(`/appointments/${id}/`, { reason: 'Secret reason' }).expect(204);
    await clinic.as(admin).patch(`/appointments/${other.id}/`, { status: 'cancelled' }).expect(200);
    await clinic.drain();
    expect(doctor.told()).toEqual([]);
    expect(patient.told().join('\n')).toContain('cancelled');
    const { rows } = await clinic.db.$client.query(
      "select from messages where user_id = $1 and kind = 'cancelled'",
      [doctor.person.id],
    );
    expect(rows).toEqual([]);
  });

  test('is not sent what was queued before: by no other channel, and not when an admin sends it again', async () => {
    const [doctor, patient] = [await reachable('doctor', 'Jasur'), await reachable('patient', 'Secret')];
    const slot = await clinic.slot(doctor.person, { date: freshDay() });
    await clinic.book(patient.person, slot);
    // Told, and not yet handed over.
    await clinic.read();
    await putOut(doctor.person);
    await clinic.drain();
    expect(doctor.told()).toEqual([]);
    const [held] = await clinic.rows<{ id: number; status: string; error: string }>(
      "select id, status, error from messages where user_id = $1 and kind = 'booked' order by id",
      [doctor.person.id],
    );
    expect(held).toMatchObject({ status: 'dropped', error: 'person_inactive' });
    await clinic.db.$client.query("update messages set status = 'failed' where id = $1", [held?.id]);
    await clinic.as(admin).post(`/messages/${held?.id}/retry/`).expect(204);
    await clinic.drain();
    expect(doctor.told()).toEqual([]);
  });

  test('is a stranger to the bot until they are let in again', async () => {
    const [doctor, patient] = [await reachable('doctor', 'Jasur'), await reachable('patient', 'Secret')];
    await visit(doctor, patient);
    expect(await ask(doctor.chat, '/my')).toContain('Secret');
    const { body } = await clinic
      .as(doctor.person)
      .post('/notifications/telegram/link/', { password: PASSWORD })
      .expect(200);
    const token = body.url.split('=')[1];
    await putOut(doctor.person);
    for (const text of ['/my', '/start', 'hello', `/start ${token}`]) {
      const answer = await ask(doctor.chat, text);
      expect(answer).not.toContain('Secret');
      expect(answer).toMatch(/not linked|expired/);
    }
    await clinic.as(admin).patch(`/users/${doctor.person.id}/`, { is_active: true }).expect(200);
    expect(await ask(doctor.chat, '/my')).toContain('Secret');
  });

  test('leaves patients who are told that the doctor is away and who else has time, where the visits are cancelled', async () => {
    const [doctor, patient] = [await reachable('doctor', 'Jasur'), await reachable('patient', 'Secret')];
    const colleague = await reachable('doctor', 'Bobur');
    const { date } = await visit(doctor, patient);
    await clinic.slot(colleague.person, { date, start_time: '15:00', end_time: '15:30' });
    await putOut(doctor.person, 'cancel');
    await clinic.drain();
    expect(doctor.told()).toEqual([]);
    const [sms = '', said = ''] = patient.told();
    expect(said).toContain('15:00 (Bobur)');
    expect(sms).toContain('15:00');
  });

  test('leaves patients who are reminded and may answer, where the visits are kept', async () => {
    const [doctor, patient] = [await reachable('doctor', 'Jasur'), await reachable('patient', 'Secret')];
    const { id, date } = await visit(doctor, patient);
    await putOut(doctor.person);
    const before = clinic.clock.now().toISOString();
    clinic.clock.set(new Date(clinic.clock.at(date, '10:00').getTime() - 24 * 3_600_000).toISOString());
    await clinic.drain();
    const text = patient.told().at(-1) ?? '';
    expect(text).toMatch(/Reminder|10:00/);
    const [link = ''] = /\/api\/visits\/[\w-]{22}\//.exec(text) ?? [];
    await clinic.app.inject({
      method: 'POST',
      url: link,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: '',
    });
    await clinic.drain();
    expect(doctor.told()).toEqual([]);
    expect(
      await clinic.rows(
        "select user_id from notifications where kind = 'confirmed_coming' and appointment_id = $1",
        [id],
      ),
    ).toEqual([{ user_id: doctor.person.id }]);
    clinic.clock.set(before);
  });

  test('leaves patients who are told of the colleague, and a colleague who is told of them, where the visits are handed over', async () => {
    const [doctor, patient] = [await reachable('doctor', 'Jasur'), await reachable('patient', 'Secret')];
    const colleague = await reachable('doctor', 'Bobur');
    const { id } = await visit(doctor, patient);
    const to = await clinic.slot(colleague.person, {
      date: freshDay(),
      start_time: '16:00',
      end_time: '16:30',
    });
    await putOut(doctor.person);
    await clinic.as(patient.person).post(`/appointments/${id}/reschedule/`, { timeslot: to }).expect(200);
    await clinic.drain();
    expect(doctor.told()).toEqual([]);
    expect(colleague.told().join('\n')).toMatch(/Secret.*16:00/);
    expect(patient.told().join('\n')).toMatch(/Bobur.*16:00/);
  });
});

describe('a patient who is out', () => {
  test('is told that a visit falls out, and so is the doctor', async () => {
    const [doctor, patient] = [await reachable('doctor', 'Jasur'), await reachable('patient', 'Secret')];
    await visit(doctor, patient);
    await putOut(patient.person, 'cancel');
    await clinic.drain();
    expect(patient.told().join('\n')).toContain('the account was closed');
    expect(doctor.told().join('\n')).toContain('the account was closed');
  });

  test('can no longer answer by links of reminders, whenever these were sent', async () => {
    const [doctor, patient] = [await reachable('doctor', 'Jasur'), await reachable('patient', 'Secret')];
    const { id, date } = await visit(doctor, patient);
    const before = clinic.clock.now().toISOString();
    const start = clinic.clock.at(date, '10:00').getTime();
    clinic.clock.set(new Date(start - 24 * 3_600_000).toISOString());
    await clinic.drain();
    const links = [
      ...patient
        .told()
        .join('\n')
        .matchAll(/\/api\/visits\/[\w-]{22}\//g),
    ].map(([link]) => link);
    expect(links.length).toBeGreaterThan(1);
    await putOut(patient.person);
    for (const url of links) {
      const page = await clinic.app.inject({ method: 'GET', url });
      expect(page.statusCode).toBe(404);
      expect(page.body).not.toContain('Jasur');
      for (const payload of ['answer=cancel', ''])
        await clinic.app.inject({
          method: 'POST',
          url,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          payload,
        });
    }
    expect(await clinic.rows('select status from appointments where id = $1', [id])).toEqual([
      { status: 'confirmed' },
    ]);
    // The next one bears none.
    clinic.clock.set(new Date(start - 2 * 3_600_000).toISOString());
    await clinic.drain();
    const later = patient.told().join('\n');
    expect(later).toContain('10:00');
    expect(later).not.toContain('/api/visits/');
    clinic.clock.set(before);
  });
});

test('a visit that took place early is neither reminded of nor shown by the bot', async () => {
  const [doctor, patient] = [await reachable('doctor', 'Jasur'), await reachable('patient', 'Secret')];
  const { id, date } = await visit(doctor, patient);
  const before = clinic.clock.now().toISOString();
  const start = clinic.clock.at(date, '10:00').getTime();
  clinic.clock.set(new Date(start - 5 * 3_600_000).toISOString());
  await clinic.drain();
  await clinic.as(doctor.person).post(`/appointments/${id}/complete/`).expect(200);
  patient.told();
  expect(await ask(patient.chat, '/my')).not.toContain('Jasur');
  patient.told();
  clinic.clock.set(new Date(start - 2 * 3_600_000).toISOString());
  await clinic.drain();
  expect(patient.told()).toEqual([]);
  clinic.clock.set(before);
});
