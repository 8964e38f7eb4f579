import type { Timeslots } from './timeslots.service.ts';

/** What this module does in the background, by the names that stand in the queue. */
export const timeslotsJobs = (timeslots: Timeslots) => ({
  tasks: { link_timeslots: (payload: unknown) => timeslots.linking.link(payload) },
  repeated: [],
});
