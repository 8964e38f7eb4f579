import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { idParams } from '../../http/fields.ts';
import { IsAdmin, IsSignedIn } from '../../http/guards.ts';
import { pageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { addedHoliday, holiday, holidayFilters, holidayPage, newHoliday } from './holidays.schemas.ts';
import type { Schedules } from './schedules.service.ts';

const tags = ['schedules'];
const params = idParams('The holiday’s id.', demo.holiday.id);

export async function holidaysRoutes(instance: FastifyInstance, { holidays }: Pick<Schedules, 'holidays'>) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/holidays/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags,
        operationId: 'listHolidays',
        summary: 'See the clinic’s holidays',
        description: 'Today’s and later first by date, then past ones, latest first.',
        querystring: holidayFilters,
        response: { 200: holidayPage },
      },
    },
    async (request) => pageAnswer(request, request.query.page, await holidays.list(request.query)),
  );

  app.post(
    '/holidays/',
    {
      preHandler: IsAdmin,
      config: { errors: ['holiday_exists'] },
      schema: {
        tags,
        operationId: 'addHoliday',
        summary: 'Close the clinic on a day',
        description:
          'Neither a week nor `POST /api/timeslots/bulk/` opens it, and the free slots of doctors’ weeks go. Slots that ' +
          'were published by hand stay, and so do booked ones: the answer says how many appointments remain.',
        body: newHoliday,
        response: { 201: addedHoliday },
      },
    },
    async (request, reply) => {
      const added = await holidays.add(request.body, request.user);
      return reply.code(201).header('location', `/api/holidays/${added.id}/`).send(added);
    },
  );

  app.get(
    '/holidays/:id/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['holiday_not_found'] },
      schema: {
        tags,
        operationId: 'getHoliday',
        summary: 'Show a holiday',
        description: 'Past or to come.',
        params,
        response: { 200: holiday },
      },
    },
    async (request) => holidays.get(request.params.id),
  );

  app.delete(
    '/holidays/:id/',
    {
      preHandler: IsAdmin,
      config: { errors: ['holiday_not_found'] },
      schema: {
        tags,
        operationId: 'deleteHoliday',
        summary: 'Open the clinic on a holiday after all',
        description: 'Right afterwards slots are published into it from the doctors’ weeks.',
        params,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await holidays.remove(request.params.id, request.user);
      return reply.code(204).send();
    },
  );
}
