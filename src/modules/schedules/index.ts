export { personal as schedulesPersonal } from './personal.ts';
export { schedulesRoutes } from './schedules.routes.ts';
export { createSchedules } from './schedules.service.ts';
