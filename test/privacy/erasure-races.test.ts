import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createTelegramLinking } from '../../src/modules/notifications/telegram/telegram.service.ts';
import { createGuardians } from '../../src/modules/patients/index.ts';
import { CHANNELS } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { untilBlocked } from '../helpers/blocked.ts';
import { expectProblem } from '../helpers/problem.ts';

/** What somebody does in the very moment in which they are erased leaves nothing behind. */

let clinic: TestApp;
beforeAll(async () => {
  clinic = await testApp({ config: { channels: CHANNELS } });
});
afterAll(() => clinic.close());

const query = async <Row extends object>(text: string, values: unknown[] = []) =>
  (await clinic.db.$client.query<Row>(text, values)).rows;

/**
 * Erases somebody while `work` is under way: the erasure comes first to their row, and `work` has to wait for it.
 * Somebody else holds the row until both stand in line.
 */
async function erasedDuring<Result>(person: Person, work: () => PromiseLike<Result>): Promise<Result> {
  const admin = await clinic.person('admin');
  const holder = await clinic.db.$client.connect();
  try {
    await holder.query('begin');
    await holder.query('select from users where id = $1 for no key update', [person.id]);
    const erased = clinic.as(admin).delete(`/users/${person.id}/`, { password: PASSWORD }).expect(204).then();
    await untilBlocked(clinic.db.$client);
    const working = Promise.resolve(work());
    working.catch(() => {});
    await untilBlocked(clinic.db.$client, 2, working);
    await holder.query('commit');
    await erased;
    return await working;
  } finally {
    holder.release(true);
  }
}

test('a phone to be confirmed', async () => {
  const person = await clinic.person('patient');
  const answer = await erasedDuring(person, () =>
    clinic.as(person).post('/auth/phone/verify/', { phone: '+998901112233' }).then(),
  );
  expectProblem(answer, 'session_ended');
  expect(await query('select from codes where user_id = $1', [person.id])).toEqual([]);
});

test('new names', async () => {
  const person = await clinic.person('patient');
  const answer = await erasedDuring(person, () =>
    clinic.as(person).patch('/auth/me/', { first_name: 'Aziza', phone: '+998901112234' }).then(),
  );
  expectProblem(answer, 'session_ended');
  expect(await query('select first_name, phone from users where id = $1', [person.id])).toEqual([
    { first_name: null, phone: null },
  ]);
});

test('preferences', async () => {
  const person = await clinic.person('patient');
  const answer = await erasedDuring(person, () =>
    clinic
      .as(person)
      .patch('/notifications/preferences/', { quiet_hours: { enabled: false } })
      .then(),
  );
  expectProblem(answer, 'user_not_found');
  expect(await query('select from notification_preferences where user_id = $1', [person.id])).toEqual([]);
});

describe('a Telegram chat', () => {
  const invited = async (person: Person) => {
    const { db, clock } = clinic;
    const telegram = createTelegramLinking({
      db,
      clock,
      default_locale: 'en',
      botName: async () => 'clinic_test_bot',
      telling: { enqueue: async () => {} },
      audit: { record: async () => {}, recordRead: async () => {} },
      guardians: createGuardians({ db, clock }),
    });
    const token = (await telegram.invite({ ...person, session: 0 }, async () => {})).url.split('=')[1] ?? '';
    return (chat: string) => telegram.start(chat, token, 'en');
  };
  const chats = (person: Person) => query('select from telegram_chats where user_id = $1', [person.id]);

  test('that comes too late is not linked', async () => {
    const person = await clinic.person('patient');
    const start = await invited(person);
    expect(await erasedDuring(person, () => start('7001'))).toContain('expired');
    expect(await chats(person)).toEqual([]);
  });

  test('that is being linked goes with the person', async () => {
    const person = await clinic.person('patient');
    const admin = await clinic.person('admin');
    const start = await invited(person);
    // The chat stands in a transaction that has not ended when the erasure begins.
    await query(`
      create function tarry() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return null; end $$;
      create trigger tarry after insert on telegram_chats for each row execute function tarry();`);
    try {
      const linking = start('7002');
      await vi.waitFor(async () => {
        const rows = await query(
          "select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
        );
        expect(rows).toHaveLength(1);
      });
      await clinic.as(admin).delete(`/users/${person.id}/`, { password: PASSWORD }).expect(204);
      await linking;
    } finally {
      await query('drop trigger tarry on telegram_chats; drop function tarry()');
    }
    expect(await chats(person)).toEqual([]);
  });
});
