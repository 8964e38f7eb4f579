import type { Clock } from '../../core/clock.ts';
import { AppError, type FieldError, invalidField } from '../../core/errors.ts';
import type { Page, PageRequest } from '../../core/page.ts';
import type { Caller, Role } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import * as repository from './users.repository.ts';
import { profileErrors } from './users.rules.ts';
import type { NewUser, ProfileInput, User, UserChanges, UserFilters } from './users.schemas.ts';

export interface UsersDependencies {
  db: Db;
  clock: Clock;
  hashPassword: (password: string) => Promise<string>;
  /** Ends all of a person's sessions; `announce` makes it known to this process once that has committed. */
  sessions: {
    endAll: (tx: Tx, user: number) => Promise<number[]>;
    announce: (sessions: readonly number[]) => void;
  };
  doctors: { save: (tx: Tx, doctor: number, profile: ProfileInput) => Promise<void> };
  patients: {
    save: (tx: Tx, patient: number, profile: ProfileInput) => Promise<void>;
    erase: (tx: Tx, patient: number) => Promise<void>;
  };
  timeslots: {
    lockUpcoming: (tx: Tx, doctor: number) => Promise<void>;
    removeUpcoming: (tx: Tx, doctor: number) => Promise<void>;
  };
  appointments: {
    hasUpcoming: (tx: Tx, person: number) => Promise<boolean>;
    cancelUpcoming: (tx: Tx, person: number, by: number) => Promise<void>;
  };
}

export type Users = ReturnType<typeof createUsers>;

export function createUsers(dependencies: UsersDependencies) {
  const { db, clock, hashPassword, sessions, doctors, patients, timeslots, appointments } = dependencies;

  async function saveProfile(tx: Tx, user: number, role: Role, profile: ProfileInput): Promise<void> {
    if (profile.date_of_birth && profile.date_of_birth > clock.wall().date)
      throw invalidField('profile.date_of_birth', 'birth_in_future');
    if (role === 'doctor') await doctors.save(tx, user, profile);
    if (role === 'patient') await patients.save(tx, user, profile);
  }

  /**
   * Locks a person for a change, and refuses one that would leave the clinic without an active admin. Admins are locked
   * before the person, always in the order of their ids: no deadlock between two of them.
   */
  async function lockPerson(
    tx: Tx,
    user: number,
    { role = 'admin', is_active = true }: Pick<UserChanges, 'role' | 'is_active'>,
  ) {
    const keepAnAdmin = async (person: Pick<User, 'role' | 'is_active'> | undefined) => {
      if (role === 'admin' && is_active) return;
      if (person?.role !== 'admin' || !person.is_active) return;
      if ((await repository.lockOtherAdmins(tx, user)) === 0) throw new AppError('last_admin');
    };
    await keepAnAdmin(await repository.findUser(tx, user));
    const locked = await repository.lockUser(tx, user);
    // Again: they may have become an admin just before they were locked, and the others have left since.
    await keepAnAdmin(locked);
    return locked;
  }

  /** Takes a doctor's future out of the calendar. Locked first, so that no booking slips in between. */
  async function leaveCalendar(tx: Tx, user: number): Promise<void> {
    await timeslots.lockUpcoming(tx, user);
    if (await appointments.hasUpcoming(tx, user)) throw new AppError('role_in_use');
    await timeslots.removeUpcoming(tx, user);
  }

  return {
    findCredentials: (username: string) => repository.findCredentials(db, username),
    hasUsers: (role?: Role) => repository.hasUsers(db, role),

    /** Undefined for an erased one too. */
    find: (user: number): Promise<User | undefined> => repository.findUser(db, user),

    /** @throws AppError user_not_found, also for an erased one */
    async get(user: number): Promise<User> {
      const found = await repository.findUser(db, user);
      if (!found) throw new AppError('user_not_found');
      return found;
    },

    list: ({ page, page_size, ...filters }: UserFilters & PageRequest): Promise<Page<User>> =>
      repository.listUsers(db, filters, { page, page_size }),

    /** @throws AppError username_taken, by the unique index */
    async create({ password, profile = {}, ...columns }: NewUser): Promise<User> {
      const password_hash = await hashPassword(password);
      return transaction(db, async (tx) => {
        const id = await repository.insertUser(tx, { ...columns, password_hash });
        await saveProfile(tx, id, columns.role, profile);
        const user = await repository.findUser(tx, id);
        if (!user) throw new Error('a new user is gone within its own transaction');
        return user;
      });
    },

    /**
     * Changes a person on an admin's behalf. A new role or password, or deactivation, ends all their sessions.
     * @throws AppError user_not_found, username_taken, last_admin, role_in_use, invalid_input (profile of another role)
     */
    async update(user: number, { password, profile, ...changes }: UserChanges): Promise<User> {
      const password_hash = password === undefined ? undefined : await hashPassword(password);
      const { ended, updated } = await transaction(db, async (tx) => {
        const before = await lockPerson(tx, user, changes);
        if (!before || before.deleted_at) throw new AppError('user_not_found');
        const { role, username } = { ...before, ...given(changes) };
        refuseMisfits(role, username, { password, profile });
        const newRole = role !== before.role;
        if (newRole) await leaveCalendar(tx, user);
        await repository.updateUser(tx, user, password_hash ? { ...changes, password_hash } : changes);
        if (profile || newRole) await saveProfile(tx, user, role, profile ?? {});
        const isOut = newRole || changes.is_active === false || password !== undefined;
        return {
          ended: isOut ? await sessions.endAll(tx, user) : [],
          updated: await repository.findUser(tx, user),
        };
      });
      sessions.announce(ended);
      if (!updated) throw new AppError('user_not_found');
      return updated;
    },

    /**
     * Changes names and phone of somebody who edits their own profile, and holds their row until the transaction ends.
     * @throws AppError session_ended when they are erased in this very moment
     */
    async setContact(tx: Tx, user: number, contact: Pick<UserChanges, 'first_name' | 'last_name' | 'phone'>) {
      const person = await repository.lockUser(tx, user);
      if (!person || person.deleted_at) throw new AppError('session_ended');
      await repository.updateUser(tx, user, contact);
    },

    /**
     * Erases a person for good: sessions end, upcoming appointments are cancelled, a doctor's upcoming slots go, names
     * and contacts are forgotten and the user name is free again. A nameless row stays, so that everybody else's
     * history stays true. Repeating it changes nothing.
     * @throws AppError user_not_found, last_admin
     */
    async erase(user: number, by: Caller): Promise<void> {
      const ended = await transaction(db, async (tx) => {
        const before = await lockPerson(tx, user, { is_active: false });
        if (!before) throw new AppError('user_not_found');
        if (before.deleted_at) return [];
        await repository.updateUser(tx, user, {
          username: `erased#${user}`,
          password_hash: null,
          is_active: false,
          first_name: null,
          last_name: null,
          email: null,
          phone: null,
          locale: null,
          deleted_at: clock.now().toISOString(),
        });
        await timeslots.lockUpcoming(tx, user);
        await appointments.cancelUpcoming(tx, user, by.id);
        await timeslots.removeUpcoming(tx, user);
        await patients.erase(tx, user);
        return sessions.endAll(tx, user);
      });
      sessions.announce(ended);
    },
  };
}

/** Without the fields that were left out. */
function given<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** What a schema cannot see, because it depends on who the person already is. */
function refuseMisfits(
  role: Role,
  username: string,
  { password, profile = {} }: Pick<UserChanges, 'password' | 'profile'>,
): void {
  const wrong: FieldError[] = profileErrors(role, profile).map((field) => ({
    path: `profile.${field}`,
    code: 'not_for_role',
  }));
  if (password?.toLowerCase() === username.toLowerCase())
    wrong.push({ path: 'password', code: 'password_is_username' });
  if (wrong.length > 0) throw new AppError('invalid_input', { fields: wrong });
}
