import type { Offers } from './offers.service.ts';

/** What this module does in the background, by the names that stand in the queue; `repeated` by the clock of UTC. */
export const waitlistJobs = (offers: Offers) => ({
  tasks: {
    offer_waitlist: (payload: unknown) => offers.offer(payload),
    close_waitlist: () => offers.close(),
  },
  repeated: [
    // Whatever frees a slot queues this itself: so often only in case that was lost.
    { task: 'offer_waitlist', match: '*/5 * * * *' },
    // Days end by the clinic's clock, which this one does not know.
    { task: 'close_waitlist', match: '7 * * * *' },
  ],
});
