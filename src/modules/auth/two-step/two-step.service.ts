import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import type { Origin } from '../../../core/device.ts';
import { AppError } from '../../../core/errors.ts';
import type { Message } from '../../../core/messages.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Sealer } from '../../../core/sealing.ts';
import { hashOf } from '../../../core/secrets.ts';
import { base32, totpUri } from '../../../core/totp.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { LockedAccount, User } from '../../users/index.ts';
import type { Sessions } from '../sessions/sessions.service.ts';
import type { Entrance } from '../sign-in/entrance.service.ts';
import type { TokenPair } from '../sign-in/sign-in.schemas.ts';
import type { Proving } from './proving.service.ts';
import * as repository from './two-step.repository.ts';
import { newRecoveryCodes, readCode } from './two-step.rules.ts';

export interface TwoStepDependencies {
  db: Db;
  clock: Clock;
  sealer: Sealer;
  proving: Proving;
  entrance: Entrance;
  sessions: Pick<Sessions, 'announce' | 'endAll'>;
  users: {
    get: (user: number) => Promise<User>;
    lockAccount: (tx: Tx, user: number) => Promise<LockedAccount | undefined>;
    mustLockOwn: (tx: Tx, user: number) => Promise<LockedAccount>;
  };
  messages: { enqueue: (tx: Tx, message: Message) => Promise<void> };
  audit: Pick<Audit, 'record'>;
  /** As an app names the account. */
  clinic_name?: string | undefined;
}

type SignedIn = TokenPair & { user: User };

/** 160 bits, as RFC 4226 (4, R6) recommends. */
const SECRET_BYTES = 20;

export type TwoStep = ReturnType<typeof createTwoStep>;

/**
 * The second step of signing in: a code of an authenticator app. Every statement that changes it runs with the person's row
 * locked, so that of two at once one is the first.
 */
export function createTwoStep(dependencies: TwoStepDependencies) {
  const { db, clock, sealer, proving, entrance, sessions, users, messages, audit } = dependencies;

  const tell = (tx: Tx, user_id: number, what: 'on' | 'off' | 'reset') =>
    messages.enqueue(tx, {
      user_id,
      kind: 'two_step_changed',
      key: `user:${user_id}:two_step:${what}:${clock.now().toISOString()}`,
      params: { what },
    });

  /** Whoever is signed in, or holds a ticket that serves to set it up. @throws AppError invalid_ticket */
  async function whoEnrols({ caller, ticket }: Enrolling): Promise<number> {
    if (caller) return caller.id;
    const held = await repository.findTicket(db, hashOf(ticket), clock.now());
    if (!held?.enrols) throw new AppError('invalid_ticket');
    return held.user;
  }

  /** @throws AppError invalid_ticket, where it was used or ended meanwhile */
  async function holdTicket(tx: Tx, { caller, ticket }: Enrolling): Promise<void> {
    if (!caller && !(await repository.lockTicket(tx, hashOf(ticket), clock.now())))
      throw new AppError('invalid_ticket');
  }

  return {
    /** How one's own second step stands. */
    async state({
      id,
    }: Caller): Promise<{ is_on: boolean; since: string | null; recovery_codes_left: number }> {
      const found = await repository.findTwoStep(db, id);
      const since = found?.confirmed_at ?? null;
      const left = since === null ? 0 : await repository.countRecoveryCodes(db, id);
      return { is_on: since !== null, since, recovery_codes_left: left };
    },

    /**
     * Makes a secret for an app; nothing is asked for until a code of it was shown. Repeated, it makes another one.
     * @throws AppError invalid_ticket, two_step_on, data_keys_missing
     */
    async enrol(enrolling: Enrolling): Promise<{ secret: string; uri: string }> {
      const user = await whoEnrols(enrolling);
      const secret = randomBytes(SECRET_BYTES);
      return transaction(db, async (tx) => {
        const { username } = await users.mustLockOwn(tx, user);
        await holdTicket(tx, enrolling);
        if ((await repository.findTwoStep(tx, user))?.confirmed_at) throw new AppError('two_step_on');
        const sealed = sealer.seal(repository.TWO_STEP_SECRET, user, secret.toString('base64url'));
        await repository.beginTwoStep(tx, user, sealed, clock.now());
        const issuer = dependencies.clinic_name ?? 'Clinic';
        return { secret: base32(secret), uri: totpUri(secret, { issuer, account: username }) };
      });
    },

    /**
     * Asks for the second step from now on. Sessions that were opened without it end, but for the caller's. Whoever came with
     * a ticket is signed in.
     * @throws AppError invalid_code, invalid_ticket, two_step_on, two_step_off (there is nothing to confirm), account_inactive
     */
    async confirm(
      enrolling: Enrolling,
      typed: string,
      origin: Origin,
    ): Promise<{ recovery_codes: string[]; sign_in: SignedIn | null }> {
      const { caller } = enrolling;
      const user = await whoEnrols(enrolling);
      const codes = newRecoveryCodes();
      const { ended, opened } = await transaction(db, async (tx) => {
        const { role } = await users.mustLockOwn(tx, user);
        await holdTicket(tx, enrolling);
        const begun = await repository.findTwoStep(tx, user);
        if (!begun) throw new AppError('two_step_off');
        if (begun.confirmed_at) throw new AppError('two_step_on');
        const code = readCode(typed);
        const step = code && 'app' in code ? proving.stepShown(user, begun.secret, code.app) : undefined;
        if (step === undefined) throw new AppError('invalid_code');
        const hashes = codes.map((one) => hashOf(one.replaceAll('-', '')));
        await repository.confirmTwoStep(tx, user, { step, hashes }, clock.now());
        await audit.record(tx, { actor: { id: user, role }, action: 'two_step.enrol', subject: user });
        await tell(tx, user, 'on');
        const ending = await sessions.endAll(tx, user, { except: caller?.session });
        if (caller) return { ended: ending, opened: undefined };
        await repository.deleteTicket(tx, hashOf(enrolling.ticket));
        return { ended: ending, opened: await entrance.enter(tx, { id: user, both_steps: true }, origin) };
      });
      sessions.announce(ended);
      const sign_in = opened ? { ...entrance.pairOf(opened), user: await users.get(user) } : null;
      return { recovery_codes: codes, sign_in };
    },

    /**
     * Signs in whoever has shown the password, with a code of the app or a recovery code.
     * @throws AppError invalid_ticket, invalid_code, account_inactive, too_many_requests, data_keys_missing
     */
    async signIn(ticket: string, typed: string, origin: Origin): Promise<SignedIn> {
      const hash = hashOf(ticket);
      const held = await repository.findTicket(db, hash, clock.now());
      if (!held || held.enrols) throw new AppError('invalid_ticket');
      const { user } = held;
      const turn = await proving.admit(user);
      const enter = async (tx: Tx) => {
        const account = await users.lockAccount(tx, user);
        if (!account || !(await repository.lockTicket(tx, hash, clock.now())))
          throw new AppError('invalid_ticket');
        if (!(await proving.attempt(tx, turn, { id: user, role: account.role }, typed, origin)))
          return undefined;
        await repository.deleteTicket(tx, hash);
        return entrance.enter(tx, { id: user, both_steps: true }, origin);
      };
      const opened = await proving.during(turn, () => transaction(db, enter));
      if (!opened) throw new AppError('invalid_code');
      return { ...entrance.pairOf(opened), user: await users.get(user) };
    },

    /** Takes one's own second step away, with a code. @throws AppError two_step_off, invalid_code, too_many_requests */
    async remove(caller: Caller, typed: string, origin: Origin): Promise<void> {
      const turn = await proving.admit(caller.id);
      const takeAway = async (tx: Tx) => {
        await users.mustLockOwn(tx, caller.id);
        if (!(await repository.findTwoStep(tx, caller.id))?.confirmed_at) throw new AppError('two_step_off');
        if (!(await proving.attempt(tx, turn, caller, typed, origin))) return false;
        await repository.deleteTwoStep(tx, caller.id);
        await audit.record(tx, { actor: caller, action: 'two_step.remove', subject: caller.id });
        await tell(tx, caller.id, 'off');
        return true;
      };
      if (!(await proving.during(turn, () => transaction(db, takeAway)))) throw new AppError('invalid_code');
    },

    /**
     * It goes with the sign-in that a record takes over of its duplicate, which is about to be erased; both are locked.
     * @throws AppError data_keys_missing
     */
    async moveWithin(tx: Tx, { from, into }: { from: number; into: number }): Promise<void> {
      const found = await repository.findTwoStep(tx, from);
      if (!found?.confirmed_at) return;
      const secret = sealer.open(repository.TWO_STEP_SECRET, from, found.secret);
      await repository.moveTwoStep(tx, { from, into }, sealer.seal(repository.TWO_STEP_SECRET, into, secret));
    },

    /**
     * An admin takes it away from somebody who has lost the app and the codes. Their sessions end: what was lost may hold one.
     * @throws AppError user_not_found, not_oneself
     */
    async reset(user: number, caller: Caller): Promise<void> {
      if (user === caller.id) throw new AppError('not_oneself');
      const ended = await transaction(db, async (tx) => {
        if (!(await users.lockAccount(tx, user))) throw new AppError('user_not_found');
        if (!(await repository.deleteTwoStep(tx, user))) return [];
        await audit.record(tx, { actor: caller, action: 'two_step.reset', subject: user });
        await tell(tx, user, 'reset');
        return sessions.endAll(tx, user);
      });
      sessions.announce(ended);
    },
  };
}

/** Who sets it up: whoever is signed in, or holds a ticket. */
type Enrolling = { caller: Caller; ticket?: undefined } | { caller?: undefined; ticket: string };
