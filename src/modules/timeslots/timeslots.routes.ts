import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { idParams } from '../../http/fields.ts';
import { anyOf, IsDoctor, IsOwner, IsStaff } from '../../http/guards.ts';
import { keyed, keyedHeaders, onceAnswer } from '../../http/idempotency.ts';
import { pageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { bulkRoutes } from './bulk.routes.ts';
import { newTimeslot, OWN_LIST, ownSlotFilters, timeslot, timeslotPage } from './timeslots.schemas.ts';
import type { Timeslots } from './timeslots.service.ts';

const tags = ['timeslots'];
const params = idParams('The slot’s id.', demo.slots.free.id);

/** For those whose slots they are. */
export async function timeslotsRoutes(instance: FastifyInstance, { timeslots }: { timeslots: Timeslots }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'timeslots',
    description: 'A doctor’s openings, each for one visit.',
    order: 40,
  });
  const isOwner = IsOwner(timeslots.own.findOwner, 'timeslot_not_found', 'forbidden');
  app.post(
    '/timeslots/',
    {
      preHandler: anyOf(IsDoctor, IsStaff),
      config: {
        errors: [
          ...(['slot_in_past', 'doctor_not_found', 'branch_not_found', 'room_not_found'] as const),
          ...(['slot_overlap', 'doctor_absent', 'clinic_closed', 'branch_closed', 'room_closed'] as const),
          'room_taken',
        ],
      },
      schema: {
        tags,
        operationId: 'publishTimeslot',
        summary: 'Publish a slot',
        description:
          'A doctor publishes a slot of their own; staff name the `doctor`. The slot must not be over, and must not ' +
          'overlap another slot of the doctor; it may touch one. While it runs, staff can book it and patients cannot. ' +
          'It cannot lie in an absence of the doctor, nor where somebody else uses its `room`: then the answer names the next ' +
          'free `room` of that kind. It can lie on a holiday with `despite_holiday`. A doctor who waits ' +
          'for approval may publish: patients see the slot once the doctor is approved.',
        headers: keyedHeaders,
        body: newTimeslot,
        response: { 201: timeslot },
      },
    },
    async (request, reply) => {
      const published = onceAnswer(
        reply,
        await timeslots.publishing.publish(request.body, request.user, keyed(request)),
      );
      return reply.code(201).header('location', `/api/timeslots/${published.id}/`).send(published);
    },
  );

  app.get(
    '/timeslots/',
    {
      preHandler: IsDoctor,
      config: { errors: ['too_old'], etag: 'page' },
      schema: {
        tags,
        operationId: 'listOwnTimeslots',
        summary: 'See my slots',
        description:
          'Free and booked. Those of today and later come first by time, then past ones, latest first.',
        querystring: ownSlotFilters,
        response: { 200: timeslotPage },
      },
    },
    async (request) =>
      pageAnswer(
        request,
        request.query.page,
        await timeslots.own.list(request.user.id, request.query),
        OWN_LIST,
      ),
  );

  app.get(
    '/timeslots/:id/',
    {
      preHandler: [anyOf(IsDoctor, IsStaff), isOwner],
      config: { etag: true, errors: ['timeslot_not_found'] },
      schema: {
        tags,
        operationId: 'getTimeslot',
        summary: 'Show a slot',
        description: 'Whether it is booked or free, past or to come.',
        params,
        response: { 200: timeslot },
      },
    },
    async (request) => timeslots.own.get(request.params.id),
  );

  app.delete(
    '/timeslots/:id/',
    {
      preHandler: [anyOf(IsDoctor, IsStaff), isOwner],
      config: { errors: ['timeslot_not_found', 'slot_booked', 'slot_held'] },
      schema: {
        tags,
        operationId: 'deleteTimeslot',
        summary: 'Withdraw a slot',
        description:
          'A booked slot cannot be withdrawn. Cancelled appointments on it keep their history. A slot that came from the ' +
          'doctor’s week stays away until the week is written anew, or until that time is published by hand.',
        params: idParams('The slot’s id.', demo.slots.toWithdraw.id),
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await timeslots.publishing.remove(request.params.id, request.user);
      return reply.code(204).send();
    },
  );

  await app.register(bulkRoutes, { timeslots });
}
