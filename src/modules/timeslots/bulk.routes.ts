import type { FastifyInstance } from 'fastify';
import { sideOf } from '../../core/roles.ts';
import { anyOf, IsDoctor, IsStaff } from '../../http/guards.ts';
import { keyed, keyedHeaders, onceAnswer } from '../../http/idempotency.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { daysOf, newTimeslots, publishedTimeslots } from './bulk.schemas.ts';
import type { Timeslots } from './timeslots.service.ts';

export async function bulkRoutes(
  instance: FastifyInstance,
  { timeslots }: { timeslots: Pick<Timeslots, 'bulk'> },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/timeslots/bulk/',
    {
      preHandler: anyOf(IsDoctor, IsStaff),
      config: {
        errors: [
          ...(['doctor_not_found', 'branch_not_found', 'room_not_found'] as const),
          ...(['doctor_absent', 'clinic_closed', 'branch_closed', 'room_closed', 'room_taken'] as const),
        ],
        examples: { 200: ['preview'], 201: ['published'] },
        location: '/api/timeslots/?from=2028-04-03&to=2028-06-30',
      },
      schema: {
        tags: ['timeslots'],
        operationId: 'publishTimeslots',
        summary: 'Publish the slots of many days',
        description:
          'A doctor opens one day, or three months, in one act: all of it happens, or nothing. Staff name the ' +
          '`doctor`. Slots follow each other from `start_time` on, each `slot_minutes` long and `break_minutes` after the ' +
          'one before, as long as they end by `end_time`. Slots are skipped that are over, lie on a holiday or in an ' +
          'absence, overlap a slot that is there, or lie where somebody else uses the `room`; the answer names them. Repeating the call adds nothing twice. ' +
          '`dry_run` answers the same (200) and writes nothing. With `despite_holiday` holidays are opened as well.',
        headers: keyedHeaders,
        body: newTimeslots,
        response: { 200: publishedTimeslots, 201: publishedTimeslots },
      },
    },
    async (request, reply) => {
      const { body, user } = request;
      const published = onceAnswer(reply, await timeslots.bulk.publish(body, user, keyed(request)));
      if (published.dry_run) return reply.code(200).send(published);
      const list =
        sideOf(user.role) === 'doctor' ? '/api/timeslots/' : `/api/doctors/${body.doctor}/timeslots/`;
      const { from, to } = daysOf(body);
      return reply.code(201).header('location', `${list}?from=${from}&to=${to}`).send(published);
    },
  );
}
