import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { type Caller, isBoundByBranches } from '../../core/roles.ts';
import type { Db, Executor } from '../../db/client.ts';
import * as repository from './reach.repository.ts';

export type Reach = ReturnType<typeof createReach>;

const missing = { timeslots: 'timeslot_not_found', appointments: 'appointment_not_found' } as const;

/**
 * Which branches somebody reaches. A receptionist who has been given branches reaches what lies in these: lists show nothing
 * else, an id of elsewhere is that of nothing, and a branch of elsewhere is refused. Everybody else reaches every branch, by
 * this rule, and costs no statement.
 */
export function createReach({ db, clock }: { db: Db; clock: Clock }) {
  /** It is asked once for a request, whose caller is one object. */
  const asked = new WeakMap<Caller, Promise<repository.Branches>>();

  async function find({ id }: Caller): Promise<repository.Branches> {
    const branches = await repository.findBranches(db, id);
    return branches.length > 0 ? branches : null;
  }

  /** The branches that the caller reaches, in the order of their ids; null is every one. */
  async function of(caller: Caller): Promise<repository.Branches> {
    if (!isBoundByBranches(caller.role)) return null;
    const known = asked.get(caller) ?? find(caller);
    asked.set(caller, known);
    return known;
  }

  /** Nobody is told that there is something elsewhere. A row that is nowhere is left to whoever looks for it. */
  async function mustFind(table: repository.Placed, id: number, caller: Caller): Promise<void> {
    const branches = await of(caller);
    if (branches !== null && (await repository.isElsewhere(db, table, id, branches)))
      throw new AppError(missing[table]);
  }

  return {
    of,

    /** @throws AppError forbidden for a branch that the caller does not reach */
    async mustReach(branch: number, caller: Caller): Promise<void> {
      const branches = await of(caller);
      if (branches !== null && !branches.includes(branch)) throw new AppError('forbidden');
    },

    /** @throws AppError timeslot_not_found for a slot elsewhere; a slot never changes its branch */
    mustReachSlot: (timeslot: number, caller: Caller) => mustFind('timeslots', timeslot, caller),

    /** @throws AppError appointment_not_found for a visit elsewhere */
    mustReachVisit: (appointment: number, caller: Caller) => mustFind('appointments', appointment, caller),

    /** @throws AppError doctor_not_found for a doctor of other branches */
    async mustReachDoctor(doctor: number, caller: Caller, executor: Executor = db): Promise<void> {
      const branches = await of(caller);
      if (branches === null) return;
      const { date: today } = clock.wall();
      if (await repository.isDoctorElsewhere(executor, doctor, branches, today))
        throw new AppError('doctor_not_found');
    },
  };
}
