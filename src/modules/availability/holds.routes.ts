import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { idParams } from '../../http/fields.ts';
import { anyOf, IsPatient, IsStaff } from '../../http/guards.ts';
import { keyed, keyedHeaders, onceAnswer } from '../../http/idempotency.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { openTimeslot } from './availability.schemas.ts';
import { hold, holding } from './holds.schemas.ts';
import type { Holds } from './holds.service.ts';

const tags = ['timeslots'];
const params = idParams('The slot’s id.', demo.slots.toHold.id);

export async function holdsRoutes(instance: FastifyInstance, { holds }: { holds: Holds }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/timeslots/:id/hold/',
    {
      preHandler: anyOf(IsPatient, IsStaff),
      config: {
        alternatives: openTimeslot,
        errors: [
          'slot_in_past',
          'timeslot_not_found',
          'patient_not_found',
          'not_with_oneself',
          'slot_taken',
          'already_yours',
          'slot_held',
          'held_recently',
          'clinic_closed',
          'patient_busy',
          'too_soon',
          'too_far_ahead',
          'too_many_appointments',
          'service_not_given',
          'not_for_this_patient',
          'not_enough_time',
          'no_room_free',
        ],
      },
      schema: {
        tags,
        operationId: 'holdTimeslot',
        summary: 'Hold a slot while deciding',
        description:
          'For a few minutes nobody else can have the slot, and booking it succeeds. An account has one hold at a time, for ' +
          'whomever: taking another gives the earlier one back. Repeating it does not make it longer. A hold that is given ' +
          'back and taken again ends when it would have ended at first; after that others come first for as long as a hold ' +
          'lasts (`held_recently`). With a `service` all slots that it takes are ' +
          'held, or none, with a room where it needs one, and they are given back together.',
        params,
        headers: keyedHeaders,
        body: holding,
        response: { 200: hold },
      },
    },
    async (request, reply) =>
      onceAnswer(reply, await holds.hold(request.params.id, request.body, request.user, keyed(request))),
  );

  app.delete(
    '/timeslots/:id/hold/',
    {
      preHandler: anyOf(IsPatient, IsStaff),
      config: { errors: ['timeslot_not_found', 'patient_not_found'] },
      schema: {
        tags,
        operationId: 'releaseTimeslot',
        summary: 'Give a held slot back',
        description:
          'It is free for everybody at once. Without a hold of theirs there is nothing to do, and the answer is 204 again.',
        params,
        body: holding,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await holds.release(request.params.id, request.body, request.user);
      return reply.code(204).send();
    },
  );
}
