import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { idParams } from '../../http/fields.ts';
import { IsPatient } from '../../http/guards.ts';
import { keyed, keyedHeaders, onceAnswer } from '../../http/idempotency.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { hold } from './holds.schemas.ts';
import { openTimeslot } from './timeslots.schemas.ts';
import type { Timeslots } from './timeslots.service.ts';

const tags = ['timeslots'];
const params = idParams('The slot’s id.', demo.slots.toHold.id);

export async function holdsRoutes(instance: FastifyInstance, { timeslots }: { timeslots: Timeslots }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/timeslots/:id/hold/',
    {
      preHandler: IsPatient,
      config: {
        alternatives: openTimeslot,
        errors: [
          'slot_in_past',
          'timeslot_not_found',
          'slot_taken',
          'already_yours',
          'slot_held',
          'held_recently',
          'clinic_closed',
          'patient_busy',
          'too_soon',
          'too_far_ahead',
          'too_many_appointments',
        ],
      },
      schema: {
        tags,
        operationId: 'holdTimeslot',
        summary: 'Hold a slot while deciding',
        description:
          'For a few minutes the slot is free for nobody else, and booking it succeeds. One hold at a time: taking ' +
          'another gives the earlier one back. Repeating it does not make it longer: given back and taken again it ends ' +
          'when it would have ended at first, and after that others come first for as long as a hold lasts ' +
          '(`held_recently`). Booking it is possible at any time.',
        params,
        headers: keyedHeaders,
        response: { 200: hold },
      },
    },
    async (request, reply) =>
      onceAnswer(reply, await timeslots.hold(request.params.id, request.user, keyed(request))),
  );

  app.delete(
    '/timeslots/:id/hold/',
    {
      preHandler: IsPatient,
      config: { errors: ['timeslot_not_found'] },
      schema: {
        tags,
        operationId: 'releaseTimeslot',
        summary: 'Give a held slot back',
        description:
          'It is free for everybody at once. Without a hold of one’s own there is nothing to do: 204 again.',
        params,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await timeslots.release(request.params.id, request.user);
      return reply.code(204).send();
    },
  );
}
