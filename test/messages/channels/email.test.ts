import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEmail } from '../../../src/modules/notifications/channels/email.ts';
import { failure, nowhere, outgoing, PATIENCE } from '../../helpers/messages/attempt.ts';
import { plainPart, startSmtp } from '../../helpers/messages/providers.ts';

describe('email', () => {
  let server: Awaited<ReturnType<typeof startSmtp>>;
  beforeAll(async () => {
    server = await startSmtp();
  });
  afterAll(() => server.close());
  const message = outgoing({
    channel: 'email',
    to: 'aziza@example.uz',
    html: '<p>Qabulingiz tasdiqlandi &amp; kutamiz</p>',
    text: 'Qabulingiz tasdiqlandi: Oʻtkir Gʻulomov.',
  });
  const email = (settings = {}) => createEmail({ ...server.settings, ...settings }, PATIENCE);

  test('goes over SMTP, with text and HTML, under a Message-ID of ours', async () => {
    const sender = email();
    const message_id = '<our-name-1@clinic.example>';
    expect(await sender.send(message)).toEqual({ provider_id: message_id });
    const [mail] = server.mails;
    expect(mail).toMatchObject({ message_id, to: 'aziza@example.uz', subject: 'Qabul tasdiqlandi' });
    expect(mail?.raw).toMatch(/^From: Clinic <no-reply@clinic\.example>/m);
    expect(mail?.raw).toMatch(/^Auto-Submitted: auto-generated/im);
    expect(mail?.raw).toMatch(/^Content-Language: uz/im);
    expect(mail && plainPart(mail)).toContain('Oʻtkir Gʻulomov');
    expect(mail?.raw).toMatch(/Content-Type: text\/html/);
    sender.close?.();
  });

  test('shares a few connections among twenty messages at once', async () => {
    const sender = email();
    const before = server.mails.length;
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => sender.send({ ...message, key: `many-${index}` })),
    );
    expect(new Set(server.mails.slice(before).map((mail) => mail.message_id)).size).toBe(20);
    sender.close?.();
  });

  test.each([
    [
      'no such mailbox',
      () => server.state.recipients.push({ code: 550, text: '5.1.1 <aziza@example.uz> unknown' }),
      'smtp_550 permanent',
    ],
    [
      'a mailbox that is full for now',
      () => server.state.recipients.push({ code: 452, text: '4.2.2 mailbox full' }),
      'smtp_452',
    ],
    [
      'greylisting',
      () => server.state.recipients.push({ code: 451, text: '4.7.1 try again later' }),
      'smtp_451',
    ],
    [
      'refused as spam',
      () => server.state.ends.push({ code: 554, text: '5.7.1 spam' }),
      'smtp_554 permanent',
    ],
    ['not now', () => server.state.ends.push({ code: 450, text: '4.3.0 queue full' }), 'smtp_450'],
  ])('%s', async (_, prepare, expected) => {
    prepare();
    const sender = email();
    expect(await failure(sender.send(message))).toBe(expected);
    sender.close?.();
  });

  /** A server that answers each step as it is told to; what it is not told of it takes. */
  async function refusing(
    answers: Partial<Record<'GREETING' | 'EHLO' | 'HELO' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA', string>>,
  ) {
    const smtp = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(`${answers.GREETING ?? '220 mail.example'}\r\n`);
      socket.on('data', (chunk) => {
        const verb = /^[A-Z]+/i.exec(String(chunk))?.[0]?.toUpperCase() ?? '';
        const usual =
          verb === 'EHLO' ? '250-mail.example\r\n250 AUTH PLAIN' : verb === 'AUTH' ? '235 ok' : '250 ok';
        socket.write(`${answers[verb as 'EHLO'] ?? usual}\r\n`);
      });
    });
    await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
    const address = smtp.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const sender = email({ smtp_url: `smtp://clinic:x@127.0.0.1:${port}` });
    const outcome = await failure(sender.send(message));
    sender.close?.();
    smtp.close();
    return outcome;
  }

  test.each([
    // Of us: the next message would fare no better.
    [{ GREETING: '554 5.7.1 no service for you' }, 'smtp_554 outage'],
    [{ GREETING: '421 4.3.2 too busy' }, 'smtp_421 outage'],
    [{ EHLO: '554 5.7.1 not welcome', HELO: '554 5.7.1 not welcome' }, 'smtp_554 outage'],
    [{ AUTH: '535 5.7.8 wrong' }, 'smtp_535 outage'],
    [{ AUTH: '454 4.7.0 not now' }, 'smtp_454 outage'],
    [{ MAIL: '530 5.7.0 sign in first' }, 'smtp_530 outage'],
    [{ RCPT: '421 4.7.0 closing' }, 'smtp_421 outage'],
    // Of the message.
    [{ MAIL: '550 5.7.1 such a sender' }, 'smtp_550 permanent'],
    [{ RCPT: '550 5.1.1 no such user' }, 'smtp_550 permanent'],
    [{ DATA: '554 5.6.0 no' }, 'smtp_554 permanent'],
    [{ RCPT: '451 4.7.1 greylisted' }, 'smtp_451'],
    [{ MAIL: '503 5.5.1 out of order' }, 'smtp_503'],
  ])('%j is %s', async (answers, expected) => {
    expect(await refusing(answers)).toBe(expected);
  });

  test('is uncertain after a lost answer, and the repeat has the same name', async () => {
    server.state.ends.push('drop');
    const sender = email();
    const before = server.mails.length;
    expect(await failure(sender.send({ ...message, key: 'lost' }))).toBe('cut_off uncertain outage');
    await sender.send({ ...message, key: 'lost' });
    expect(server.mails.slice(before).map((mail) => mail.message_id)).toEqual([
      '<lost@clinic.example>',
      '<lost@clinic.example>',
    ]);
    sender.close?.();
  });

  test('is out while the credentials are wrong or the server is away', async () => {
    const { host } = new URL(server.settings.smtp_url);
    const wrong = email({ smtp_url: `smtp://clinic:wrong@${host}` });
    expect(await failure(wrong.send(message))).toBe('smtp_535 outage');
    wrong.close?.();
    const away = email({ smtp_url: `smtp://clinic:x@${await nowhere()}` });
    expect(await failure(away.send(message))).toBe('unreachable outage');
    away.close?.();
  });

  test('gives up a server that says nothing', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const sender = email({ smtp_url: `smtp://127.0.0.1:${port}` });
    expect(await failure(sender.send(message))).toBe('timeout uncertain outage');
    sender.close?.();
    silent.close();
  });
});
