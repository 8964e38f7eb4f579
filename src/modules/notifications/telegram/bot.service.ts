import type { Bot, Context } from 'grammy';
import type { Log } from '../../../core/log.ts';
import { type Locale, locales } from '../../../core/words.ts';
import { loggable } from '../../../db/errors.ts';
import type { TelegramSettings } from '../channels/telegram.ts';
import type { Telegram } from './telegram.service.ts';

/** Seconds for which Telegram holds a request for new messages. A call must outlast it. */
const POLL = 25;
const CALL = POLL + 10;
const FIRST_WAIT = 5;
const LONGEST_WAIT = 300;
const STOP_WITHIN = 3_000;

/** The bot's user name, which stands in a deep link. */
export async function askBotName({ token, api_url }: TelegramSettings, timeout: number): Promise<string> {
  const { Api } = await import('grammy');
  return (await new Api(token, { apiRoot: api_url, timeoutSeconds: timeout / 1_000 }).getMe()).username;
}

/**
 * Answers /start, /stop and /my by long polling. Telegram lets one process poll a bot, so only one may start this (see
 * main/jobs.ts). Telegram hands each message over at least once, and every answer can be given twice.
 */
export function createBot(settings: TelegramSettings, telegram: Telegram, log: Log) {
  let wanted = false;
  let bot: Bot | undefined;
  let polling: Promise<void> | undefined;
  let wake = () => {};

  async function build(): Promise<Bot> {
    const { Bot } = await import('grammy');
    const made = new Bot(settings.token, { client: { apiRoot: settings.api_url, timeoutSeconds: CALL } });
    // In a group everybody would read what is for one person.
    const chats = made.chatType('private');
    const say = async (
      context: Context,
      answer: (chat: string, language: Locale | undefined) => Promise<string>,
    ) => {
      // An IETF tag, such as `uz` or `pt-br`.
      const [spoken] = context.from?.language_code?.toLowerCase().split('-') ?? [];
      const language = locales.find((locale) => locale === spoken);
      await context.reply(await answer(String(context.chat?.id), language), {
        link_preview_options: { is_disabled: true },
      });
    };
    chats.command('start', (context) =>
      say(context, (chat, language) => telegram.start(chat, context.match.trim(), language)),
    );
    chats.command('stop', (context) => say(context, telegram.stop));
    chats.command('my', (context) => say(context, telegram.visits));
    chats.on('message', (context) => say(context, telegram.help));
    // A message that cannot be answered must not keep the others waiting.
    made.catch(({ error }) => log.warn({ error: loggable(error) }, 'the bot could not answer a message'));
    return made;
  }

  async function poll(): Promise<void> {
    let wait = FIRST_WAIT;
    while (wanted) {
      try {
        bot = await build();
        await bot.start({
          timeout: POLL,
          allowed_updates: ['message'],
          onStart: () => {
            wait = FIRST_WAIT;
            log.info({}, 'the Telegram bot answers');
          },
        });
      } catch (error) {
        log.warn({ error: loggable(error) }, 'the Telegram bot cannot poll; trying again');
      }
      if (!wanted) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, wait * 1_000).unref();
      });
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  }

  return {
    start(): void {
      wanted = true;
      polling ??= poll().finally(() => {
        polling = undefined;
      });
    },
    /** Finishes the answer under way. Telegram keeps the messages that were not fetched. */
    async stop(): Promise<void> {
      wanted = false;
      wake();
      const stopped = bot?.stop().catch(() => {});
      const late = new Promise((resolve) => setTimeout(resolve, STOP_WITHIN).unref());
      await Promise.race([Promise.all([stopped, polling]), late]);
    },
  };
}
