import type { Clock } from '../../../core/clock.ts';
import type { Origin } from '../../../core/device.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import type { Message } from '../../../core/messages.ts';
import type { CountryCode } from '../../../core/phone.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import { asAppError } from '../../../db/errors.ts';
import type { Audit } from '../../audit/index.ts';
import type { Account, LockedAccount, User } from '../../users/index.ts';
import type { Opening } from '../sessions/tokens.service.ts';
import type { Entrance } from '../sign-in/entrance.service.ts';
import { type LoginName, loginName } from '../sign-in/names.rules.ts';
import type { TokenPair } from '../sign-in/sign-in.schemas.ts';
import * as repository from './identities.repository.ts';
import type { Person } from './kinds.rules.ts';

export interface EnteringDependencies {
  db: Db;
  clock: Clock;
  phone_country: CountryCode;
  require_consent: boolean;
  entrance: Entrance;
  users: {
    get: (user: number) => Promise<User>;
    findAccount: (name: LoginName) => Promise<Account | undefined>;
    lockAccount: (tx: Tx, user: number) => Promise<LockedAccount | undefined>;
    /** Makes a patient without a password. */
    make: (tx: Tx, fields: Pick<Person, 'first_name' | 'last_name' | 'locale'>) => Promise<number>;
    confirmContact: (
      tx: Tx,
      user: number,
      contact: 'phone' | 'email',
      value: string,
      at: Date,
      resets_from: null,
    ) => Promise<User>;
  };
  patients: { save: (tx: Tx, patient: number, profile: object) => Promise<void> };
  consents: { accept: (tx: Tx, person: number) => Promise<unknown> };
  messages: { enqueue: (tx: Tx, message: Message) => Promise<void> };
  audit: Pick<Audit, 'record'>;
}

/** Somebody whom a provider has named. */
export interface Coming {
  provider: { name: string };
  person: Person;
  accept_terms: boolean;
  /** Who was signed in when it began, and links. */
  link: { user: number; session: number } | undefined;
}

/** Turns whoever a provider has named into somebody of the clinic. An account is found by issuer and subject, by nothing else. */
export function createEntering(dependencies: EnteringDependencies) {
  const { db, clock, entrance, users, patients, consents, messages, audit, phone_country } = dependencies;

  /**
   * Links an identity to whoever was signed in when it began.
   * @throws AppError session_ended, identity_taken, provider_linked
   */
  async function link(tx: Tx, { user, session }: NonNullable<Coming['link']>, coming: Coming): Promise<void> {
    const { provider, person } = coming;
    const account = await users.lockAccount(tx, user);
    if (!account || !(await repository.isOpen(tx, user, session))) throw new AppError('session_ended');
    const identity = { user_id: user, provider: provider.name, ...whoOf(person), is_first: false };
    if (!(await repository.insertIdentity(tx, identity, clock.now()))) {
      const holder = await repository.findHolder(tx, person);
      if (holder === user) return;
      throw new AppError(holder === undefined ? 'provider_linked' : 'identity_taken');
    }
    const actor = { id: user, role: account.role };
    await audit.record(tx, {
      actor,
      action: 'identity.link',
      subject: user,
      details: { provider: provider.name },
    });
    await messages.enqueue(tx, {
      user_id: user,
      kind: 'identity_linked',
      key: `user:${user}:identity:${clock.now().toISOString()}`,
    });
  }

  /**
   * A verified contact that is somebody's confirmed one says who they are, but not that it is they who come now. What is
   * not verified is not looked for: nobody learns who is here.
   */
  async function refuseKnown({ email, phone }: Person): Promise<void> {
    for (const contact of [email, phone]) {
      if (contact === undefined) continue;
      if (await users.findAccount(loginName(contact, phone_country))) throw new AppError('account_exists');
    }
  }

  /** Makes a patient of somebody who has never been here. @returns undefined where the same person came twice at once */
  async function make(tx: Tx, { provider, person, accept_terms }: Coming): Promise<number> {
    const user = await users.make(tx, person);
    await patients.save(tx, user, {});
    for (const contact of ['email', 'phone'] as const) {
      const value = person[contact];
      if (value !== undefined) await users.confirmContact(tx, user, contact, value, clock.now(), null);
    }
    const identity = { user_id: user, provider: provider.name, ...whoOf(person), is_first: true };
    if (!(await repository.insertIdentity(tx, identity, clock.now()))) throw new CameTwice();
    if (accept_terms) await consents.accept(tx, user);
    const actor = { id: user, role: 'patient' } as const;
    const details = { provider: provider.name };
    await audit.record(tx, { actor, action: 'user.register', subject: user, details });
    return user;
  }

  /** Opens a session, as far as their second step, or says that the identity is theirs no longer. */
  async function open(tx: Tx, user: number, { provider, person }: Coming, origin: Origin) {
    const opened = await entrance.enter(tx, { id: user }, origin, { provider: provider.name });
    if (!opened) throw new AppError('account_inactive');
    if (!(await repository.noteUse(tx, user, person, clock.now()))) throw new CameTwice();
    return { user, opened };
  }

  async function attempt(coming: Coming, origin: Origin): Promise<{ user: number; opened: Opening }> {
    const { person, link: by } = coming;
    const holder = by ? by.user : await repository.findHolder(db, person);
    if (holder === undefined) {
      if (dependencies.require_consent && !coming.accept_terms)
        throw invalidField('accept_terms', 'consent_required');
      await refuseKnown(person);
    }
    return transaction(db, async (tx) => {
      if (by) await link(tx, by, coming);
      const user = holder ?? (await make(tx, coming));
      return open(tx, user, coming, origin);
    });
  }

  return {
    /**
     * Signs in whoever has the identity, links it to whoever was signed in, or makes a patient.
     * @throws AppError account_exists, identity_taken, provider_linked, session_ended, account_inactive, second_step_required,
     *   invalid_input (consent_required)
     */
    async enter(coming: Coming, origin: Origin): Promise<TokenPair & { user: User }> {
      const entered = await attempt(coming, origin)
        .catch((error: unknown) => {
          // Another request made the same account, or took the identity away, in this very moment: it is looked up anew.
          if (error instanceof CameTwice) return attempt(coming, origin);
          throw error;
        })
        .catch((error: unknown) => {
          const code = asAppError(error)?.code;
          if (code === 'phone_taken' || code === 'email_taken')
            throw new AppError('account_exists', { cause: error });
          throw error;
        });
      return { ...entrance.pairOf(entered.opened), user: await users.get(entered.user) };
    },
  };
}

const whoOf = ({ issuer, subject }: Person) => ({ issuer, subject });

class CameTwice extends Error {}
