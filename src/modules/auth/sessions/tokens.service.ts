import { createHmac } from 'node:crypto';
import { networkOf } from '../../../core/address.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Origin } from '../../../core/device.ts';
import { AppError } from '../../../core/errors.ts';
import { deriveKey } from '../../../core/keys.ts';
import { type Caller, isAtDesk, roles } from '../../../core/roles.ts';
import { hashOf, newSecret } from '../../../core/secrets.ts';
import { type Db, type Executor, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { TokenPair } from '../sign-in/sign-in.schemas.ts';
import type { Sessions } from './sessions.service.ts';
import * as repository from './tokens.repository.ts';

export interface TokensDependencies {
  db: Db;
  clock: Clock;
  sessions: Pick<Sessions, 'announce' | 'endAll'>;
  audit: Pick<Audit, 'record' | 'watch'>;
  signAccess: (caller: Caller, branches: readonly number[] | null) => string;
  /** The present signing secret, then those it replaced. */
  secrets: readonly string[];
  access_token_minutes: number;
  refresh_token_days: number;
  /** How long a client that lost the answer may repeat a refresh. */
  refresh_grace_seconds: number;
  /** Whether admins and receptionists cannot do without a second step. */
  staff_two_step: 'required' | 'optional';
}

/** For so long somebody has time to show the second step, in seconds. */
const TICKET_SECONDS = 300;

/** A session that was opened, or what has to be shown for one. */
export type Opening =
  | { session: number; is_new: boolean; tokens: TokenPair }
  | { second_step: { ticket: string; next: repository.NextStep; expires_in: number } };

export type Entering = repository.Entering;

export type Tokens = ReturnType<typeof createTokens>;

/** Gives out access tokens, which say who calls for some minutes, and refresh tokens, which serve once. */
export function createTokens(dependencies: TokensDependencies) {
  const { db, clock, sessions, audit, signAccess } = dependencies;
  const required = dependencies.staff_two_step === 'required' ? roles.filter(isAtDesk) : [];
  const keys = dependencies.secrets.map((secret) => deriveKey(secret, 'refresh_tokens'));

  /** Nobody can guess 256 bits: only their hash is stored, and it needs no salt. */
  function issue(refresh: string) {
    const expires_at = new Date(clock.now().getTime() + dependencies.refresh_token_days * 86_400_000);
    return { refresh, stored: { token_hash: hashOf(refresh), expires_at } };
  }

  /**
   * The tokens that may follow a refresh token, the one of the present key first. They are derived: every process gives
   * the same successor to whoever repeats a refresh, though only its hash is kept. Without the key it leads nowhere.
   */
  const successorsOf = (token: string) =>
    keys.map((key) => createHmac('sha256', key).update(token).digest('base64url'));

  const pair = ({ id, role, session, branches }: repository.Holder, refresh: string): TokenPair => ({
    access: signAccess({ id, role, session }, branches),
    refresh,
    token_type: 'Bearer',
    expires_in: dependencies.access_token_minutes * 60,
  });

  /**
   * Whether a token that cannot be spent may be repeated: one that was spent a moment ago, by a client that lost the
   * answer or by two of its tabs at once, as long as no successor has been used.
   */
  function mayRepeat({ spent_at, successors, successor_used }: repository.SpentToken): boolean {
    if (spent_at === null || successors.length === 0 || successor_used) return false;
    return clock.now().getTime() - Date.parse(spent_at) < dependencies.refresh_grace_seconds * 1_000;
  }

  return {
    /**
     * Opens a session for somebody whose password has been checked, or who has shown otherwise who they are: without one then.
     * Whose second step is missing gets a ticket for it.
     * @param how by what, for the audit
     * @returns undefined when another password was set meanwhile; `is_new` for a device and network not seen before
     * @throws AppError account_inactive
     */
    async open(
      executor: Executor,
      user: Entering,
      { address, device }: Origin,
      how: { provider?: string; passkey?: number } = {},
    ): Promise<Opening | undefined> {
      const { refresh, stored } = issue(newSecret());
      const ticket = newSecret();
      const ends = new Date(clock.now().getTime() + TICKET_SECONDS * 1_000);
      const step = { ticket: { token_hash: hashOf(ticket), expires_at: ends }, required };
      const network = networkOf(address) ?? null;
      const place = { device: device ?? null, address: address ?? null, network };
      const opened = await repository.openSession(executor, user, place, stored, step, clock.now());
      if (!opened?.is_active) throw new AppError('account_inactive');
      const { session, next, role, branches, is_new } = opened;
      if (next !== null) return { second_step: { ticket, next, expires_in: TICKET_SECONDS } };
      if (session === null) return undefined;
      await audit.record(executor, {
        actor: { id: user.id, role },
        action: 'sign_in',
        subject: user.id,
        details: { session, ...how },
        network: network ?? undefined,
      });
      return { session, is_new, tokens: pair({ id: user.id, role, session, branches }, refresh) };
    },

    /**
     * Gives a new pair for a refresh token, which is spent by it. A repeat is given the same successor, for as long as
     * that one is unused and the grace lasts: it comes from a client that lost the answer, or from its other tab. Any
     * other token that was spent is in two hands, one of them a thief's: its whole session ends.
     * @throws AppError invalid_refresh_token
     */
    async refresh(
      token: string,
      { address = null }: { address?: string | null | undefined },
    ): Promise<TokenPair> {
      const successors = successorsOf(token);
      const [next = ''] = successors;
      const { stored } = issue(next);
      const hash = hashOf(token);
      const { holder, refresh, ended } = await transaction(db, async (tx) => {
        const holder = await repository.lockHolder(tx, hash);
        if (!holder) return { ended: [] };
        if (await repository.spend(tx, hash, stored, address, clock.now()))
          return { holder, refresh: next, ended: [] };
        const spent = await repository.findSpent(tx, hash);
        if (!spent?.spent_at) return { ended: [] };
        if (!mayRepeat(spent)) {
          const network = networkOf(address ?? undefined);
          const details = { session: holder.session };
          await audit.watch(tx, { action: 'token.reuse', subject: holder.id, network, details });
          return { ended: await sessions.endAll(tx, holder.id, { only: holder.session }) };
        }
        const given = successors.find((one) => spent.successors.some((known) => known.equals(hashOf(one))));
        // It was derived with a key that this process does not have yet, or no longer: in the middle of a rotation.
        if (given === undefined) await repository.addSuccessor(tx, holder.session, hash, stored);
        return { holder, refresh: given ?? next, ended: [] };
      });
      sessions.announce(ended);
      if (!holder || refresh === undefined) throw new AppError('invalid_refresh_token');
      return pair(holder, refresh);
    },
  };
}
