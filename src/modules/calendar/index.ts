export { calendarJobs } from './calendar.jobs.ts';
export { calendarRoutes } from './calendar.routes.ts';
export { createCalendar } from './calendar.service.ts';
export { personal as calendarPersonal } from './personal.ts';
