export { createOffers } from './offers.service.ts';
export { waitlistRoutes } from './waitlist.routes.ts';
export { createWaitlist } from './waitlist.service.ts';
