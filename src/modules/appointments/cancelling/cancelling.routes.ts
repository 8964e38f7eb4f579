import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { idParams } from '../../../http/fields.ts';
import { anyOf, IsDoctor, IsOwner, IsPatient, IsStaff } from '../../../http/guards.ts';
import { ifMatch } from '../../../http/hooks/etag.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { appointment, readsAppointment, shows } from '../appointments.schemas.ts';
import type { Appointments } from '../appointments.service.ts';
import { cancellation, decision } from './cancelling.schemas.ts';

const tags = ['appointments'];
const params = idParams('The appointment’s id.', demo.visit.id);

/** Confirming, declining and cancelling. */
export async function cancellingRoutes(
  instance: FastifyInstance,
  { appointments: { cancelling, reading } }: { appointments: Appointments },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const isOwner = IsOwner(reading.findOwners, 'appointment_not_found');

  app.patch(
    '/appointments/:id/',
    {
      preHandler: [anyOf(IsDoctor, IsStaff), isOwner],
      config: {
        errors: [
          'appointment_not_found',
          'patient_not_found',
          'already_decided',
          'visit_begun',
          'already_attended',
          'version_mismatch',
        ],
        examples: { 200: ['confirmed', 'cancelled'] },
        audit: readsAppointment,
        shows,
        etag: true,
      },
      schema: {
        tags,
        operationId: 'decideAppointment',
        summary: 'Confirm or cancel an appointment, or note something of it',
        description:
          'Its doctor confirms or declines what is pending, and cancels what is confirmed with a `reason`, before it begins; ' +
          'the patient is told, with other times. Staff may cancel either. Nothing leaves `cancelled` and `expired`. A ' +
          '`note` is kept whatever the status; of a patient who is erased nothing can be noted.',
        params,
        headers: ifMatch,
        body: decision,
        response: { 200: appointment },
      },
    },
    async (request) =>
      cancelling.decide(request.params.id, request.body, request.user, {
        expected: request.headers['if-match'],
        owners: request.owners,
      }),
  );

  app.delete(
    '/appointments/:id/',
    {
      preHandler: [anyOf(IsPatient, IsStaff), isOwner],
      config: {
        errors: [
          'appointment_not_found',
          'visit_begun',
          'too_late_to_cancel',
          'already_attended',
          'already_decided',
          'version_mismatch',
        ],
      },
      schema: {
        tags,
        operationId: 'cancelAppointment',
        summary: 'Cancel an appointment',
        description:
          'The slot is free again at once, and the appointment stays as `cancelled`. Patients can no longer cancel once ' +
          'the visit has begun. After the clinic’s deadline their cancellation is marked as late, or refused, as the policy ' +
          'says. Repeating it is a 204 again. A body with a `reason` says why; it may be left out.',
        params,
        headers: ifMatch,
        body: cancellation,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      const { params, body, user, headers, owners } = request;
      await cancelling.cancel(params.id, user, { ...body, expected: headers['if-match'], owners });
      return reply.code(204).send();
    },
  );
}
