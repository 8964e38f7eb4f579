import { isSameName } from '../../core/ascii.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError, type FieldError, invalidField } from '../../core/errors.ts';
import type { Page, PageRequest } from '../../core/page.ts';
import { hasNoSignIn } from '../../core/records.ts';
import { type Caller, isBoundByBranches, type Role, sideOf, worksHere } from '../../core/roles.ts';
import type { Unchanged } from '../../core/unchanged.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import { planReminders } from '../../db/queue/jobs.ts';
import type { Updates } from '../../events/updates.ts';
import type { LockedAccount } from './accounts.repository.ts';
import { createAccounts } from './accounts.service.ts';
import { lockPerson } from './admins.service.ts';
import { type ApprovalDependencies, createApproval } from './approval.service.ts';
import { replaceBranches } from './branches.repository.ts';
import { createErasure, type ErasureDependencies } from './erasure.service.ts';
import { createLeaving, type LeavingDependencies } from './leaving.service.ts';
import type { ProfileInput } from './profile.schemas.ts';
import { createRecords } from './records.service.ts';
import type { User, UserFilters } from './user.schemas.ts';
import * as repository from './users.repository.ts';
import { isHeardAnew, notesOf, profileErrors } from './users.rules.ts';
import type { NewUser, Registration, UserChanges } from './users.schemas.ts';

interface UsersDependencies extends ErasureDependencies, ApprovalDependencies, LeavingDependencies {
  db: Db;
  clock: Clock;
  hashPassword: (password: string) => Promise<string>;
  audit: LeavingDependencies['audit'];
  doctors: ErasureDependencies['doctors'] &
    ApprovalDependencies['doctors'] & {
      save: (
        tx: Tx,
        doctor: number,
        profile: ProfileInput,
        options: { waiting: boolean; field: string | null },
      ) => Promise<void>;
    };
  patients: ErasureDependencies['patients'] & {
    save: (tx: Tx, patient: number, profile: ProfileInput) => Promise<void>;
  };
  appointments: ErasureDependencies['appointments'] & LeavingDependencies['appointments'];
  /** Tells who is reached by a confirmed contact that another takes its place, whoever wrote it. */
  contactChanges: {
    replaced: (
      tx: Tx,
      user: number,
      before: LockedAccount,
      wanted: Pick<UserChanges, 'phone' | 'email'>,
    ) => Promise<void>;
  };
  messages: ApprovalDependencies['messages'] & {
    unlinkTelegram: (tx: Tx, user: number) => Promise<void>;
  };
  /** Unlinks accounts elsewhere that were linked to an account after it was made. */
  unlinking: { later: (tx: Tx, user: number) => Promise<void> };
  /** Keeps which versions of terms and privacy policy somebody has accepted. */
  consents: { accept: (tx: Tx, person: number) => Promise<unknown> };
  /** Whether a doctor who registers is let in at once, or waits for an admin. */
  doctor_approval: 'automatic' | 'required';
  require_consent: boolean;
  updates: Updates;
}

export type Users = ReturnType<typeof createUsers>;

export function createUsers(dependencies: UsersDependencies) {
  const { db, clock, hashPassword, audit, sessions, doctors, patients, waitlist, updates } = dependencies;
  const leaving = createLeaving(dependencies);

  async function saveProfile(
    tx: Tx,
    user: number,
    role: Role,
    profile: ProfileInput,
    { waiting = false, registers = false } = {},
  ): Promise<void> {
    if (profile.date_of_birth && profile.date_of_birth > clock.wall().date)
      throw invalidField('profile.date_of_birth', 'birth_in_future');
    if (sideOf(role) === 'doctor') {
      const field = registers ? 'profile.specialization' : null;
      await doctors.save(tx, user, profile, { waiting, field });
    }
    if (sideOf(role) === 'patient') await patients.save(tx, user, profile);
    if (isBoundByBranches(role) && profile.branches) await replaceBranches(tx, user, profile.branches);
  }

  /** @param options.note what else belongs into the transaction of a new person */
  async function insert(
    { password, profile = {}, ...columns }: NewUser,
    options: { waiting?: boolean; registers?: boolean; note: (tx: Tx, user: User) => Promise<void> },
  ): Promise<User> {
    const password_hash = await hashPassword(password);
    return transaction(db, async (tx) => {
      const id = await repository.insertUser(tx, { ...columns, password_hash });
      await saveProfile(tx, id, columns.role, profile, options);
      const user = await repository.findUser(tx, id);
      if (!user) throw new Error('a new user is gone within its own transaction');
      await options.note(tx, user);
      return user;
    });
  }

  /** Writes what an admin changed of a person. @returns whether they must sign in again */
  async function write(
    tx: Tx,
    user: number,
    before: LockedAccount,
    { password, profile, upcoming, ...changes }: UserChanges,
    password_hash: string | undefined,
    by: Caller,
  ): Promise<boolean> {
    const after = { ...before, ...given(changes) };
    const { role, username } = after;
    refuseMisfits(role, username, { password, profile });
    const newRole = role !== before.role;
    refuseHalfSignIn(before, { username: changes.username, password }, newRole);
    await mustHavePassword(tx, user, before, { ...after, password });
    await leaving.leaveCalendar(tx, user, before, { newRole, is_active: changes.is_active, upcoming }, by);
    if (newRole || changes.is_active === false) await waitlist.leaveAll(tx, user);
    // Whoever is put out keeps their branches: without one they would work everywhere once they are let in again.
    if (newRole && isBoundByBranches(before.role)) await replaceBranches(tx, user, []);
    await repository.updateUser(tx, user, password_hash ? { ...changes, password_hash } : changes);
    await dependencies.contactChanges.replaced(tx, user, before, changes);
    // Whoever set the old password may have linked it.
    if (password !== undefined) {
      await dependencies.messages.unlinkTelegram(tx, user);
      await dependencies.unlinking.later(tx, user);
    }
    if (profile || newRole) await saveProfile(tx, user, role, profile ?? {});
    if (newRole && sideOf(role) === 'doctor') await doctors.approve(tx, user, clock.now());
    if (isHeardAnew(before, after)) await planReminders(tx, user);
    return newRole || changes.is_active === false || password !== undefined;
  }

  return {
    accounts: createAccounts(dependencies),
    approval: createApproval(dependencies),
    erasure: createErasure(dependencies),
    records: createRecords(dependencies),

    hasUsers: (role?: Role) => repository.hasUsers(db, role),

    /** People of every role, newest first, or those who have changed. @throws AppError too_old */
    async list({
      page,
      page_size,
      cursor,
      updated_since,
      ...filters
    }: UserFilters & PageRequest): Promise<Page<User>> {
      if (updated_since === undefined) return repository.listUsers(db, filters, { page, page_size, cursor });
      const rows = (ids: readonly number[]) => repository.findUsers(db, ids);
      return updates.page('users', { updated_since, page_size, cursor }, { rows });
    },

    /**
     * Somebody registers themself. A doctor waits for approval where the clinic asks for it.
     * @throws AppError username_taken, by the unique index; invalid_input (consent_required, unknown_specialization)
     */
    async register({ accept_terms, ...account }: Registration): Promise<User> {
      if (dependencies.require_consent && accept_terms !== true)
        throw invalidField('accept_terms', 'consent_required');
      return insert(
        { ...account, is_active: true },
        {
          registers: true,
          waiting: dependencies.doctor_approval === 'required',
          async note(tx, user) {
            if (accept_terms === true) await dependencies.consents.accept(tx, user.id);
            await audit.record(tx, { actor: user, action: 'user.register', subject: user.id });
          },
        },
      );
    },

    /**
     * An admin, or the command line where `by` is left out, makes a person. A doctor so made is approved.
     * @throws AppError username_taken, by the unique index; branch_not_found, by the foreign key
     */
    create: (account: NewUser, by?: Caller): Promise<User> =>
      insert(account, {
        note: (tx, { id, role }) =>
          audit.record(tx, { actor: by, action: 'user.create', subject: id, details: { role } }),
      }),

    /**
     * Changes a person on an admin's behalf. A new role or password, or deactivation, ends all their sessions; what
     * becomes of their visits has to be said. Whom an admin makes a doctor is approved by it.
     * @throws AppError user_not_found, username_taken, last_admin, has_upcoming, role_in_use, branch_not_found, invalid_input
     * (profile of another role; no password for whoever has none and comes to work here)
     */
    async update(user: number, changes: UserChanges, by: Caller, unchanged?: Unchanged): Promise<User> {
      const { password } = changes;
      const password_hash = password === undefined ? undefined : await hashPassword(password);
      const { ended, updated } = await transaction(db, async (tx) => {
        const before = await lockPerson(tx, user, changes);
        if (!before || before.deleted_at) throw new AppError('user_not_found');
        unchanged?.((await repository.findUser(tx, user)) ?? {});
        const isOut = await write(tx, user, before, changes, password_hash, by);
        for (const note of notesOf(before, changes))
          await audit.record(tx, { actor: by, subject: user, ...note });
        return {
          ended: isOut ? await sessions.endAll(tx, user) : [],
          updated: await repository.findUser(tx, user),
        };
      });
      sessions.announce(ended);
      if (!updated) throw new AppError('user_not_found');
      return updated;
    },
  };
}

/** Without the fields that were left out. */
function given<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/**
 * Refuses a user name or a password alone for somebody who has neither: nobody could sign in with it, or anybody. A new role
 * is given with both.
 */
function refuseHalfSignIn(
  before: Pick<LockedAccount, 'username'>,
  account: Pick<UserChanges, 'username' | 'password'>,
  newRole: boolean,
): void {
  if (!hasNoSignIn(before.username)) return;
  const missing = (['username', 'password'] as const).filter((name) => account[name] === undefined);
  if (missing.length === 1 || (newRole && missing.length > 0))
    throw new AppError('invalid_input', { fields: missing.map((path) => ({ path, code: 'required' })) });
}

/**
 * A patient may come by a provider or a passkey alone. Whoever begins to work here, or is let in again, has a password
 * (users_active_has_password).
 */
async function mustHavePassword(
  tx: Tx,
  user: number,
  before: LockedAccount,
  { role, is_active, password }: Pick<UserChanges, 'password'> & Pick<LockedAccount, 'role' | 'is_active'>,
): Promise<void> {
  const isNew = role !== before.role || !before.is_active;
  if (password !== undefined || !worksHere(role) || !is_active || !isNew) return;
  if ((await repository.findPasswordHash(tx, user)) === null) throw invalidField('password', 'required');
}

/** Refuses what a schema cannot judge: it depends on who the person already is. */
function refuseMisfits(
  role: Role,
  username: string,
  { password, profile = {} }: Pick<UserChanges, 'password' | 'profile'>,
): void {
  const wrong: FieldError[] = profileErrors(role, profile).map((field) => ({
    path: `profile.${field}`,
    code: 'not_for_role',
  }));
  if (password !== undefined && isSameName(password, username))
    wrong.push({ path: 'password', code: 'password_is_username' });
  if (wrong.length > 0) throw new AppError('invalid_input', { fields: wrong });
}
