export { timeslotsRoutes } from './timeslots.routes.ts';
export { createTimeslots } from './timeslots.service.ts';
