import { describe, expect, test } from 'vitest';
import { sendingWorld } from '../helpers/messages/sending.ts';

const sending = sendingWorld();
const { messagesOf, bySms, tell, wait, attempts, freshPhone, next } = sending;

describe('a message', () => {
  test('goes out once, and is noted with the provider’s name of it', async () => {
    const user = await bySms();
    await tell(user);
    await sending.world.drain();
    expect(sending.eskiz.taken).toHaveLength(1);
    const [message] = await messagesOf(user);
    expect(message).toMatchObject({ status: 'sent', attempts: 1, error: null });
    expect(message?.provider_id).toBe(`request-${sending.eskiz.taken[0]?.key}`);
    await sending.world.notifications.jobs.tasks.send_message({ message: message?.id });
    expect(sending.eskiz.taken).toHaveLength(1);
  });

  test('with the same key as another is queued once, also when two transactions race', async () => {
    const user = await bySms();
    await Promise.all(
      Array.from({ length: 5 }, () =>
        sending.world.tell({ user_id: user, kind: 'new_sign_in', key: 'the-same' }),
      ),
    );
    await sending.world.drain();
    expect(sending.eskiz.taken).toHaveLength(1);
    expect(await sending.world.rows('select from notifications where user_id = $1', [user])).toHaveLength(1);
  });

  test('is written in the person’s language at the moment it leaves', async () => {
    const user = await bySms();
    await tell(user);
    await sending.world.db.$client.query("update users set locale = 'ru' where id = $1", [user]);
    await sending.world.drain();
    const day = `${Number(sending.today().slice(8, 10))} марта`;
    expect(sending.eskiz.taken[0]?.text).toBe(`Ваш пароль изменён ${day} 09:00. Не вы? Восстановите его.`);
  });

  test('is tried again after longer and longer pauses, and an admin sees why it failed in the end', async () => {
    const user = await bySms();
    await tell(user);
    sending.eskiz.troubles.push(...Array.from({ length: 4 }, () => ({ status: 500 })));
    const due: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await (attempt === 1 ? sending.world.drain() : attempts(1));
      const [message] = await messagesOf(user);
      expect(message).toMatchObject({ status: 'sending', attempts: attempt, error: 'http_500' });
      due.push((Date.parse(message?.due_at ?? '') - sending.world.clock.now().getTime()) / 1_000);
    }
    // e, e² and e³ seconds, and up to a fifth more.
    for (const [index, seconds] of due.entries()) {
      expect(seconds).toBeGreaterThanOrEqual(Math.exp(index + 1) - 0.01);
      expect(seconds).toBeLessThanOrEqual(Math.exp(index + 1) * 1.2 + 0.01);
    }
    await attempts(1);
    expect(await messagesOf(user)).toMatchObject([{ status: 'failed', attempts: 4, error: 'http_500' }]);
    await attempts(2);
    expect(sending.eskiz.taken).toEqual([]);
  });

  test('that can never go out fails at once', async () => {
    const user = await bySms();
    sending.eskiz.troubles.push({
      status: 400,
      body: { status: 'error', message: { mobile_phone: ['invalid'] } },
    });
    await tell(user);
    await sending.world.drain();
    expect(await messagesOf(user)).toMatchObject([{ status: 'failed', attempts: 1, error: 'http_400' }]);
  });

  test.each([
    ['whose answer was lost', 'drop'],
    ['whose answer came too late', 'hang'],
  ] as const)('%s is looked for before it is sent again', async (_, lost) => {
    const user = await bySms();
    sending.eskiz.after.push(lost);
    await tell(user);
    await sending.world.drain();
    expect((await messagesOf(user))[0]).toMatchObject({ status: 'sending', attempts: 1 });
    await attempts(1);
    expect(sending.eskiz.taken).toHaveLength(1);
    expect(await messagesOf(user)).toMatchObject([{ status: 'sent', attempts: 2 }]);
  });

  test('that Eskiz never got is sent again after Eskiz was asked for it', async () => {
    const user = await bySms();
    sending.eskiz.troubles.push('drop');
    await tell(user);
    await sending.world.drain();
    await attempts(1);
    expect(sending.eskiz.taken).toHaveLength(1);
    expect(await messagesOf(user)).toMatchObject([{ status: 'sent', attempts: 2 }]);
  });

  test('waits as long as the provider asks, and so do the others of its channel', async () => {
    const [first, second] = [
      await sending.world.person('patient', { chat: `${next()}` }),
      await sending.world.person('patient', { chat: `${next()}` }),
    ];
    sending.telegram.troubles.push(
      sending.telegram.refusal(429, 'Too Many Requests: retry after 40', { retry_after: 40 }),
    );
    const before = sending.telegram.requests.length;
    await tell(first);
    await sending.world.drain();
    await tell(second);
    await sending.world.drain();
    // The second was not even tried.
    expect(sending.telegram.requests.length - before).toBe(1);
    expect(await messagesOf(first)).toMatchObject([{ status: 'queued', attempts: 0, error: 'telegram_429' }]);
    expect(await messagesOf(second)).toMatchObject([{ status: 'queued', attempts: 0 }]);
    const [wait] = await sending.world.rows<{ seconds: number }>(
      `select extract(epoch from min(run_at) - now())::float as seconds from graphile_worker.jobs
       where key = any($1)`,
      [[...(await messagesOf(first)), ...(await messagesOf(second))].map(({ id }) => `message:${id}`)],
    );
    expect(wait?.seconds).toBeGreaterThan(30);
    await attempts(1);
    expect(sending.telegram.taken).toHaveLength(2);
  });

  test('costs few attempts while its provider is down, and not one for each of 200 messages', async () => {
    const before = sending.eskiz.requests.length;
    sending.eskiz.troubles.push(...Array.from({ length: 300 }, () => ({ status: 503 })));
    const user = await bySms();
    for (let index = 0; index < 200; index += 1) await tell(user);
    await sending.world.drain();
    expect(sending.eskiz.requests.length - before).toBeLessThanOrEqual(6);
    sending.eskiz.troubles.length = 0;
    await attempts(1);
    expect(sending.eskiz.taken).toHaveLength(200);
    expect(new Set((await messagesOf(user)).map(({ status }) => status))).toEqual(new Set(['sent']));
  });
});

describe('an admin', () => {
  const retry = (message: number) =>
    sending.world.notifications.outbox.retry(message, { id: 1, role: 'admin', session: 1 });

  test('can send a failed message again, and no other message', async () => {
    const user = await bySms();
    sending.eskiz.troubles.push({ status: 422 });
    await tell(user);
    await sending.world.drain();
    const [failed] = await messagesOf(user);
    await retry(failed?.id ?? 0);
    await expect(retry(failed?.id ?? 0)).rejects.toThrow('message_not_failed');
    await expect(retry(2_000_000_000)).rejects.toThrow('message_not_found');
    await sending.world.drain();
    expect(await messagesOf(user)).toMatchObject([{ status: 'sent', attempts: 1, error: null }]);
    expect(sending.eskiz.taken).toHaveLength(1);
  });

  test('sends a message again that failed without an answer, unless the provider has it after all', async () => {
    const user = await bySms();
    await tell(user);
    sending.eskiz.troubles.push('drop', 'drop', 'drop');
    sending.eskiz.after.push('drop');
    await sending.world.drain();
    await attempts(3);
    const [failed] = await messagesOf(user);
    expect(failed).toMatchObject({ status: 'failed', attempts: 4, error: 'cut_off' });
    await retry(failed?.id ?? 0);
    await attempts(1);
    expect(sending.eskiz.taken).toHaveLength(1);
    expect(await messagesOf(user)).toMatchObject([{ status: 'sent', error: null }]);
  });
});

describe('an attempt that counted as dead and was only slow', () => {
  /** What has become of the message by the time the provider answers the first attempt. */
  const meanwhile = (change: string) => {
    sending.eskiz.state.onTaken = async () => {
      sending.eskiz.state.onTaken = () => {};
      await sending.world.db.$client.query(`update messages set ${change}`);
    };
  };

  test.each([
    ['cannot be sent', { status: 422 }],
    ['is cut off', 'drop'],
  ] as const)('does not take back what another one has sent: it %s', async (_, end) => {
    const user = await bySms();
    await tell(user);
    meanwhile(`status = 'sent', sent_at = now(), error = null`);
    sending.eskiz.after.push(end);
    await sending.world.drain();
    await attempts(1);
    expect(await messagesOf(user)).toMatchObject([{ status: 'sent', error: null }]);
    expect(sending.eskiz.taken).toHaveLength(1);
  });

  test('leaves no trace of a person who was erased meanwhile', async () => {
    const user = await bySms();
    await tell(user);
    meanwhile(`status = 'dropped', params = '{}', secret = null, provider_id = null where user_id = ${user}`);
    await sending.world.drain();
    expect(sending.eskiz.taken).toHaveLength(1);
    expect(await messagesOf(user)).toMatchObject([{ status: 'dropped', provider_id: null }]);
  });
});

describe('quiet hours', () => {
  /** By UTC: ten in the evening in Tashkent is 17:00. */
  const at = (time: string) => sending.world.clock.set(`${sending.today().slice(0, 10)}T${time}:00Z`);
  const morning = () => new Date(Date.parse(`${sending.today().slice(0, 10)}T03:00:00Z`) + 86_400_000);

  test('hold a message that was due before them and was held up', async () => {
    const user = await bySms();
    at('16:59');
    await tell(user);
    at('18:30');
    await sending.world.drain();
    expect(sending.eskiz.taken).toEqual([]);
    expect(await messagesOf(user)).toMatchObject([
      { status: 'queued', attempts: 0, due_at: morning().toISOString() },
    ]);
    sending.world.clock.set(morning().toISOString());
    await sending.world.drain({ retries: true });
    expect(sending.eskiz.taken).toHaveLength(1);
    expect(await messagesOf(user)).toMatchObject([{ status: 'sent', attempts: 1 }]);
  });

  test('hold the next attempt at a message that failed before them', async () => {
    const user = await bySms();
    at('16:59');
    sending.eskiz.troubles.push({ status: 500 });
    await tell(user);
    await sending.world.drain();
    await attempts(1);
    expect(sending.eskiz.taken).toEqual([]);
    sending.world.clock.set(morning().toISOString());
    await sending.world.drain({ retries: true });
    expect(sending.eskiz.taken).toHaveLength(1);
  });

  test('do not hold a code', async () => {
    const user = await bySms();
    at('18:30');
    await sending.world.tell({ user_id: user, kind: 'code', key: `code:${next()}`, secret: '402915' });
    await sending.world.drain();
    expect(sending.eskiz.taken).toHaveLength(1);
  });
});

describe('a person who blocked the bot', () => {
  test('is unlinked, and is told by another channel', async () => {
    const user = await sending.world.person('patient', {
      chat: `blocked-${next()}`,
      phone: freshPhone(),
      phone_verified: true,
    });
    sending.telegram.troubles.push(sending.telegram.refusal(403, 'Forbidden: bot was blocked by the user'));
    await tell(user);
    await sending.world.drain();
    expect(await sending.world.rows('select from telegram_chats where user_id = $1', [user])).toEqual([]);
    expect(await messagesOf(user)).toMatchObject([
      { channel: 'telegram', status: 'dropped', error: 'telegram_403' },
      { channel: 'sms', status: 'sent' },
    ]);
    expect(sending.eskiz.taken).toHaveLength(1);
  });

  test('is told nothing twice where they had chosen another channel too', async () => {
    const user = await sending.world.person('patient', {
      chat: `blocked-${next()}`,
      phone: freshPhone(),
      phone_verified: true,
    });
    await sending.world.db.$client.query(
      `insert into notification_preferences (user_id, channels) values ($1, '{"password_changed": ["telegram", "sms"]}')`,
      [user],
    );
    sending.telegram.troubles.push(sending.telegram.refusal(403, 'Forbidden: bot was blocked by the user'));
    await tell(user);
    await sending.world.drain();
    expect(sending.eskiz.taken).toHaveLength(1);
  });
});

describe('a message that is no longer true', () => {
  test('is not sent: its person is erased, its address changed, its visit cancelled or begun', async () => {
    const doctor = await sending.world.person('doctor');
    const [erased, moved, cancelled, late] = [await bySms(), await bySms(), await bySms(), await bySms()];
    for (const user of [erased, moved]) await tell(user);
    const visit = await sending.world.visit(doctor, cancelled, { date: '2030-06-12', time: '11:00' });
    const begun = await sending.world.visit(doctor, late, { date: '2030-06-12', time: '10:00' });
    for (const [user, appointment] of [
      [cancelled, visit],
      [late, begun],
    ] as const)
      await sending.world.tell({
        user_id: user,
        kind: 'booked',
        key: `told:${appointment}`,
        appointment_id: appointment,
      });
    await sending.world.db.$client.query(
      'update users set deleted_at = now(), is_active = false, phone = null, phone_verified_at = null where id = $1',
      [erased],
    );
    await sending.world.db.$client.query(
      "update users set phone = '+998900000001', phone_verified_at = null where id = $1",
      [moved],
    );
    await sending.world.change(visit, 'cancelled', doctor);
    sending.world.clock.set('2030-06-12T05:00:00Z');
    for (const user of [erased, moved, cancelled, late])
      for (const { id } of await messagesOf(user))
        await sending.world.notifications.jobs.tasks.send_message({ message: id });
    expect(sending.eskiz.taken).toEqual([]);
    const status = async (user: number) =>
      (await messagesOf(user)).map((row) => `${row.status} ${row.error}`);
    expect(await status(erased)).toEqual(['dropped person_deleted']);
    expect(await status(moved)).toEqual(['failed no_address']);
    expect(await status(cancelled)).toEqual(['dropped visit_cancelled']);
    expect(await status(late)).toEqual(['dropped visit_begun']);
  });
});

test('a message that lost its job gets one again', async () => {
  const user = await bySms();
  await tell(user);
  await sending.world.db.$client.query(
    "delete from graphile_worker._private_jobs where key like 'message:%'",
  );
  wait(120);
  await sending.world.notifications.jobs.tasks.tidy_messages();
  await sending.world.drain();
  expect(await messagesOf(user)).toMatchObject([{ status: 'sent' }]);
});

test('an email goes out as text and HTML, with the line that it is no medical advice', async () => {
  const user = await sending.world.person('patient', {
    email: 'reader@example.uz',
    email_verified: true,
    locale: 'en',
  });
  await tell(user);
  await sending.world.drain();
  expect(sending.smtp.mails).toMatchObject([
    { to: 'reader@example.uz', subject: 'Your password was changed' },
  ]);
  expect(sending.smtp.mails[0]?.raw).toContain('it is no medical advice');
  expect(sending.smtp.mails[0]?.raw.match(/medical advice/g)).toHaveLength(2);
  const [message] = await messagesOf(user);
  expect(message?.provider_id).toBe(sending.smtp.mails[0]?.message_id);
});
