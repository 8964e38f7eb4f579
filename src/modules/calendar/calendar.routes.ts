import type { FastifyInstance } from 'fastify';
import { absencesRoutes } from './absences/absences.routes.ts';
import type { Calendar } from './calendar.service.ts';
import { holidaysRoutes } from './holidays/holidays.routes.ts';
import { weeksRoutes } from './weeks/weeks.routes.ts';

/** Documentation shows routes in this order. */
export async function calendarRoutes(app: FastifyInstance, { calendar }: { calendar: Calendar }) {
  app.describeHeading({
    name: 'schedules',
    description: 'Doctors’ weeks and absences, the clinic’s holidays.',
    order: 50,
  });
  await app.register(weeksRoutes, calendar);
  await app.register(holidaysRoutes, calendar);
  await app.register(absencesRoutes, calendar);
}
