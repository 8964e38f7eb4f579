import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { fresh, type Keyed, type Once } from '../../core/idempotency.ts';
import { doctorFor } from '../../core/on-behalf.ts';
import { type Caller, sideOf } from '../../core/roles.ts';
import { type Db, type Executor, transaction } from '../../db/client.ts';
import type { Audit } from '../audit/index.ts';
import type { Availability, Reach } from '../availability/index.ts';
import type { Idempotency } from '../idempotency/index.ts';
import { seeingOthers } from './again.service.ts';
import { insertTimeslots } from './bulk.repository.ts';
import { daysOf, type NewTimeslots, type PublishedTimeslots } from './bulk.schemas.ts';

export interface BulkDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  idempotency: Pick<Idempotency, 'once'>;
  places: Pick<Availability['places'], 'resolve'>;
  reach: Pick<Reach, 'of' | 'mustReach'>;
}

/** How often publishing is tried where the branch or the room opens in that very moment. */
const ATTEMPTS = 3;

/** Publishing the slots of many days. */
export function createBulk({ db, clock, audit, idempotency, places, reach }: BulkDependencies) {
  return {
    /**
     * Publishes the slots of one day or of many, for the caller or for the doctor whom the staff names. Slots that cannot be
     * published are skipped, and the answer names them. Repeating it adds nothing twice.
     * @param request asks for the same answer where it is repeated; a dry run has none to keep
     * @throws AppError doctor_not_found, branch_not_found, room_not_found, branch_closed, room_closed, forbidden (another
     * doctor's, or a branch that the caller does not reach), invalid_input; under endless rivals doctor_absent, clinic_closed,
     * room_taken, record_busy; request_in_progress, idempotency_key_reused
     */
    async publish(order: NewTimeslots, caller: Caller, request?: Keyed): Promise<Once<PublishedTimeslots>> {
      const { doctor: named, dry_run, despite_holiday, date, from, to, ...opening } = order;
      const doctor = doctorFor(named, caller);
      const days = daysOf({ date, from, to });
      const publish = async (executor: Executor, attempt = 1): Promise<PublishedTimeslots> => {
        let { branch } = opening;
        if ((await reach.of(caller)) !== null) {
          // The one that was judged is the one that is opened.
          [branch = 0] = await places.resolve(executor, doctor, [opening]);
          await reach.mustReach(branch, caller);
        }
        const wall = clock.wall();
        const how = { now: clock.now(), wall, dry_run, despite_holiday };
        const outcome = await insertTimeslots(executor, doctor, { ...days, ...opening, branch }, how);
        if (outcome === 'doctor') throw new AppError('doctor_not_found');
        if (outcome === 'place') {
          await places.resolve(executor, doctor, [opening]);
          // It has opened in this very moment.
          if (attempt === ATTEMPTS) throw new AppError('record_busy', { retryAfter: 1 });
          return publish(executor, attempt + 1);
        }
        return { ...outcome, dry_run };
      };
      const isOwn = sideOf(caller.role) === 'doctor';
      if (dry_run || (isOwn && !request)) return fresh(await seeingOthers(() => publish(db)));
      return seeingOthers(() =>
        transaction(db, (tx) =>
          idempotency.once(tx, caller, request, doctor, async () => {
            const outcome = await publish(tx);
            const details = { created: outcome.created, ...days };
            if (outcome.created > 0 && !isOwn)
              await audit.record(tx, { actor: caller, action: 'timeslot.publish', subject: doctor, details });
            return outcome;
          }),
        ),
      );
    },
  };
}
