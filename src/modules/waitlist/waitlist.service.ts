import { type AnsweringDependencies, createAnswering } from './answering.service.ts';
import { createEntries, type EntriesDependencies } from './entries.service.ts';
import { createJoining, type JoiningDependencies } from './joining.service.ts';
import { leaveAll } from './leaving.service.ts';

type WaitlistDependencies = EntriesDependencies &
  Omit<JoiningDependencies & AnsweringDependencies, 'entries'>;

export type Waitlist = ReturnType<typeof createWaitlist>;

/** Those who wait for a slot. Whom slots are offered to is decided by `createOffers`, which needs no appointments. */
export function createWaitlist(dependencies: WaitlistDependencies) {
  const entries = createEntries(dependencies);
  return {
    entries,
    joining: createJoining({ ...dependencies, entries }),
    answering: createAnswering({ ...dependencies, entries }),
    leaving: { leaveAll },
  };
}
