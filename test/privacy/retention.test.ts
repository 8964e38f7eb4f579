import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createModules, type Modules } from '../../src/modules.ts';
import { type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { entriesAfter } from '../helpers/audit.ts';

const NOW = '2026-03-02T04:00:00.000Z';

let clinic: TestApp;
let person: Person;
let modules: Modules;
beforeAll(async () => {
  clinic = await testApp();
  const { db, clock } = clinic;
  modules = createModules({
    db,
    clock,
    config: { ...testConfig, audit_retention_days: 30, message_retention_days: 60 },
  });
  person = await clinic.person('patient');
});
afterAll(() => clinic.close());

const query = async <Row extends object>(text: string, values: unknown[] = []) =>
  (await clinic.db.$client.query<Row>(text, values)).rows;
const count = async (table: string) =>
  (await query<{ count: number }>(`select count(*)::int as count from ${table}`))[0]?.count;

describe('the audit', () => {
  const purge_audit = () => modules.housekeeping.tasks.purge_audit();

  /** Entries of so many days ago, to the minute. */
  const insert = (ages: readonly string[]) =>
    query(
      `insert into audit_entries (at, action, subject_id)
       select timestamptz '${NOW}' - age::interval, 'test.' || age, $2 from unnest($1::text[]) as age`,
      [ages, person.id],
    );
  const left = async () =>
    (await entriesAfter(clinic.db, 0))
      .map(({ action }) => action)
      .filter((action) => action.startsWith('test.'));

  test('lets go what is older than the setting, to the moment, and nothing else', async () => {
    await insert(['31 days', '30 days 1 second', '30 days', '29 days', '1 hour']);
    await purge_audit();
    expect(await left()).toEqual(['test.30 days', 'test.29 days', 'test.1 hour']);
    await purge_audit();
    expect(await left()).toHaveLength(3);
  });

  test('lets go of more than one transaction takes', async () => {
    await query(
      `insert into audit_entries (at, action) select timestamptz '2020-01-01' + n * interval '1 second', 'many'
       from generate_series(1, 12000) n`,
    );
    const kept = await left();
    await purge_audit();
    expect(await count(`audit_entries where action = 'many'`)).toBe(0);
    expect(await left()).toEqual(kept);
  });

  test('opens the door for its own transaction only', async () => {
    await insert(['40 days']);
    await purge_audit();
    // Every connection of the pool, also the one it had: a setting that outlived its transaction would be seen there.
    const clients = await Promise.all(Array.from({ length: 10 }, () => clinic.db.$client.connect()));
    try {
      for (const client of clients) {
        const { rows } = await client.query(
          `select current_setting('clinic.audit_retention', true) as setting`,
        );
        expect(rows[0].setting || null).toBeNull();
        await expect(client.query('delete from audit_entries')).rejects.toMatchObject({ code: '23514' });
      }
    } finally {
      for (const client of clients) client.release();
    }
  });

  test('two purges at once do no harm', async () => {
    await query(
      `insert into audit_entries (at, action) select timestamptz '2020-01-01', 'twice' from generate_series(1, 6000)`,
    );
    await Promise.all([purge_audit(), purge_audit()]);
    expect(await count(`audit_entries where action = 'twice'`)).toBe(0);
  });
});

describe('what has run out', () => {
  const sweep = () => modules.housekeeping.tasks.sweep();
  beforeEach(async () => {
    await query(
      `delete from sessions; delete from codes; delete from login_throttles; delete from one_use_links;
       delete from messages; delete from notifications`,
    );
  });

  const at = (age: string) => `timestamptz '${NOW}' - interval '${age}'`;

  /** A session with tokens that expire so long ago; negative ages lie ahead. */
  async function session(fields: { ended?: string; tokens?: string[] }): Promise<number> {
    const [row] = await query<{ id: number }>(
      `insert into sessions (user_id, ended_at) values ($1, ${fields.ended ? at(fields.ended) : 'null'}) returning id`,
      [person.id],
    );
    for (const age of fields.tokens ?? [])
      await query(
        `insert into refresh_tokens (token_hash, session_id, expires_at, spent_at)
         values (decode(md5(random()::text), 'hex'), $1, ${at(age)}, ${at('1 day')})`,
        [row?.id],
      );
    return row?.id ?? 0;
  }
  const sessions = () =>
    query<{ id: number; ended: boolean; tokens: number }>(
      `select id, ended_at is not null as ended,
         (select count(*)::int from refresh_tokens where session_id = s.id) as tokens
       from sessions s order by id`,
    );

  test('expired refresh tokens go, spent ones that have not expired stay to know a thief by', async () => {
    const id = await session({ tokens: ['1 second', '40 days', '0 seconds', '-1 second', '-20 days'] });
    await sweep();
    expect(await sessions()).toEqual([{ id, ended: false, tokens: 2 }]);
  });

  test('a session without a living token is over; one that ended long ago goes', async () => {
    const over = await session({ tokens: ['1 second'] });
    const live = await session({ tokens: ['-1 day'] });
    await session({ ended: '91 days', tokens: ['60 days'] });
    const recent = await session({ ended: '89 days', tokens: ['1 day'] });
    await sweep();
    expect(await sessions()).toEqual([
      { id: over, ended: true, tokens: 0 },
      { id: live, ended: false, tokens: 1 },
      { id: recent, ended: true, tokens: 0 },
    ]);
  });

  test('nobody who is signed in is put out', async () => {
    const { token, refresh } = await clinic.person('patient');
    await sweep();
    await clinic.as({ token }).get('/auth/me/').expect(200);
    await clinic.as(undefined).post('/auth/token/refresh/', { refresh }).expect(200);
  });

  test('codes go a day after they expired, throttles a day after the last failure, links a week', async () => {
    const code = `insert into codes (user_id, purpose, destination, code_hash, expires_at, ended_at)
      values ($1, 'reset_password', $2, 'x', `;
    await query(`${code} ${at('25 hours')}, now())`, [person.id, 'old']);
    await query(`${code} ${at('23 hours')}, now())`, [person.id, 'recent']);
    await query(`${code} ${at('-5 minutes')}, null)`, [person.id, 'live']);
    await query(
      `insert into login_throttles (key, failures, last_failed_at, blocked_until) values
       ('old', 3, ${at('25 hours')}, ${at('24 hours')}), ('recent', 3, ${at('1 hour')}, ${at('1 hour')}),
       ('blocked', 9, ${at('25 hours')}, ${at('-1 hour')})`,
    );
    const link = `insert into one_use_links (token_hash, purpose, user_id, expires_at, used_at) values ($2::bytea, 'telegram', $1, `;
    await query(`${link} ${at('8 days')}, null)`, [person.id, 'old']);
    await query(`${link} ${at('6 days')}, now())`, [person.id, 'used']);
    await query(`${link} ${at('-1 day')}, null)`, [person.id, 'live']);
    await sweep();
    expect(await query('select destination from codes order by id')).toEqual([
      { destination: 'recent' },
      { destination: 'live' },
    ]);
    expect(await query('select key from login_throttles order by key')).toEqual([
      { key: 'blocked' },
      { key: 'recent' },
    ]);
    expect(
      await query("select convert_from(token_hash, 'utf8') as hash from one_use_links order by 1"),
    ).toEqual([{ hash: 'live' }, { hash: 'used' }]);
  });

  test('answers go after a day, wishes ninety days after their last day, slots out of a week once they are past', async () => {
    const answer = `insert into idempotency_keys (user_id, route, key, fingerprint, answer, subject_id, created_at)
      values ($1, 'POST /', $2, 'x', '{}', $1, `;
    await query(`${answer} ${at('24 hours')})`, [person.id, 'old']);
    await query(`${answer} ${at('23 hours')})`, [person.id, 'recent']);
    const wish = `
      with wish as (
        insert into waitlist_entries (patient_id, specialization, "from", "to", status)
        values ($1, $2, '2025-01-01', $3, $4) returning id
      )
      insert into waitlist_offers (entry_id, offered_at, expires_at, outcome)
      select id, now(), now(), 'lapsed' from wish`;
    for (const [name, to, status] of [
      ['long past', '2025-12-01', 'left'],
      ['just past', '2025-12-02', 'left'],
      ['waiting still', '2025-01-01', 'waiting'],
    ])
      await query(wish, [person.id, name, to, status]);
    const doctor = await clinic.person('doctor');
    for (const date of ['2026-03-01', '2026-03-02'])
      await query(
        `insert into withdrawn_timeslots (doctor_id, date, start_time, end_time) values ($1, $2, '09:00', '09:30')`,
        [doctor.id, date],
      );
    await query(
      "insert into closed_timeslots (timeslot_id, date) values (901, '2026-03-01'), (902, '2026-03-02')",
      [],
    );
    await sweep();
    expect(await query('select key from idempotency_keys')).toEqual([{ key: 'recent' }]);
    expect(await query('select specialization from waitlist_entries order by id')).toEqual([
      { specialization: 'just past' },
      { specialization: 'waiting still' },
    ]);
    expect(await count('waitlist_offers')).toBe(2);
    expect(await query('select date from withdrawn_timeslots')).toEqual([{ date: '2026-03-02' }]);
    expect(await query('select date from closed_timeslots')).toEqual([{ date: '2026-03-02' }]);
  });

  test('messages that are done with and what stands in inboxes go after the setting, nothing that is to be sent', async () => {
    const statuses = ['queued', 'sending', 'sent', 'failed', 'dropped'];
    for (const [name, age] of [
      ['old', '60 days 1 second'],
      ['recent', '59 days'],
    ])
      for (const status of statuses)
        await query(
          `insert into messages (key, user_id, channel, kind, status, created_at)
           values ($2, $1, 'sms', 'reminder', $3::message_status, ${at(age ?? '')})`,
          [person.id, `${name} ${status}`, status],
        );
    const notification =
      'insert into notifications (key, user_id, kind, created_at, read_at) values ($2, $1, ';
    await query(`${notification} 'booked', ${at('61 days')}, null)`, [person.id, 'old unread']);
    await query(`${notification} 'booked', ${at('61 days')}, ${at('1 day')})`, [person.id, 'old read']);
    await query(`${notification} 'booked', ${at('59 days')}, null)`, [person.id, 'recent']);
    await sweep();
    const keys = async (table: string) =>
      (await query<{ key: string }>(`select key from ${table} order by key`)).map(({ key }) => key);
    expect(await keys('messages')).toEqual(
      ['old queued', 'old sending', ...statuses.map((status) => `recent ${status}`)].sort(),
    );
    expect(await keys('notifications')).toEqual(['recent']);
  });

  test('goes in more than one statement where there is much, and two at once do no harm', async () => {
    await query(
      `insert into login_throttles (key, last_failed_at, blocked_until)
       select 'many' || n, ${at('2 days')}, ${at('2 days')} from generate_series(1, 11000) n`,
    );
    await query(
      `insert into messages (key, user_id, channel, kind, status, created_at)
       select 'many' || n, $1, 'sms', 'reminder', 'sent', ${at('61 days')} from generate_series(1, 11000) n`,
      [person.id],
    );
    await Promise.all([sweep(), sweep()]);
    await sweep();
    expect(await count('login_throttles')).toBe(0);
    expect(await count('messages')).toBe(0);
  });
});

test('the background jobs are named, and each has its time', () => {
  const { tasks, repeated } = modules.housekeeping;
  // Weeks are published by the clinic's clock, which `publish_due` asks, and at once where a holiday is deleted.
  const asked = repeated.map(({ task }) => (task === 'publish_due' ? 'publish_schedules' : task));
  // These are queued by what asks for them, and have no time.
  const queued = ['publish_due', 'link_timeslots', 'remove_photo'];
  const own = Object.keys(tasks).filter((task) => !queued.includes(task));
  expect(asked.sort()).toEqual(own.sort());
});
