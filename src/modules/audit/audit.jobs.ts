import type { Audit } from './audit.service.ts';

/** What this module does in the background, by the names that stand in the queue; `repeated` by the clock of UTC. */
export const auditJobs = (audit: Pick<Audit, 'purge'>) => ({
  tasks: { purge_audit: async () => void (await audit.purge()) },
  repeated: [{ task: 'purge_audit', match: '17 22 * * *' }],
});
