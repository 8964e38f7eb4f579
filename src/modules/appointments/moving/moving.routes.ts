import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { idParams } from '../../../http/fields.ts';
import { anyOf, IsOwner, IsPatient, IsStaff } from '../../../http/guards.ts';
import { ifMatch } from '../../../http/hooks/etag.ts';
import { idempotencyKey, keyed, onceAnswer } from '../../../http/idempotency.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { openTimeslot } from '../../availability/index.ts';
import { appointment, readsAppointment, shows } from '../appointments.schemas.ts';
import type { Appointments } from '../appointments.service.ts';
import { move } from './moving.schemas.ts';

/** Moving a visit to another time. */
export async function movingRoutes(
  instance: FastifyInstance,
  { appointments: { moving, reading } }: { appointments: Appointments },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const isOwner = IsOwner(reading.findOwners, 'appointment_not_found');

  app.post(
    '/appointments/:id/reschedule/',
    {
      preHandler: [anyOf(IsPatient, IsStaff), isOwner],
      config: {
        alternatives: openTimeslot,
        errors: [
          'appointment_not_found',
          'version_mismatch',
          'already_decided',
          'visit_begun',
          'already_attended',
          'too_late_to_cancel',
          'slot_in_past',
          'timeslot_not_found',
          'patient_not_found',
          'not_same_doctor',
          'slot_taken',
          'already_yours',
          'slot_held',
          'clinic_closed',
          'patient_busy',
          'too_soon',
          'too_far_ahead',
          'not_for_this_patient',
          'not_enough_time',
          'no_room_free',
        ],
        examples: { 200: ['moved'] },
        audit: readsAppointment,
        shows,
        etag: true,
      },
      schema: {
        tags: ['appointments'],
        operationId: 'rescheduleAppointment',
        summary: 'Move an appointment to another slot',
        description:
          'Moves it to another slot, in one step: the old slot is free at once, and if the new one ' +
          'cannot be had, nothing has changed. It stays the same appointment. A patient’s move is `pending` until the ' +
          'doctor answers; one by the staff keeps the status. Moving to the slot that it has changes nothing. Staff may move it to ' +
          'another doctor who gives its service or, where it has none, has the same specialization; patients where the ' +
          'policy `move_between_doctors` says so, or its doctor is deactivated. The patient and both doctors are told. A visit ' +
          'for a service takes as many slots as it needs, and keeps its price; its room stays if it is free then, or else ' +
          'another one is taken.',
        params: idParams('The appointment’s id.', demo.visit.id),
        headers: z.object({ ...idempotencyKey, ...ifMatch.shape }),
        body: move,
        response: { 200: appointment },
      },
    },
    async (request, reply) => {
      const { params, body, user, headers, owners } = request;
      const options = { request: keyed(request), expected: headers['if-match'], patient: owners?.patient };
      return onceAnswer(reply, await moving.reschedule(params.id, body, user, options));
    },
  );
}
