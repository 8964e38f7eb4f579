import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../helpers/app.ts';
import { type Clinic, createClinic } from '../helpers/messages/clinic.ts';
import { startEskiz } from '../helpers/messages/providers.ts';
import { createWorld, START } from '../helpers/messages/world.ts';
import { expectProblem } from '../helpers/problem.ts';

/** A provider that is away, or refuses the clinic as such, for a long while: what waits for it waits. */

interface Row {
  id: number;
  status: string;
  attempts: number;
  error: string | null;
}

test('a mail server that greets nobody for hours costs no message its tries', async () => {
  let isWell = false;
  let greeted = 0;
  const mails: string[] = [];
  const smtp = createServer((socket) => {
    let isData = false;
    socket.on('error', () => {});
    greeted += 1;
    socket.write(isWell ? '220 mail.example\r\n' : '554 5.7.1 no service for you\r\n');
    socket.on('data', (chunk) => {
      const text = String(chunk);
      if (isData) {
        if (!text.endsWith('\r\n.\r\n')) return;
        isData = false;
        mails.push(text);
        socket.write('250 taken\r\n');
      } else if (/^DATA/i.test(text)) {
        isData = true;
        socket.write('354 go on\r\n');
      } else socket.write('250 ok\r\n');
    });
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  const address = smtp.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const world = await createWorld({
    message_attempts: 3,
    channels: { email: { smtp_url: `smtp://127.0.0.1:${port}`, from: 'clinic@example.uz' }, timeout: 5_000 },
  });
  const people: number[] = [];
  for (let index = 0; index < 10; index += 1)
    people.push(await world.person('patient', { email: `p${index}@example.uz`, email_verified: true }));
  for (const user_id of people) await world.tell({ user_id, kind: 'password_changed', key: 'changed' });
  for (let hour = 0; hour < 8; hour += 1) {
    await world.drain({ retries: true });
    world.clock.set(new Date(Date.parse(START) + (hour + 1) * 3_600_000).toISOString());
  }
  const rows = await world.rows<Row>('select id, status, attempts, error from messages');
  expect(rows.map(({ status }) => status)).toEqual(people.map(() => 'queued'));
  for (const { attempts } of rows) expect(attempts).toBeLessThan(3);
  expect(rows.some(({ error }) => error === 'smtp_554')).toBe(true);
  // A few of them at a time ask, not each of them each time.
  expect(greeted).toBeLessThan(people.length * 4);
  isWell = true;
  world.clock.set(new Date(Date.parse(START) + 24 * 3_600_000).toISOString());
  await world.drain({ retries: true });
  await world.drain({ retries: true });
  expect(mails).toHaveLength(people.length);
  expect(await world.rows(`select from messages where status <> 'sent'`)).toEqual([]);
  await world.close();
  await new Promise((resolve) => smtp.close(resolve));
});

describe('many failed messages', () => {
  let clinic: Clinic;
  let eskiz: Awaited<ReturnType<typeof startEskiz>>;
  let admin: Person;
  let patient: Person;
  beforeAll(async () => {
    eskiz = await startEskiz();
    clinic = await createClinic({ channels: { eskiz: eskiz.settings, timeout: 5_000 } });
    admin = await clinic.person('admin');
    patient = await clinic.person('patient');
    await clinic.verify(patient, '+998901234567');
  });
  afterAll(async () => {
    await clinic.close();
    await eskiz.close();
  });

  /** By minutes after the start, as if each had used up its tries. */
  const failed = (count: number, minute: number, channel = 'sms') =>
    clinic.rows<{ id: number }>(
      `insert into messages (key, user_id, channel, kind, status, attempts, error, created_at)
       select 'lost:' || $2::text || ':' || $4::text || ':' || n, $1, $4::message_channel, 'password_changed', 'failed', 10,
         'smtp_554', $5::timestamptz + make_interval(mins => $2::int)
       from generate_series(1, $3::int) n returning id`,
      [patient.id, minute, count, channel, START],
    );
  const retry = (filter: object) => clinic.as(admin).post('/messages/retry/', filter);
  const later = (minutes: number) => new Date(Date.parse(START) + minutes * 60_000).toISOString();
  const left = async () =>
    (
      await clinic.rows<{ count: number }>(
        `select count(*)::int as count from messages where status = 'failed'`,
      )
    )[0]?.count;

  test('are sent again by channel and time, and each is noted for its person', async () => {
    const early = await failed(2, 0);
    const late = await failed(3, 60);
    await failed(1, 60, 'email');
    const noted = async () =>
      (
        await clinic
          .as(admin)
          .get(`/audit/?action=message.retry&subject=${patient.id}&page_size=100`)
          .expect(200)
      ).body.results as { details: { message: number } }[];
    const { body } = await retry({ channel: 'sms', since: later(60), until: later(61) }).expect(200);
    expect(body).toEqual({ retried: 3, more: false });
    expect((await noted()).map(({ details }) => details.message).sort()).toEqual(
      late.map(({ id }) => id).sort(),
    );
    expect(await left()).toBe(3);
    await clinic.drain();
    expect(eskiz.taken).toHaveLength(3);
    expect((await retry({ channel: 'sms', until: later(0) }).expect(200)).body).toEqual({
      retried: 0,
      more: false,
    });
    expect((await retry({}).expect(200)).body).toEqual({ retried: 3, more: false });
    await clinic.drain();
    expect(eskiz.taken).toHaveLength(3 + early.length);
    await clinic.db.$client.query('delete from messages');
  });

  test('are at most 500 at a time, oldest first, and the answer says that there are more', async () => {
    await failed(501, 0);
    expect((await retry({ channel: 'sms' }).expect(200)).body).toEqual({ retried: 500, more: true });
    const [rest] = await clinic.rows<{ id: number }>(`select id from messages where status = 'failed'`);
    const [last] = await clinic.rows<{ id: number }>('select max(id) as id from messages');
    expect(rest).toEqual(last);
    expect((await retry({ channel: 'sms' }).expect(200)).body).toEqual({ retried: 1, more: false });
    await clinic.db.$client.query('delete from messages');
  });

  test('are not sent twice by two admins at once', async () => {
    const lost = await failed(40, 0);
    const answers = await Promise.all([retry({}), retry({}), retry({})]);
    expect(answers.reduce((sum, { body }) => sum + body.retried, 0)).toBe(lost.length);
    await clinic.db.$client.query('delete from messages');
  });

  test('are sent again by admins only, and wrong filters are named', async () => {
    expectProblem(await clinic.as(patient).post('/messages/retry/', {}), 'forbidden');
    for (const [filter, path, code] of [
      [{ channel: 'pigeon' }, 'channel', 'invalid_choice'],
      [{ since: 'yesterday' }, 'since', undefined],
      [{ since: '0001-01-01T00:00:00Z' }, 'since', 'invalid_date'],
      [{ since: '2030-02-30T00:00:00Z' }, 'since', undefined],
      [{ since: later(2), until: later(1) }, 'until', 'range_reversed'],
    ] as const) {
      const answer = await retry(filter);
      expectProblem(answer, 'invalid_input');
      expect(answer.body.errors).toMatchObject([{ path, ...(code && { code }) }]);
    }
    expect((await retry({ until: '9999-12-31T23:59:59.999Z' }).expect(200)).body.retried).toBe(0);
  });
});
