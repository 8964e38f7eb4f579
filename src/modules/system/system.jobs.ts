import type { Backups } from './backups.service.ts';

/** What this module does in the background, by the names that stand in the queue; `repeated` by the clock of UTC. */
export const systemJobs = (backups: Backups) => ({
  tasks: { back_up: () => backups.backUp(), rehearse_backup: () => backups.rehearse() },
  // In the night of Central Asia, each night and each Saturday.
  repeated: [
    { task: 'back_up', match: '17 20 * * *' },
    { task: 'rehearse_backup', match: '47 21 * * 6' },
  ],
});
