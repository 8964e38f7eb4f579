import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { idParams } from '../../../http/fields.ts';
import { IsAdmin, IsSignedIn } from '../../../http/guards.ts';
import { keyed, keyedHeaders, onceAnswer } from '../../../http/idempotency.ts';
import { pageAnswer } from '../../../http/page.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import type { Calendar } from '../calendar.service.ts';
import { addedHoliday, holiday, holidayFilters, holidayPage, newHoliday } from './holidays.schemas.ts';

const tags = ['schedules'];
const params = idParams('The holiday’s id.', demo.holiday.id);

export async function holidaysRoutes(instance: FastifyInstance, { holidays }: Pick<Calendar, 'holidays'>) {
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
      config: {
        errors: ['holiday_exists', 'branch_not_found'],
        examples: { 200: ['preview'], 201: ['holiday', 'cancelled'] },
      },
      schema: {
        tags,
        operationId: 'addHoliday',
        summary: 'Close the clinic on a day',
        description:
          'The whole clinic, or with `branch` one of its branches. Every slot of that day that nobody has booked is removed, however it was published, with its holds and offers. ' +
          'A slot that becomes free later is removed too. Afterwards slots are published on that day only with ' +
          '`despite_holiday`. The answer names the appointments that are still to come on that day. With `visits: cancel` ' +
          'they are cancelled in the same act, with the reason `clinic_closed`, and every patient is told, with other ' +
          'times. `preview` answers what would be done (200) and does nothing.',
        headers: keyedHeaders,
        body: newHoliday,
        response: { 200: addedHoliday, 201: addedHoliday },
      },
    },
    async (request, reply) => {
      const added = onceAnswer(reply, await holidays.add(request.body, request.user, keyed(request)));
      if (added.id === null) return reply.code(200).send(added);
      return reply.code(201).header('location', `/api/holidays/${added.id}/`).send(added);
    },
  );

  app.get(
    '/holidays/:id/',
    {
      preHandler: IsSignedIn,
      config: { etag: true, errors: ['holiday_not_found'] },
      schema: {
        tags,
        operationId: 'getHoliday',
        summary: 'Show a holiday',
        description: 'A past or a coming one.',
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
        description:
          'Soon afterwards slots are published on that day from the doctors’ weeks. Nothing else comes back: neither slots ' +
          'that were published by hand nor visits that were cancelled.',
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
