import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshPhone } from '../helpers/accounts.ts';
import type { Person } from '../helpers/app.ts';
import { type Clinic, createClinic } from '../helpers/messages/clinic.ts';
import { startTelegram } from '../helpers/messages/providers.ts';

/** Who keeps a copy of the patients hears of each of them who is reached by messages from now on, or no longer. */

let clinic: Clinic;
let telegram: Awaited<ReturnType<typeof startTelegram>>;
let admin: Person;
let chats = 70_000;

beforeAll(async () => {
  telegram = await startTelegram();
  clinic = await createClinic({
    channels: { telegram: telegram.settings, file: '/dev/null', timeout: 5_000 },
  });
  clinic.notifications.bot?.start();
  admin = await clinic.person('admin');
  // The log tells of what happened an hour ago, as that of a clinic which has begun long since.
  await clinic.rows("update event_epochs set began_at = now() - interval '1 day'");
});
afterAll(async () => {
  await clinic.notifications.bot?.stop();
  await clinic.close();
  await telegram.close();
});

/** Says something to the bot and waits for its answer. */
async function say(chat: number, text: string): Promise<void> {
  const before = telegram.taken.filter(({ to }) => to === String(chat)).length;
  telegram.write(chat, text);
  await telegram.answered(chat, before + 1);
}
async function link(person: Person): Promise<number> {
  const { body } = await clinic.as(person).post('/notifications/telegram/link/').expect(200);
  chats += 1;
  await say(chats, `/start ${body.url.split('=')[1]}`);
  return chats;
}

interface Row {
  id: number;
  reachable: boolean;
}

/** Whether messages reach a patient, as a copy has it that is brought up to date after `work`; it must be told. */
async function copiedAfter(patient: number, work: () => PromiseLike<unknown>): Promise<boolean | undefined> {
  const since = encodeURIComponent(new Date().toISOString());
  await work();
  const { body } = await clinic.as(admin).get(`/patients/?updated_since=${since}&page_size=100`).expect(200);
  const told = (body.results as Row[]).find(({ id }) => id === patient);
  const now = await clinic.as(admin).get(`/patients/${patient}/`).expect(200);
  expect(told, 'the copy is told').toEqual(now.body);
  return told?.reachable;
}

const correct = (patient: number, fields: object) =>
  clinic.as(admin).patch(`/patients/${patient}/`, fields).expect(200);

test('by a chat that is linked, and unlinked in whichever way', async () => {
  const patient = await clinic.person('patient');
  let chat = 0;
  expect(
    await copiedAfter(patient.id, async () => {
      chat = await link(patient);
    }),
  ).toBe(true);
  expect(await copiedAfter(patient.id, () => say(chat, '/stop'))).toBe(false);
  chat = await link(patient);
  // The chat is another’s from now on.
  const other = await clinic.person('patient');
  const { body } = await clinic.as(other).post('/notifications/telegram/link/').expect(200);
  expect(await copiedAfter(patient.id, () => say(chat, `/start ${body.url.split('=')[1]}`))).toBe(false);
});

test('by those who look after a child', async () => {
  const [mother, father] = [await clinic.person('patient'), await clinic.person('patient')];
  await clinic.verify(mother, freshPhone());
  const child = (
    await clinic
      .as(admin)
      .post('/patients/', { first_name: 'Madina', last_name: 'Karimova', date_of_birth: '2027-02-02' })
      .expect(201)
  ).body.id as number;
  const tie = (guardian: Person) =>
    clinic
      .as(admin)
      .post(`/patients/${child}/guardians/`, { guardian: guardian.id, relationship: 'parent' })
      .expect(200);
  const untie = (guardian: Person) =>
    clinic.as(admin).delete(`/patients/${child}/guardians/${guardian.id}/`).expect(204);

  expect(await copiedAfter(child, () => tie(mother))).toBe(true);
  expect(await copiedAfter(child, () => correct(mother.id, { phone: freshPhone() }))).toBe(false);
  expect(
    await copiedAfter(child, () => clinic.as(admin).post(`/patients/${mother.id}/phone/vouch/`).expect(200)),
  ).toBe(true);
  expect(await copiedAfter(child, () => untie(mother))).toBe(false);

  await tie(father);
  expect(await copiedAfter(child, () => link(father))).toBe(true);
  const put = (is_active: boolean) =>
    clinic.as(admin).patch(`/users/${father.id}/`, { is_active }).expect(200);
  expect(await copiedAfter(child, () => put(false))).toBe(false);
});
