import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import { fullName, type Locale, messageTexts, whenOf } from '../../i18n/messages/index.ts';
import { insertLink, useLink } from './links.repository.ts';
import { hashOf } from './links.service.ts';
import * as repository from './telegram.repository.ts';

export interface TelegramDependencies {
  db: Db;
  clock: Clock;
  default_locale: Locale;
  /** Asks Telegram for the bot's user name; undefined where no bot is set up. */
  botName: (() => Promise<string>) | undefined;
}

export type Telegram = ReturnType<typeof createTelegramLinking>;

const LINK_MINUTES = 15;
const VISITS = 10;

/** Which chat is whose, and what the bot answers. */
export function createTelegramLinking({ db, clock, default_locale, botName }: TelegramDependencies) {
  let known: Promise<string> | undefined;

  /** Asked once; after a failure, again. */
  function nameOfBot(ask: () => Promise<string>): Promise<string> {
    known ??= ask().catch((error) => {
      known = undefined;
      throw new AppError('provider_unavailable', { retryAfter: 10, cause: error });
    });
    return known;
  }

  return {
    /**
     * A deep link that makes the chat of whoever opens it this person's; it serves once, for a quarter of an hour.
     * @throws AppError channel_not_offered, provider_unavailable
     */
    async invite(user_id: number): Promise<{ url: string; expires_at: string }> {
      if (!botName) throw new AppError('channel_not_offered');
      const name = await nameOfBot(botName);
      const token = randomBytes(16).toString('base64url');
      const expires_at = new Date(clock.now().getTime() + LINK_MINUTES * 60_000);
      const link = {
        token_hash: hashOf(token),
        purpose: 'telegram',
        user_id,
        appointment_id: undefined,
      } as const;
      await insertLink(db, { ...link, expires_at });
      return { url: `https://t.me/${name}?start=${token}`, expires_at: expires_at.toISOString() };
    },

    unlink: (executor: Db | Tx, user: number) => repository.unlinkUser(executor, user),

    /** `/start` with the token of a deep link, or without. */
    async start(chat: string, token: string, language: Locale | undefined): Promise<string> {
      const owner = await transaction(db, async (tx) => {
        const user = token ? await useLink(tx, hashOf(token), ['telegram'], clock.now()) : undefined;
        if (user !== undefined) await repository.linkChat(tx, user, chat, clock.now());
        const linked = await repository.findOwner(tx, chat);
        return { linked, used: user !== undefined };
      });
      const { bot } = messageTexts(owner.linked?.locale ?? language ?? default_locale);
      // Telegram may hand over the same message twice: its link is used up by then, and the chat is linked.
      if (owner.used || (token && owner.linked)) return bot.linked;
      if (token) return bot.expired;
      return owner.linked ? bot.help : bot.not_linked;
    },

    /** `/stop` */
    async stop(chat: string, language: Locale | undefined): Promise<string> {
      const owner = await repository.findOwner(db, chat);
      const { bot } = messageTexts(owner?.locale ?? language ?? default_locale);
      return (await repository.unlinkChat(db, chat)) ? bot.unlinked : bot.not_linked;
    },

    /** `/my`: the next visits, as the person's own side sees them. */
    async visits(chat: string, language: Locale | undefined): Promise<string> {
      const owner = await repository.findOwner(db, chat);
      const locale = owner?.locale ?? language ?? default_locale;
      const { bot } = messageTexts(locale);
      if (!owner) return bot.not_linked;
      const wall = clock.wall();
      const visits = await repository.nextVisits(db, owner.user_id, wall, VISITS);
      if (visits.length === 0) return bot.no_visits;
      const lines = visits.map((visit) => {
        const other = visit.doctor_id === owner.user_id ? 'patient' : 'doctor';
        const name = fullName(visit[`${other}_first_name`], visit[`${other}_last_name`]);
        const pending = visit.status === 'pending' && bot.pending;
        return `• ${[whenOf(locale, visit, wall.date), name, pending].filter(Boolean).join(', ')}`;
      });
      return [bot.visits, ...lines].join('\n');
    },

    /** Anything else. */
    async help(chat: string, language: Locale | undefined): Promise<string> {
      const owner = await repository.findOwner(db, chat);
      const { bot } = messageTexts(owner?.locale ?? language ?? default_locale);
      return owner ? bot.help : bot.not_linked;
    },
  };
}
