export { createOffers } from './offers.service.ts';
export { personal as waitlistPersonal } from './personal.ts';
export { waitlistJobs } from './waitlist.jobs.ts';
export { waitlistRoutes } from './waitlist.routes.ts';
export { createWaitlist } from './waitlist.service.ts';
