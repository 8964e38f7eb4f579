import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { idParams } from '../../http/fields.ts';
import { anyOf, IsAdmin, IsDoctor, IsOwner, IsPatient } from '../../http/guards.ts';
import { pageAnswer, rememberedPageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { bulkRoutes } from './bulk.routes.ts';
import { holdsRoutes } from './holds.routes.ts';
import { freeSlotFilters, newTimeslot, ownSlotFilters, timeslot, timeslotPage } from './timeslots.schemas.ts';
import type { Timeslots } from './timeslots.service.ts';

const tags = ['timeslots'];
const params = idParams('The slot’s id.', demo.slots.free.id);

export async function timeslotsRoutes(instance: FastifyInstance, { timeslots }: { timeslots: Timeslots }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'timeslots',
    description: 'A doctor’s openings, each for one visit.',
    order: 40,
  });
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
        description:
          'What can be booked now, soonest first; all days unless `date`, `from` or `to` says which. Patients see what the ' +
          'clinic’s policy lets them book: neither what begins too soon, nor what lies beyond its horizon. Admins also ' +
          'see the slot that runs, for whoever walks in.',
        params: idParams('The doctor’s id, from the directory.', demo.doctor.id),
        querystring: freeSlotFilters,
        response: { 200: timeslotPage },
      },
    },
    async (request, reply) =>
      rememberedPageAnswer(
        request,
        reply,
        request.query.page,
        await timeslots.listFree(request.params.id, request.query, request.user),
      ),
  );

  // Documentation shows routes in this order: patients' first, then doctors'.
  await app.register(holdsRoutes, { timeslots });

  app.post(
    '/timeslots/',
    {
      preHandler: anyOf(IsDoctor, IsAdmin),
      config: {
        errors: ['slot_in_past', 'doctor_not_found', 'slot_overlap', 'doctor_absent', 'clinic_closed'],
      },
      schema: {
        tags,
        operationId: 'publishTimeslot',
        summary: 'Publish a slot',
        description:
          'A doctor publishes their own; an admin names the `doctor`. It must not be over, and overlap none of the doctor’s ' +
          'other slots; touching ones are fine. While it runs, admins can book it and patients cannot. None lies in an ' +
          'absence of the doctor; on a holiday one can with `despite_holiday`. A doctor who waits for approval may ' +
          'publish: patients see it once they are let in.',
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
        description: 'Booked or free, past or to come.',
        params,
        response: { 200: timeslot },
      },
    },
    async (request) => timeslots.get(request.params.id),
  );

  app.delete(
    '/timeslots/:id/',
    {
      preHandler: [anyOf(IsDoctor, IsAdmin), isOwner],
      config: { errors: ['timeslot_not_found', 'slot_booked', 'slot_held'] },
      schema: {
        tags,
        operationId: 'deleteTimeslot',
        summary: 'Withdraw a slot',
        description:
          'A booked slot cannot be withdrawn. Cancelled appointments on it keep their history. One that came from the ' +
          'doctor’s week stays away, until the week is written anew or that time is published by hand.',

        params: idParams('The slot’s id.', demo.slots.toWithdraw.id),
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await timeslots.remove(request.params.id, request.user);
      return reply.code(204).send();
    },
  );

  await app.register(bulkRoutes, { timeslots });
}
