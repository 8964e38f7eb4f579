export { openingHours, weekday } from './bulk.schemas.ts';
export { personal as timeslotsPersonal } from './personal.ts';
export { timeslotSearchRoutes } from './search.routes.ts';
export { createTimeslotSearch } from './search.service.ts';
export { timeslotsRoutes } from './timeslots.routes.ts';
export { type OpenTimeslot, openTimeslot } from './timeslots.schemas.ts';
export { createTimeslots, freeSlotTopics, type Timeslots } from './timeslots.service.ts';
