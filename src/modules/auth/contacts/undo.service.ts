import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { hashOf } from '../../../core/secrets.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import { asAppError } from '../../../db/errors.ts';
import type { Audit } from '../../audit/index.ts';
import type { LockedAccount } from '../../users/index.ts';
import type { Passwords } from '../password/passwords.ts';
import type { Unlinking } from '../providers/unlinking.service.ts';
import type { Sessions } from '../sessions/sessions.service.ts';
import * as repository from './contact-changes.repository.ts';
import { type Contact, UNDO_HOURS } from './contact-changes.service.ts';

export interface UndoDependencies {
  db: Db;
  clock: Clock;
  passwords: Pick<Passwords, 'hash'>;
  sessions: Pick<Sessions, 'announce' | 'endAll'>;
  users: {
    lockAccount: (tx: Tx, user: number) => Promise<LockedAccount | undefined>;
    setPassword: (tx: Tx, user: number, hash: string) => Promise<void>;
    /** Puts back what was confirmed at `verified_at`; null empties it. */
    restoreContact: (
      tx: Tx,
      user: number,
      contact: Contact,
      value: string | null,
      verified_at: string | null,
    ) => Promise<void>;
    /** It stays, and counts as not confirmed. */
    doubtContact: (tx: Tx, user: number, contact: Contact) => Promise<void>;
  };
  codes: { endAll: (tx: Tx, user: number) => Promise<void> };
  messages: { unlinkTelegram: (tx: Tx, user: number) => Promise<void> };
  unlinking: Pick<Unlinking, 'all'>;
  audit: Pick<Audit, 'record'>;
}

/** What the reader of a link is shown. */
export type UndoState =
  | { state: 'over' }
  | { state: 'ask' | 'over' | 'done' | 'taken'; change: repository.Change };

export type Undo = ReturnType<typeof createUndo>;

/** Takes back a change of a contact, for whoever holds the link that was sent to the old one. */
export function createUndo(dependencies: UndoDependencies) {
  const { db, clock, passwords, sessions, users, codes, messages, audit } = dependencies;

  const isOpen = ({ ended_at, expires_at }: repository.Change) =>
    ended_at === null && Date.parse(expires_at) > clock.now().getTime();

  /** One that was confirmed as lately as what is taken back may be from the same hands. */
  async function doubtOther(tx: Tx, user: number, account: LockedAccount, contact: Contact): Promise<void> {
    const other = contact === 'phone' ? 'email' : 'phone';
    const since = account[`${other}_verified_at`];
    if (since === null || clock.now().getTime() - Date.parse(since) >= UNDO_HOURS * 3_600_000) return;
    await users.doubtContact(tx, user, other);
  }

  /** What the link is good for now. Reading changes nothing: mail scanners and previews follow links too. */
  async function read(token: string): Promise<UndoState> {
    const change = await repository.findChange(db, hashOf(token));
    if (!change) return { state: 'over' };
    return { state: isOpen(change) ? 'ask' : 'over', change };
  }

  return {
    read,

    /**
     * The old contact stands in the account again, all sessions end, Telegram is unlinked, codes are over, and the
     * password is one that nobody knows: a new one is set with a code to that contact.
     */
    async undo(token: string): Promise<UndoState> {
      const found = await read(token);
      if (found.state !== 'ask') return found;
      const { id: change_id, user_id: user, contact } = found.change;
      const unknown = await passwords.hash(randomBytes(48).toString('base64'));
      try {
        const ended = await transaction(db, async (tx) => {
          const account = await users.lockAccount(tx, user);
          const change = account && (await repository.findChange(tx, hashOf(token)));
          if (!account || !change || !isOpen(change)) return undefined;
          await users.restoreContact(tx, user, contact, change.old_value, change.old_verified_at);
          // A contact that was only added is taken back by who has the other one: that is their way back.
          if (change.old_value !== null) await doubtOther(tx, user, account, contact);
          await repository.endChanges(tx, user, clock.now());
          await codes.endAll(tx, user);
          await users.setPassword(tx, user, unknown);
          await messages.unlinkTelegram(tx, user);
          await dependencies.unlinking.all(tx, user);
          const details = { fields: [contact], change: change_id };
          await audit.record(tx, { action: 'profile.take_back', subject: user, details });
          return sessions.endAll(tx, user);
        });
        if (!ended) return { ...found, state: 'over' };
        sessions.announce(ended);
        return { ...found, state: 'done' };
      } catch (error) {
        const known = error instanceof AppError ? error : asAppError(error);
        if (known?.code === 'phone_taken' || known?.code === 'email_taken')
          return { ...found, state: 'taken' };
        throw error;
      }
    },
  };
}
