import type { Users } from './users.service.ts';

/** What this module does in the background, by the names that stand in the queue; `repeated` by the clock of UTC. */
export const usersJobs = ({ accounts }: Pick<Users, 'accounts'>) => ({
  tasks: { remind_unconfirmed: () => accounts.remindUnconfirmed() },
  repeated: [{ task: 'remind_unconfirmed', match: '47 * * * *' }],
});
