import type { FastifyInstance } from 'fastify';
import { holidaysRoutes } from './holidays.routes.ts';
import type { Schedules } from './schedules.service.ts';
import { weekRoutes } from './week.routes.ts';

export async function schedulesRoutes(app: FastifyInstance, { schedules }: { schedules: Schedules }) {
  app.describeHeading({
    name: 'schedules',
    description: 'Doctors’ weeks and absences, the clinic’s holidays.',
    order: 50,
  });
  await app.register(weekRoutes, schedules);
  await app.register(holidaysRoutes, schedules);
}
