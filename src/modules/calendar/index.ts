export { calendarRoutes } from './calendar.routes.ts';
export { createCalendar } from './calendar.service.ts';
