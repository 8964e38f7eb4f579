import type { Appointments } from './appointments.service.ts';

/** What this module does in the background, by the names that stand in the queue; `repeated` by the clock of UTC. */
export const appointmentsJobs = ({ expiry }: Pick<Appointments, 'expiry'>) => ({
  tasks: { expire_requests: () => expiry.expire() },
  repeated: [{ task: 'expire_requests', match: '* * * * *' }],
});
