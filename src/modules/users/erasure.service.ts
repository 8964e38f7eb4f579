import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Caller } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import type { Appointments } from '../appointments/index.ts';
import type { Audit } from '../audit/index.ts';
import { lockPerson } from './admins.service.ts';
import * as repository from './users.repository.ts';

export interface ErasureDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  /** Ends all of a person's sessions; `announce` makes it known to this process once that has committed. */
  sessions: {
    endAll: (tx: Tx, user: number) => Promise<number[]>;
    announce: (sessions: readonly number[]) => void;
  };
  doctors: { erase: (tx: Tx, doctor: number) => Promise<void> };
  patients: { erase: (tx: Tx, patient: number) => Promise<void> };
  timeslots: {
    lockUpcoming: (tx: Tx, doctor: number) => Promise<void>;
    removeUpcoming: (tx: Tx, doctor: number) => Promise<void>;
  };
  appointments: { callingOff: Pick<Appointments['callingOff'], 'aheadOf'> };
  /** Takes somebody off the waiting list, and gives back what was held for them. */
  waitlist: { leaveAll: (tx: Tx, ...people: number[]) => Promise<void> };
  families: {
    /** Locks a guardian with all whom they look after, before anything else. */
    lock: (tx: Tx, guardian: number) => Promise<void>;
    /** Which of these are erased with them. */
    listErasedWith: (tx: Tx, guardian: number) => Promise<number[]>;
  };
  /** What every other table holds of a person. */
  traces: { erase: (tx: Tx, person: number) => Promise<void> };
  /** Notes beside the backups who is erased, so that nobody comes back with one of them. */
  ledger: {
    note: (erased: { people: { id: number; created_at: string }[]; at: string }) => Promise<void>;
  };
}

export function createErasure(dependencies: ErasureDependencies) {
  const { db, clock, audit, sessions, doctors, patients, timeslots, appointments, waitlist, traces } =
    dependencies;
  const { families, ledger } = dependencies;

  /** Forgets who somebody is. */
  const forget = (tx: Tx, user: number) =>
    repository.updateUser(tx, user, {
      username: `erased#${user}`,
      password_hash: null,
      is_active: false,
      first_name: null,
      last_name: null,
      email: null,
      email_verified_at: null,
      phone: null,
      phone_verified_at: null,
      phone_reached_at: null,
      locale: null,
      deleted_at: clock.now().toISOString(),
    });

  /** Erases people who are locked, step by step, so that rows are locked as if they were one. @returns the sessions that ended */
  async function eraseLocked(tx: Tx, people: readonly number[], by: Caller | undefined): Promise<number[]> {
    const each = async (step: (person: number) => Promise<unknown>) => {
      for (const person of people) await step(person);
    };
    await each((person) => forget(tx, person));
    // In the order in which everybody locks them: a patient and their doctor may be erased at once.
    await each((person) => appointments.callingOff.aheadOf(person).lock(tx));
    await each((person) => timeslots.lockUpcoming(tx, person));
    await each((person) =>
      appointments.callingOff.aheadOf(person).cancel(tx, by?.id ?? person, 'account_deleted'),
    );
    await each((person) => timeslots.removeUpcoming(tx, person));
    await waitlist.leaveAll(tx, ...people);
    await each((person) => doctors.erase(tx, person));
    await each((person) => patients.erase(tx, person));
    const ended: number[] = [];
    await each(async (person) => ended.push(...(await sessions.endAll(tx, person))));
    // After the cancelling: a decision that won the race to an appointment has left its reason by now.
    await each((person) => traces.erase(tx, person));
    await each((person) => audit.record(tx, { actor: by, action: 'user.erase', subject: person }));
    return ended;
  }

  /**
   * The last step before an erasure commits, and the one thing that is written elsewhere in between: later, a crash would
   * let somebody come back with a backup; before, an erasure that was refused would happen after a restore.
   */
  async function note(tx: Tx, people: readonly number[]): Promise<void> {
    const at = clock.now().toISOString();
    const made = await repository.findMade(tx, people);
    await ledger.note({ people: made, at }).catch((cause) => {
      throw new AppError('provider_unavailable', { retryAfter: 60, cause });
    });
  }

  /** @returns the sessions that ended with it */
  async function erasePerson(tx: Tx, user: number, by: Caller): Promise<number[]> {
    await families.lock(tx, user);
    const before = await lockPerson(tx, user, { is_active: false });
    if (!before) throw new AppError('user_not_found');
    if (before.deleted_at) return [];
    const people = [user, ...(await families.listErasedWith(tx, user))];
    const ended = await eraseLocked(tx, people, by);
    await note(tx, people);
    return ended;
  }

  return {
    /**
     * Erases a person for good: sessions end, upcoming appointments are cancelled, a doctor's upcoming slots go, names
     * and contacts are forgotten wherever they stand, and the user name is free again. A nameless row stays, so that
     * everybody else's history stays true. Those go along whom nobody else looks after and nobody would miss: without visits,
     * and without a record that the desk made. Repeating it changes nothing.
     * @throws AppError user_not_found, last_admin, provider_unavailable (the ledger beside the backups cannot be written)
     */
    async erase(user: number, by: Caller): Promise<void> {
      sessions.announce(await transaction(db, (tx) => erasePerson(tx, user, by)));
    },

    /** Erases a patient who is locked, and nobody with them, as the end of another act. @returns the sessions that ended, to be announced */
    async eraseWithin(tx: Tx, patient: number, by: Caller): Promise<number[]> {
      const ended = await eraseLocked(tx, [patient], by);
      await note(tx, [patient]);
      return ended;
    },

    /** As `eraseWithin`, of a record whose person goes on in another one: there is nobody who must not come back. */
    dissolveWithin: (tx: Tx, patient: number, by: Caller): Promise<number[]> =>
      eraseLocked(tx, [patient], by),

    /** Erases somebody whom a restored backup knows again. Nobody is asked: it was decided before. */
    async eraseAgain(user: number): Promise<void> {
      await transaction(db, async (tx) => {
        await families.lock(tx, user);
        await eraseLocked(tx, [user], undefined);
      });
    },
  };
}
