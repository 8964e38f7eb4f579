export { seeingOthers } from './again.service.ts';
export { openingHours, weekday } from './bulk.schemas.ts';
export { findingRoutes } from './finding.routes.ts';
export { freeSlotTopics } from './free.service.ts';
export { personal as timeslotsPersonal } from './personal.ts';
export { timeslotsJobs } from './timeslots.jobs.ts';
export { timeslotsRoutes } from './timeslots.routes.ts';
export { createTimeslots, type Timeslots } from './timeslots.service.ts';
