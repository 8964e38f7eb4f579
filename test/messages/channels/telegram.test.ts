import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTelegram } from '../../../src/modules/notifications/channels/telegram.ts';
import { failure, nowhere, outgoing, PATIENCE } from '../../helpers/messages/attempt.ts';
import { startTelegram } from '../../helpers/messages/providers.ts';

describe('Telegram', () => {
  let server: Awaited<ReturnType<typeof startTelegram>>;
  beforeAll(async () => {
    server = await startTelegram();
  });
  afterAll(() => server.close());
  const telegram = (settings = {}) => createTelegram({ ...server.settings, ...settings }, PATIENCE);
  const message = outgoing({ channel: 'telegram', to: '4711' });

  test('sends title and text to a chat, with the title in bold', async () => {
    expect(await telegram().send(message)).toEqual({ provider_id: '1' });
    expect(server.requests.at(-1)?.fields).toMatchObject({
      chat_id: '4711',
      text: `${message.title}\n\n${message.text}`,
      entities: [{ type: 'bold', offset: 0, length: message.title.length }],
      link_preview_options: { is_disabled: true },
    });
  });

  test.each([
    [
      'the person blocked the bot',
      () => server.refusal(403, 'Forbidden: bot was blocked by the user'),
      'telegram_403 permanent gone',
    ],
    [
      'a chat that is no more',
      () => server.refusal(400, 'Bad Request: chat not found'),
      'telegram_400 permanent gone',
    ],
    [
      'a text that is too long',
      () => server.refusal(400, 'Bad Request: message is too long'),
      'telegram_400 permanent',
    ],
    [
      'too many',
      () => server.refusal(429, 'Too Many Requests: retry after 34', { retry_after: 34 }),
      'telegram_429 outage after 34',
    ],
    ['theirs to mend', () => server.refusal(502, 'Bad Gateway'), 'telegram_502 uncertain outage'],
    ['no answer in time', () => 'hang' as const, 'timeout uncertain outage'],
    ['a broken connection', () => 'drop' as const, 'cut_off uncertain outage'],
  ])('%s', async (_, trouble, expected) => {
    server.troubles.push(trouble());
    expect(await failure(telegram().send(message))).toBe(expected);
  });

  test('is out while the token is wrong or Telegram is away', async () => {
    expect(await failure(telegram({ token: '1:wrong' }).send(message))).toBe('telegram_401 outage');
    expect(await failure(telegram({ api_url: `http://${await nowhere()}` }).send(message))).toBe(
      'unreachable outage',
    );
  });
});
