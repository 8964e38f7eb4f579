import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codesSent, freshPhone, lastCode, pass, queuedFor, wrong } from '../helpers/accounts.ts';
import { PASSWORD, type Person } from '../helpers/app.ts';
import { notedBy as everythingNotedBy, type StoredEntry } from '../helpers/audit.ts';
import { type Clinic, createClinic } from '../helpers/messages/clinic.ts';
import { startTelegram } from '../helpers/messages/providers.ts';
import { expectProblem } from '../helpers/problem.ts';
import { insertDependant } from '../helpers/rows.ts';

/** A chat shows somebody’s visits: whoever has a stolen access token for a minute must not put theirs in its place. */

const LINK = '/notifications/telegram/link/';
const NEXT = 'eleven-apricot-trees';
let clinic: Clinic;
let telegram: Awaited<ReturnType<typeof startTelegram>>;
let chats = 40_000;

beforeAll(async () => {
  telegram = await startTelegram();
  clinic = await createClinic({
    channels: { telegram: telegram.settings, file: '/dev/null', timeout: 5_000 },
  });
  clinic.notifications.bot?.start();
});
afterAll(async () => {
  await clinic.notifications.bot?.stop();
  await clinic.close();
  await telegram.close();
});
beforeEach(() => pass(clinic.clock, 100));

/** Says something to the bot and waits for its answer. */
async function ask(chat: number, text: string): Promise<string | undefined> {
  const before = telegram.taken.filter(({ to }) => to === String(chat)).length;
  telegram.write(chat, text);
  return (await telegram.answered(chat, before + 1)).at(-1);
}
const invite = (person: Person, proof?: object) => clinic.as(person).post(LINK, proof);
async function link(person: Person, proof?: object): Promise<number> {
  const { body } = await invite(person, proof).expect(200);
  chats += 1;
  expect(await ask(chats, `/start ${body.url.split('=')[1]}`)).toContain('Done');
  return chats;
}
const chatOf = async (person: Person) =>
  (
    await clinic.rows<{ chat_id: string }>('select chat_id from telegram_chats where user_id = $1', [
      person.id,
    ])
  )
    .map(({ chat_id }) => Number(chat_id))
    .at(0);
const toldOf = async (person: Person) =>
  (await queuedFor(clinic, person.id))
    .filter(({ kind }) => kind === 'telegram_linked')
    .map(({ channel, destination }) => ({ channel, destination }));
/** What `work` leaves in the audit about the chats of somebody. */
const notedBy = async (work: () => PromiseLike<unknown>): Promise<Partial<StoredEntry>[]> =>
  (await everythingNotedBy(clinic.db, work))
    .filter(({ action }) => action.startsWith('telegram.'))
    .map(({ action, actor_id, subject_id }) => ({ action, actor_id, subject_id }));

async function owner(): Promise<Person> {
  const person = await clinic.person('patient', { locale: 'en' });
  await clinic.verify(person, freshPhone());
  return person;
}
async function proofCode(person: Person): Promise<string> {
  await clinic.as(person).post('/auth/phone/prove/').expect(202);
  return lastCode(clinic, person.id);
}

test('a first chat needs no proof; the other channels tell of it, and the audit notes it', async () => {
  const person = await owner();
  expect(await notedBy(() => link(person))).toEqual([
    { action: 'telegram.link', actor_id: null, subject_id: person.id },
  ]);
  expect(await toldOf(person)).toEqual([{ channel: 'sms', destination: undefined }]);
  const inbox = await clinic.as(person).get('/notifications/').expect(200);
  expect(inbox.body.results.map(({ kind }: { kind: string }) => kind)).toContain('telegram_linked');
});

test('a copy of the list of patients hears whom a chat reaches, with those whom they look after, and whom none does any more', async () => {
  const admin = await clinic.person('admin');
  const person = await clinic.person('patient', { locale: 'en' });
  const child = await insertDependant(clinic.db, person.id);
  /** Who is told to whoever keeps a copy because of this, and whether messages reach them now. */
  const told = async (work: () => PromiseLike<unknown>): Promise<Record<number, boolean>> => {
    const [moment] = await clinic.rows<{ now: string }>('select clock_timestamp() as now');
    await work();
    const since = encodeURIComponent(moment?.now ?? '');
    const { body } = await clinic
      .as(admin)
      .get(`/patients/?updated_since=${since}&page_size=100`)
      .expect(200);
    return Object.fromEntries(
      body.results.map(({ id, reachable }: { id: number; reachable: boolean }) => [id, reachable]),
    );
  };
  let chat = 0;
  const linking = async () => {
    chat = await link(person);
  };
  expect(await told(linking)).toEqual({ [person.id]: true, [child]: true });
  expect(await told(() => ask(chat, '/stop'))).toEqual({ [person.id]: false, [child]: false });
  await linking();
  const untie = () =>
    clinic.rows('delete from guardianships where guardian_id = $1 and dependant_id = $2', [person.id, child]);
  expect(await told(untie)).toEqual({ [person.id]: true, [child]: false });
});

describe.each([
  ['replaced', (person: Person, proof?: object) => invite(person, proof), 200],
  ['unlinked', (person: Person, proof?: object) => clinic.as(person).delete(LINK, proof), 204],
] as const)('a linked chat is %s', (_, take, done) => {
  test('with nothing but an access token by nobody', async () => {
    const person = await owner();
    const chat = await link(person);
    const fields = (code: string) => ({ fields: [`password ${code}`] });
    for (const proof of [undefined, {}])
      expectProblem(await take(person, proof), 'invalid_input', fields('proof_required'));
    expectProblem(
      await take(person, { password: 'not-the-password' }),
      'invalid_input',
      fields('wrong_password'),
    );
    expectProblem(await take(person, { proof_code: wrong(await proofCode(person)) }), 'invalid_code');
    // Nor by a way round about.
    expectProblem(await invite(person), 'invalid_input', fields('proof_required'));
    expect(await chatOf(person)).toBe(chat);
  });

  test('with the password', async () => {
    const person = await owner();
    await link(person);
    expect((await take(person, { password: PASSWORD })).status).toBe(done);
  });

  test('with a code to the confirmed phone, once', async () => {
    const person = await owner();
    await link(person);
    const proof_code = await proofCode(person);
    expect((await take(person, { proof_code })).status).toBe(done);
    const chat = done === 204 ? await link(person) : await chatOf(person);
    expectProblem(await take(person, { proof_code }), 'invalid_code');
    expect(await chatOf(person)).toBe(chat);
  });
});

test('the chat that is replaced is told, beside the other ways', async () => {
  const person = await owner();
  const before = await link(person);
  pass(clinic.clock, 1);
  const after = await link(person, { password: PASSWORD });
  expect(await chatOf(person)).toBe(after);
  expect(await toldOf(person)).toEqual([
    { channel: 'sms', destination: undefined },
    { channel: 'sms', destination: undefined },
    { channel: 'telegram', destination: String(before) },
  ]);
  await clinic.drain();
  const said = (chat: number) =>
    telegram.taken.filter(
      ({ to, text }) => to === String(chat) && text.includes('was linked to your account'),
    );
  expect([said(before).length, said(after).length]).toEqual([1, 0]);
});

test('the chat that takes its place stays linked where the replaced one takes no more messages', async () => {
  const person = await owner();
  await link(person);
  await clinic.drain();
  pass(clinic.clock, 1);
  const after = await link(person, { password: PASSWORD });
  // The phone is lost, and its account with it: that is why another chat was linked.
  telegram.state.troubles.push(telegram.refusal(403, 'Forbidden: user is deactivated'));
  await clinic.drain();
  expect(telegram.state.troubles).toEqual([]);
  expect(await chatOf(person)).toBe(after);
});

describe('a chat is unlinked', () => {
  test('by its owner, whom the audit names; where none is linked nothing is asked and nothing noted', async () => {
    const person = await owner();
    await link(person);
    const unlink = (proof?: object) => clinic.as(person).delete(LINK, proof).expect(204);
    expect(await notedBy(() => unlink({ password: PASSWORD }))).toEqual([
      { action: 'telegram.unlink', actor_id: person.id, subject_id: person.id },
    ]);
    expect(await chatOf(person)).toBeUndefined();
    expect(await notedBy(() => unlink())).toEqual([]);
  });

  test('by /stop in the chat, without any proof', async () => {
    const person = await owner();
    const chat = await link(person);
    expect(await notedBy(() => ask(chat, '/stop'))).toEqual([
      { action: 'telegram.unlink', actor_id: null, subject_id: person.id },
    ]);
    expect(await chatOf(person)).toBeUndefined();
  });

  test('when a new password is set with a code', async () => {
    const person = await owner();
    await link(person);
    const { username } = person;
    await clinic.as(undefined).post('/auth/password/reset/', { username }).expect(202);
    await codesSent(clinic, person.id, 1);
    const code = await lastCode(clinic, person.id);
    const body = { username, code, password: NEXT };
    const reset = () => clinic.as(undefined).post('/auth/password/reset/confirm/', body).expect(204);
    expect(await notedBy(reset)).toEqual([
      { action: 'telegram.unlink', actor_id: null, subject_id: person.id },
    ]);
    expect(await chatOf(person)).toBeUndefined();
  });

  test('when an admin sets a new password', async () => {
    const [person, admin] = [await owner(), await clinic.person('admin')];
    await link(person);
    const give = () => clinic.as(admin).patch(`/users/${person.id}/`, { password: NEXT }).expect(200);
    expect(await notedBy(give)).toMatchObject([{ action: 'telegram.unlink', subject_id: person.id }]);
    expect(await chatOf(person)).toBeUndefined();
  });
});

test('a link that has expired, or was used, is not said to have linked a chat of somebody else', async () => {
  const [mother, daughter] = [await owner(), await owner()];
  const chat = await link(mother);
  const token = async () => (await invite(daughter).expect(200)).body.url.split('=')[1];
  const late = await token();
  pass(clinic.clock, 16 * 60);
  expect(await ask(chat, `/start ${late}`)).toContain('expired');
  expect(await ask(chat, '/start never-made')).toContain('expired');
  expect(await chatOf(daughter)).toBeUndefined();
  // The chat is hers only for as long as nobody takes it over.
  const good = await token();
  expect(await ask(chat, `/start ${good}`)).toContain('Done');
  expect(await ask(chat, `/start ${good}`)).toContain('Done');
  expect([await chatOf(mother), await chatOf(daughter)]).toEqual([undefined, chat]);
});
