import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/roles.ts';
import { hashOf } from '../../../core/secrets.ts';
import type { Locale } from '../../../core/words.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import { note as noteEvent } from '../../../events/log.ts';
import { messageTexts } from '../../../i18n/index.ts';
import type { Audit } from '../../audit/index.ts';
import type { Guardians } from '../../patients/index.ts';
import { findLinkOwner, insertLink, useLink } from '../links/links.repository.ts';
import type { Telling } from '../telling/telling.service.ts';
import { longWhen } from '../texts/dates.ts';
import { fullName } from '../texts/names.ts';
import * as repository from './telegram.repository.ts';
import { LINK_MINUTES } from './telegram.schemas.ts';

interface TelegramDependencies {
  db: Db;
  clock: Clock;
  default_locale: Locale;
  /** Asks Telegram for the bot's user name. Undefined where no bot is set up. */
  botName: (() => Promise<string>) | undefined;
  telling: Pick<Telling, 'enqueue'>;
  audit: Pick<Audit, 'record' | 'recordRead'>;
  guardians: Pick<Guardians, 'adult'>;
}

export type Telegram = ReturnType<typeof createTelegramLinking>;

const VISITS = 10;

/** Knows whose each chat is, and what the bot answers. */
export function createTelegramLinking(dependencies: TelegramDependencies) {
  const { db, clock, default_locale, botName, telling, audit, guardians } = dependencies;
  let known: Promise<string> | undefined;

  /** Telegram is asked once, and again after a failure. */
  function nameOfBot(ask: () => Promise<string>): Promise<string> {
    known ??= ask().catch((error) => {
      known = undefined;
      throw new AppError('provider_unavailable', { retryAfter: 10, cause: error });
    });
    return known;
  }

  /** Lists show whether messages reach somebody: whoever keeps a copy of one hears that it may be otherwise now. */
  async function note(
    tx: Tx,
    action: 'telegram.link' | 'telegram.unlink',
    subject: number,
    actor?: Caller,
  ): Promise<void> {
    await audit.record(tx, { ...(actor && { actor }), action, subject });
    await noteEvent(tx, { type: 'user.changed', user_id: subject });
  }

  /** A chat shows a person's visits, so another channel tells them that it was linked, and so does the chat it replaces. */
  async function tellLinked(
    tx: Tx,
    user_id: number,
    chat: string,
    before: string | undefined,
  ): Promise<void> {
    const told = {
      user_id,
      kind: 'telegram_linked',
      key: `telegram:${user_id}:${clock.now().toISOString()}`,
    } as const;
    await telling.enqueue(tx, { ...told, except: 'telegram' });
    if (before !== undefined && before !== chat)
      await telling.enqueue(tx, { ...told, channel: 'telegram', destination: before });
  }

  /** @returns whose chat it is now */
  async function link(tx: Tx, chat: string, token: string): Promise<number | undefined> {
    const user = await useLink(tx, hashOf(token), ['telegram'], clock.now());
    if (user === undefined) return undefined;
    const before = await repository.findChat(tx, user);
    const loser = await repository.linkChat(tx, user, chat, clock.now());
    if (loser !== undefined) await note(tx, 'telegram.unlink', loser);
    await note(tx, 'telegram.link', user);
    await tellLinked(tx, user, chat, before);
    return user;
  }

  /**
   * Unlinks a person's chat, in the transaction of what ends it.
   * @param by the person, where they do it themselves
   */
  async function unlink(tx: Tx, user: number, by?: Caller): Promise<void> {
    if (await repository.unlinkUser(tx, user)) await note(tx, 'telegram.unlink', user, by);
  }

  /** A person's chat takes no more messages. Another one that has taken its place stays. */
  async function forget(tx: Tx, user: number, chat: string): Promise<void> {
    if (await repository.unlinkUser(tx, user, chat)) await note(tx, 'telegram.unlink', user);
  }

  /** Of whomever the owner of a chat is shown visits, as where they see them in a list: what cannot be noted is not shown. */
  async function noteShown(
    { user_id, role }: { user_id: number; role: Caller['role'] },
    visits: readonly { patient_id: number }[],
  ): Promise<void> {
    const people = [...new Set(visits.map(({ patient_id }) => patient_id))].filter((id) => id !== user_id);
    if (people.length === 0) return;
    const details = { channel: 'telegram', rows: visits.length };
    await audit.recordRead(
      { id: user_id, role, session: 0 },
      { action: 'appointment.list', people, details },
    );
  }

  return {
    /**
     * A deep link that links the chat in which it is opened to this person. It works once, for a quarter of an hour. Where a
     * chat is linked already, the caller must prove that the account is theirs.
     * @param mustProve asks once more whether it is the owner
     * @throws AppError channel_not_offered, provider_unavailable, and what `unlinkMine` throws
     */
    async invite(
      caller: Caller,
      mustProve: () => Promise<void>,
    ): Promise<{ url: string; expires_at: string }> {
      if (!botName) throw new AppError('channel_not_offered');
      const { id: user_id } = caller;
      if ((await repository.findChat(db, user_id)) !== undefined) await mustProve();
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

    /**
     * Unlinks the caller's chat. The caller must prove that the account is theirs: with a stolen token somebody could link their
     * own chat afterwards, because a first chat needs no proof. In the chat `/stop` needs none. Where no chat is linked nothing
     * is asked.
     * @throws AppError invalid_input (proof_required, wrong_password), invalid_code, too_many_requests
     */
    async unlinkMine(caller: Caller, mustProve: () => Promise<void>): Promise<void> {
      if ((await repository.findChat(db, caller.id)) === undefined) return;
      await mustProve();
      await transaction(db, (tx) => unlink(tx, caller.id, caller));
    },

    unlink,
    forget,

    /** `/start` with the token of a deep link, or without. */
    async start(chat: string, token: string, language: Locale | undefined): Promise<string> {
      const { owner, asked } = await transaction(db, async (tx) => {
        if (token) await link(tx, chat, token);
        const asked = token ? await findLinkOwner(tx, hashOf(token), 'telegram') : undefined;
        return { owner: await repository.findOwner(tx, chat), asked };
      });
      const { bot } = messageTexts(owner?.locale ?? language ?? default_locale);
      if (!token) return owner ? bot.help : bot.not_linked;
      // Telegram may hand over the same message twice. By then its link is used up, and the chat is that person's.
      return owner !== undefined && owner.user_id === asked ? bot.linked : bot.expired;
    },

    /** `/stop` */
    async stop(chat: string, language: Locale | undefined): Promise<string> {
      const owner = await repository.findOwner(db, chat);
      const { bot } = messageTexts(owner?.locale ?? language ?? default_locale);
      const unlinked = await transaction(db, async (tx) => {
        const user = await repository.unlinkChat(tx, chat);
        if (user !== undefined) await note(tx, 'telegram.unlink', user);
        return user !== undefined;
      });
      return unlinked ? bot.unlinked : bot.not_linked;
    },

    /** `/my`: the person's next visits, each with the name of the other side. */
    async visits(chat: string, language: Locale | undefined): Promise<string> {
      const owner = await repository.findOwner(db, chat);
      const locale = owner?.locale ?? language ?? default_locale;
      const texts = messageTexts(locale);
      const { bot } = texts;
      if (!owner) return bot.not_linked;
      const wall = clock.wall();
      const visits = await repository.nextVisits(db, owner.user_id, wall, VISITS, guardians.adult());
      if (visits.length === 0) return bot.no_visits;
      await noteShown(owner, visits);
      const lines = visits.map((visit) => {
        const other = visit.doctor_id === owner.user_id ? 'patient' : 'doctor';
        const name = fullName(visit[`${other}_first_name`], visit[`${other}_last_name`]);
        const isOther = ![visit.doctor_id, visit.patient_id].includes(owner.user_id);
        const whose = isOther && fullName(visit.patient_first_name, visit.patient_last_name);
        const pending = visit.status === 'pending' && bot.pending;
        return `• ${[whose, longWhen(texts, visit.date, visit.start_time, wall.date), name, pending].filter(Boolean).join(', ')}`;
      });
      return [bot.visits, ...lines].join('\n');
    },

    /** Any other message. */
    async help(chat: string, language: Locale | undefined): Promise<string> {
      const owner = await repository.findOwner(db, chat);
      const { bot } = messageTexts(owner?.locale ?? language ?? default_locale);
      return owner ? bot.help : bot.not_linked;
    },
  };
}
