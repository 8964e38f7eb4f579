export { schedulesRoutes } from './schedules.routes.ts';
export { createSchedules } from './schedules.service.ts';
