import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { idParams } from '../../http/fields.ts';
import { anyOf, IsAdmin, IsDoctor, IsOwner, IsPatient } from '../../http/guards.ts';
import { pageAnswer, pageOf } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { freeSlotFilters, newTimeslot, ownSlotFilters, timeslot } from './timeslots.schemas.ts';
import type { Timeslots } from './timeslots.service.ts';

const tags = ['timeslots'];

export async function timeslotsRoutes(instance: FastifyInstance, { timeslots }: { timeslots: Timeslots }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const timeslotPage = pageOf(timeslot).meta({ id: 'TimeslotPage' });
  const isOwner = IsOwner(timeslots.findOwner, 'timeslot_not_found');

  app.get(
    '/doctors/:id/timeslots/',
    {
      preHandler: anyOf(IsPatient, IsAdmin),
      config: { errors: ['doctor_not_found'] },
      schema: {
        tags,
        operationId: 'listFreeTimeslots',
        summary: 'See a doctor’s free slots',
        description: 'What can be booked now, soonest first.',
        params: idParams,
        querystring: freeSlotFilters,
        response: { 200: timeslotPage },
      },
    },
    async (request) =>
      pageAnswer(request, request.query.page, await timeslots.listFree(request.params.id, request.query)),
  );

  app.post(
    '/timeslots/',
    {
      preHandler: anyOf(IsDoctor, IsAdmin),
      config: { errors: ['slot_in_past', 'doctor_not_found', 'slot_overlap'] },
      schema: {
        tags,
        operationId: 'publishTimeslot',
        summary: 'Publish a slot',
        description:
          'A doctor publishes their own; an admin names the `doctor`. Times are the clinic’s wall clock.',
        body: newTimeslot,
        response: { 201: timeslot },
      },
    },
    async (request, reply) => {
      const published = await timeslots.publish(request.body, request.user);
      return reply.code(201).header('location', `/api/timeslots/${published.id}/`).send(published);
    },
  );

  app.get(
    '/timeslots/',
    {
      preHandler: IsDoctor,
      schema: {
        tags,
        operationId: 'listOwnTimeslots',
        summary: 'See my slots',
        description: 'Booked ones too. Today’s and later come first by time, then past ones, latest first.',
        querystring: ownSlotFilters,
        response: { 200: timeslotPage },
      },
    },
    async (request) =>
      pageAnswer(request, request.query.page, await timeslots.listOwn(request.user.id, request.query)),
  );

  app.get(
    '/timeslots/:id/',
    {
      preHandler: [anyOf(IsDoctor, IsAdmin), isOwner],
      config: { errors: ['timeslot_not_found'] },
      schema: {
        tags,
        operationId: 'getTimeslot',
        summary: 'Show a slot',
        params: idParams,
        response: { 200: timeslot },
      },
    },
    async (request) => timeslots.get(request.params.id),
  );

  app.delete(
    '/timeslots/:id/',
    {
      preHandler: [anyOf(IsDoctor, IsAdmin), isOwner],
      config: { errors: ['timeslot_not_found', 'slot_booked'] },
      schema: {
        tags,
        operationId: 'deleteTimeslot',
        summary: 'Withdraw a slot',
        description: 'A booked slot cannot be withdrawn. Cancelled appointments on it keep their history.',
        params: idParams,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await timeslots.remove(request.params.id);
      return reply.code(204).send();
    },
  );
}
