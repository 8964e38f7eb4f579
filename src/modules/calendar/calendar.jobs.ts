import type { Calendar } from './calendar.service.ts';

/** What this module does in the background, by the names that stand in the queue; `repeated` by the clock of UTC. */
export const calendarJobs = ({ publishing }: Pick<Calendar, 'publishing'>) => ({
  tasks: {
    publish_schedules: async () => void (await publishing.publishAll()),
    publish_due: () => publishing.publishDue(),
  },
  repeated: [
    // When it is time stands on the clinic's clock, which this one does not know.
    { task: 'publish_due', match: '*/10 * * * *' },
  ],
});
