import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exclusive } from '../../src/db/links/lock.ts';
import { createTelegramLinking } from '../../src/modules/notifications/telegram/telegram.service.ts';
import { createGuardians } from '../../src/modules/patients/index.ts';
import { startTelegram } from '../helpers/messages/providers.ts';
import { createWorld, START, type World } from '../helpers/messages/world.ts';

let world: World;
let telegram: Awaited<ReturnType<typeof startTelegram>>;
let linking: ReturnType<typeof createTelegramLinking>;
let chats = 1_000;

beforeAll(async () => {
  telegram = await startTelegram();
  world = await createWorld({ channels: { telegram: telegram.settings, timeout: 30_000 } });
  const { db, clock } = world;
  linking = createTelegramLinking({
    db,
    clock,
    default_locale: 'en',
    botName: async () => 'clinic_test_bot',
    telling: world.notifications.telling,
    audit: { record: async () => {}, recordRead: async () => {} },
    guardians: createGuardians({ db, clock }),
  });
  world.notifications.bot?.start();
});
afterAll(async () => {
  await world.notifications.bot?.stop();
  await world.close();
  await telegram.close();
});

const tokenFor = async (user: number) =>
  (await linking.invite({ id: user, role: 'patient', session: 0 }, async () => {})).url.split('=')[1] ?? '';
const linkedTo = async (chat: number) =>
  (
    await world.rows<{ user_id: number }>('select user_id from telegram_chats where chat_id = $1', [
      String(chat),
    ])
  ).map(({ user_id }) => user_id);
/** Says something to the bot and waits for its answer. */
async function ask(chat: number, text: string, options = {}): Promise<string | undefined> {
  const before = telegram.taken.filter(({ to }) => to === String(chat)).length;
  telegram.write(chat, text, options);
  return (await telegram.answered(chat, before + 1)).at(-1);
}

describe('/start', () => {
  test('with a deep link’s token links the chat and answers in the person’s language', async () => {
    const user = await world.person('patient', { locale: 'ru' });
    const chat = ++chats;
    expect(await ask(chat, `/start ${await tokenFor(user)}`)).toContain('Готово!');
    expect(await linkedTo(chat)).toEqual([user]);
  });

  test('a deep link’s token works once: somebody else who has it gets nothing', async () => {
    const user = await world.person('patient');
    const token = await tokenFor(user);
    const [owner, thief] = [++chats, ++chats];
    await ask(owner, `/start ${token}`);
    expect(await ask(thief, `/start ${token}`)).toContain('muddati tugagan');
    expect(await linkedTo(thief)).toEqual([]);
    // The same message handed over twice is no theft.
    expect(await ask(owner, `/start ${token}`)).toContain('Tayyor!');
  });

  test('links no chat after a quarter of an hour, nor with an unknown token', async () => {
    const user = await world.person('patient');
    const token = await tokenFor(user);
    world.clock.set('2030-03-04T04:15:00Z');
    const chat = ++chats;
    expect(await ask(chat, `/start ${token}`, { language: 'en' })).toContain('expired');
    expect(await ask(chat, '/start AAAAAAAAAAAAAAAAAAAAAA', { language: 'ru' })).toContain('истёк');
    expect(await linkedTo(chat)).toEqual([]);
    world.clock.set(START);
  });

  test('a person has one chat and a chat belongs to one person: the last link wins', async () => {
    const [first, second] = [await world.person('patient'), await world.person('patient')];
    const [one, two] = [++chats, ++chats];
    await ask(one, `/start ${await tokenFor(first)}`);
    await ask(two, `/start ${await tokenFor(first)}`);
    expect([await linkedTo(one), await linkedTo(two)]).toEqual([[], [first]]);
    await ask(two, `/start ${await tokenFor(second)}`);
    expect(await linkedTo(two)).toEqual([second]);
  });

  test('without a token tells the person what to do', async () => {
    expect(await ask(++chats, '/start', { language: 'en' })).toContain('not linked');
    expect(await ask(chats, 'hello', { language: 'xx' })).toContain('not linked');
  });

  test('the bot answers nothing in a group', async () => {
    const user = await world.person('patient');
    const group = ++chats;
    telegram.write(group, `/start ${await tokenFor(user)}`, { type: 'group' });
    // Messages are handled in order: once the next one is answered, this one was not.
    await ask(++chats, '/my');
    expect(telegram.taken.filter(({ to }) => to === String(group))).toEqual([]);
    expect(await linkedTo(group)).toEqual([]);
  });
});

test('/my shows the next visits of the person who asks, soonest first', async () => {
  const doctor = await world.person('doctor', { first_name: 'Jasur', last_name: 'Yusupov', locale: 'en' });
  const patient = await world.person('patient', { first_name: 'Aziza', last_name: 'Karimova', locale: 'uz' });
  const [chat, surgery] = [++chats, ++chats];
  await ask(chat, `/start ${await tokenFor(patient)}`);
  await ask(surgery, `/start ${await tokenFor(doctor)}`);
  expect(await ask(chat, '/my')).toBe('Yaqin qabullaringiz yoʻq.');
  const second = await world.visit(doctor, patient, { date: '2030-03-20', time: '11:00' });
  await world.visit(doctor, patient, { date: '2030-03-12', time: '10:00' });
  const gone = await world.visit(doctor, patient, { date: '2030-03-13', time: '10:00' });
  await world.change(second, 'confirmed');
  await world.change(gone, 'cancelled', patient);
  const answer = await ask(chat, '/my');
  process.stdout.write(`${answer}\n`);
  expect(answer).toBe(
    'Yaqin qabullaringiz:\n• 12-mart, seshanba, soat 10:00, Jasur Yusupov, hali tasdiqlanmagan\n' +
      '• 20-mart, chorshanba, soat 11:00, Jasur Yusupov',
  );
  expect(await ask(surgery, '/my')).toContain('• Tuesday 12 March, 10:00, Aziza Karimova, not confirmed yet');
});

test('/stop unlinks the chat, and no more messages come', async () => {
  const user = await world.person('patient');
  const chat = ++chats;
  await ask(chat, `/start ${await tokenFor(user)}`);
  await world.tell({ user_id: user, kind: 'password_changed', key: 'before' });
  await world.drain();
  expect(telegram.taken.filter(({ to }) => to === String(chat)).at(-1)?.text).toContain(
    'Parol almashtirildi',
  );
  expect(await ask(chat, '/stop')).toContain('uzildi');
  expect(await linkedTo(chat)).toEqual([]);
  const before = telegram.taken.length;
  await world.tell({ user_id: user, kind: 'password_changed', key: 'after' });
  await world.drain();
  expect(telegram.taken).toHaveLength(before);
  expect(await ask(chat, '/stop')).toContain('ulanmagan');
});

test('an answer that Telegram refuses does not stop the bot', async () => {
  telegram.troubles.push(telegram.refusal(403, 'Forbidden: bot was blocked by the user'));
  telegram.write(++chats, '/my');
  expect(await ask(++chats, '/my', { language: 'en' })).toContain('not linked');
});

test('one process runs the bot, and another takes over once the first is gone', async () => {
  const held: string[] = [];
  let change = () => {};
  const until = async (expected: string[]) => {
    while (held.join() !== expected.join())
      await new Promise<void>((resolve) => {
        change = resolve;
      });
  };
  const contender = (name: string) =>
    exclusive({
      url: world.url,
      key: 99,
      name,
      retry: 20,
      onHeld: () => {
        held.push(name);
        change();
      },
      onLost: () => {
        held.splice(held.indexOf(name), 1);
        change();
      },
    });
  const first = contender('first');
  await until(['first']);
  const second = contender('second');
  // The link of the first breaks: the second takes over, or the first again, and never both.
  await world.rows("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'first'");
  while (held.length === 1 && held[0] === 'first') await new Promise((resolve) => setTimeout(resolve, 5));
  while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(held).toHaveLength(1);
  const [winner] = held;
  const [gone, other] = winner === 'first' ? [first, 'second'] : [second, 'first'];
  await gone.close();
  held.splice(0);
  await until([other]);
  await Promise.all([first.close(), second.close()]);
});
