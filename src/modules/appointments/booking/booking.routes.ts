import type { FastifyInstance } from 'fastify';
import { anyOf, IsDoctor, IsPatient, IsStaff } from '../../../http/guards.ts';
import { keyed, keyedHeaders, onceAnswer } from '../../../http/idempotency.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { openTimeslot } from '../../availability/index.ts';
import { appointment, readsAppointment, shows } from '../appointments.schemas.ts';
import type { Appointments } from '../appointments.service.ts';
import { newAppointment } from './booking.schemas.ts';

export async function bookingRoutes(
  instance: FastifyInstance,
  { appointments }: { appointments: Appointments },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/appointments/',
    {
      preHandler: anyOf(IsPatient, IsDoctor, IsStaff),
      config: {
        alternatives: openTimeslot,
        errors: [
          'slot_in_past',
          'timeslot_not_found',
          'patient_not_found',
          'slot_taken',
          'already_yours',
          'patient_busy',
          'not_with_oneself',
          'slot_held',
          'clinic_closed',
          'too_soon',
          'too_far_ahead',
          'too_many_appointments',
          'service_not_given',
          'not_for_this_patient',
          'not_enough_time',
          'no_room_free',
        ],
        examples: { 201: ['pending'] },
        audit: readsAppointment,
        shows,
        etag: true,
      },
      schema: {
        tags: ['appointments'],
        operationId: 'bookAppointment',
        summary: 'Book a slot',
        description:
          'A patient books for themself or, with `patient`, for somebody whom they look after, and may say a `reason`; staff ' +
          'name the `patient`. A doctor books a follow-up, which is confirmed at once: in a slot of their own, for a `patient` ' +
          'with a completed visit to them. The slot must be free and lie ahead, and the ' +
          'patient must have no other appointment at that time. The appointment is `pending` until its doctor answers; ' +
          'unanswered, it ends as `expired` when its slot is over. ' +
          'A `service` that lasts longer than the slot takes the slots that follow, all of them or none, and a room of the kind ' +
          'that it needs. The appointment keeps its name and price as they are now. ' +
          'If the slot can’t be booked, `alternatives` lists the nearest slots that can. If the patient has it already, for ' +
          'example after a second press of a button, that is `already_yours`, and `appointment` names the visit.',
        headers: keyedHeaders,
        body: newAppointment,
        response: { 201: appointment },
      },
    },
    async (request, reply) => {
      const booked = onceAnswer(
        reply,
        await appointments.booking.book(request.body, request.user, keyed(request)),
      );
      return reply.code(201).header('location', `/api/appointments/${booked.id}/`).send(booked);
    },
  );
}
