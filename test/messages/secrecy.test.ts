import { describe, expect, test } from 'vitest';
import { createSealing } from '../../src/modules/notifications/delivery/sealing.service.ts';
import { sendingWorld } from '../helpers/messages/sending.ts';

const sending = sendingWorld();
const { messagesOf, tell, wait, attempts, next } = sending;

/** Signs that stand nowhere else in this database. */
const NAME = 'Qahramonjon';
const PHONE = '+998977774433';
const EMAIL = 'qahramonjon@example.uz';

describe('codes', () => {
  const CODE = '739164';
  const sendCode = (user_id: number, more = {}) =>
    sending.world.tell({
      user_id,
      kind: 'code',
      key: `code:${next()}`,
      params: { purpose: 'verify_phone' },
      secret: CODE,
      channel: 'sms',
      ...more,
    });

  test('go to an address that is not proved yet, are sealed until then, and leave no trace', async () => {
    const user = await sending.world.person('patient');
    await sendCode(user, { destination: PHONE });
    const [queued] = await messagesOf(user);
    expect(queued?.secret).toBeInstanceOf(Buffer);
    expect(JSON.stringify(queued)).not.toMatch(/739164|998977/);
    expect(queued?.secret?.toString('latin1')).not.toMatch(/739164|998977/);
    await sending.world.drain();
    expect(sending.eskiz.taken).toMatchObject([{ to: PHONE.slice(1), text: expect.stringContaining(CODE) }]);
    expect(await messagesOf(user)).toMatchObject([{ status: 'sent', secret: null }]);
    expect(await sending.world.rows('select from notifications where user_id = $1', [user])).toEqual([]);
  });

  test('go to the person’s own unproved address, where nothing else goes', async () => {
    const user = await sending.world.person('patient', { phone: PHONE });
    await tell(user);
    await sendCode(user);
    await sending.world.drain();
    expect(sending.eskiz.taken.map(({ text }) => text.includes(CODE))).toEqual([true]);
  });

  test('are not held back by quiet hours', async () => {
    wait(15 * 60);
    const user = await sending.world.person('patient', { phone: PHONE });
    await sendCode(user);
    await sending.world.drain();
    expect(sending.eskiz.taken).toHaveLength(1);
  });

  test('are dropped once they have expired', async () => {
    const user = await sending.world.person('patient', { phone: PHONE });
    await sendCode(user);
    wait(5.02);
    await sending.world.drain();
    expect(await messagesOf(user)).toMatchObject([{ status: 'dropped', error: 'expired', secret: null }]);
    expect(sending.eskiz.taken).toEqual([]);
  });

  test('that failed are forgotten soon, too', async () => {
    const user = await sending.world.person('patient', { phone: PHONE });
    sending.eskiz.troubles.push({ status: 400 });
    await sendCode(user);
    await sending.world.drain();
    expect((await messagesOf(user))[0]).toMatchObject({ status: 'failed', secret: expect.any(Buffer) });
    wait(10);
    await sending.world.notifications.jobs.tasks.tidy_messages();
    expect((await messagesOf(user))[0]).toMatchObject({ status: 'failed', secret: null });
  });

  test('that were tampered with fail, and are not sent', async () => {
    const user = await sending.world.person('patient', { phone: PHONE });
    await sendCode(user);
    const [message] = await messagesOf(user);
    const { $client } = sending.world.db;
    await $client.query('update messages set secret = $2 where id = $1', [message?.id, Buffer.alloc(60, 7)]);
    await sending.world.drain();
    expect(await messagesOf(user)).toMatchObject([{ status: 'failed', error: 'unreadable_secret' }]);
    expect(sending.eskiz.taken).toEqual([]);
  });

  test('open under the secret that sealed them, replaced or not, and only in their own row', () => {
    const sealed = createSealing(['the-old-one']).seal({ code: CODE }, 'code:1:7:sms');
    expect(sealed.toString('latin1')).not.toContain(CODE);
    expect(createSealing(['the-new-one', 'the-old-one']).open(sealed, 'code:1:7:sms')).toEqual({
      code: CODE,
    });
    expect(createSealing(['the-new-one']).open(sealed, 'code:1:7:sms')).toBeUndefined();
    expect(createSealing(['the-old-one']).open(sealed, 'code:2:7:sms')).toBeUndefined();
    expect(() => createSealing(['']).seal({ code: CODE }, 'code:1:7:sms')).toThrow('no secret');
  });
});

test('neither the log nor the tables of messages nor the queue hold a person’s name, phone, email, chat or code', async () => {
  const doctor = await sending.world.person('doctor', { first_name: NAME, last_name: NAME });
  const patient = await sending.world.person('patient', {
    first_name: NAME,
    last_name: NAME,
    phone: PHONE,
    phone_verified: true,
    email: EMAIL,
    email_verified: true,
    chat: '5550555055',
  });
  await sending.world.db.$client.query(
    `insert into notification_preferences (user_id, channels) values ($1, '{"booked": ["telegram", "sms", "email"], "cancelled": ["sms", "email"]}')`,
    [patient],
  );
  const visit = await sending.world.visit(doctor, patient, { date: '2030-06-14' });
  sending.eskiz.troubles.push(
    { status: 500 },
    { status: 400, body: { status: 'error', message: `${PHONE} is wrong` } },
  );
  sending.smtp.state.recipients.push({ code: 550, text: `5.1.1 <${EMAIL}> unknown` });
  await sending.world.drain();
  await attempts(1);
  await sending.world.change(visit, 'cancelled', doctor, `${NAME} is ill`);
  await sending.world.tell({
    user_id: patient,
    kind: 'code',
    key: `code:${next()}`,
    params: { purpose: 'reset_password' },
    secret: '918273',
    channel: 'sms',
  });
  await sending.world.drain();
  expect(
    sending.telegram.taken.length + sending.eskiz.taken.length + sending.smtp.mails.length,
  ).toBeGreaterThan(2);
  const personal = new RegExp(`${NAME}|${PHONE.slice(1)}|${EMAIL}|5550555055|918273`, 'i');
  const tables = await sending.world.rows<{ text: string }>(`
    select to_jsonb(m)::text as text from messages m union all select to_jsonb(n)::text from notifications n
    union all select to_jsonb(j)::text from graphile_worker._private_jobs j
    union all select to_jsonb(l)::text from one_use_links l`);
  expect(tables.length).toBeGreaterThan(10);
  expect(tables.filter(({ text }) => personal.test(text))).toEqual([]);
  expect(sending.lines.length).toBeGreaterThan(3);
  expect(sending.lines.filter((line) => personal.test(line))).toEqual([]);
});
