import type { Ending } from './families/ending.service.ts';

/** What this module does in the background, by the names that stand in the queue; `repeated` by the clock of UTC. */
export const patientsJobs = (ending: Ending) => ({
  tasks: { tell_guardianship_ends: () => ending.tell() },
  repeated: [{ task: 'tell_guardianship_ends', match: '27 5 * * *' }],
});
