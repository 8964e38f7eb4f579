import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { idParams } from '../../../http/fields.ts';
import { IsAdmin } from '../../../http/guards.ts';
import { ifMatch } from '../../../http/hooks/etag.ts';
import { idempotencyKey, keyed, onceAnswer } from '../../../http/idempotency.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { appointment, readsAppointment, shows } from '../appointments.schemas.ts';
import type { Appointments } from '../appointments.service.ts';
import { correction } from './correcting.schemas.ts';

/** What was entered wrongly of a visit. */
export async function correctingRoutes(
  instance: FastifyInstance,
  { appointments: { correcting } }: { appointments: Appointments },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/appointments/:id/patient/',
    {
      preHandler: IsAdmin,
      config: {
        errors: [
          'appointment_not_found',
          'patient_not_found',
          'already_decided',
          'patient_busy',
          'version_mismatch',
        ],
        examples: { 200: ['confirmed'] },
        audit: readsAppointment,
        shows,
        etag: true,
      },
      schema: {
        tags: ['appointments'],
        operationId: 'changePatientOfAppointment',
        summary: 'Correct whose appointment it is',
        description:
          'For a visit that was entered for the wrong patient. It stays the same appointment, with its slot, its status and ' +
          'its note; the `reason` that the other one gave goes. Refused with `patient_busy` where the right patient has an ' +
          'appointment at that time. Both are told, and its history names both to staff. A wish of the waiting list that ' +
          'came to it waits on. What is cancelled or expired is not corrected.',
        params: idParams('The appointment’s id.', demo.visit.id),
        headers: z.object({ ...idempotencyKey, ...ifMatch.shape }),
        body: correction,
        response: { 200: appointment },
      },
    },
    async (request, reply) => {
      const { params, body, user, headers } = request;
      const options = { request: keyed(request), expected: headers['if-match'] };
      return onceAnswer(reply, await correcting.patient(params.id, body, user, options));
    },
  );
}
