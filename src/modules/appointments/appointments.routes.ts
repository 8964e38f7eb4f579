import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { idParams } from '../../http/fields.ts';
import { anyOf, IsAdmin, IsDoctor, IsOwner, IsPatient, IsSignedIn } from '../../http/guards.ts';
import { reads } from '../../http/hooks/audit.ts';
import { ifMatch } from '../../http/hooks/etag.ts';
import { keyed, keyedHeaders, onceAnswer } from '../../http/idempotency.ts';
import { pageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { openTimeslot } from '../timeslots/index.ts';
import {
  allFilters,
  appointment,
  appointmentPage,
  cancellation,
  decision,
  newAppointment,
  ownFilters,
  patientOf,
  readsAppointment,
} from './appointments.schemas.ts';
import type { Appointments } from './appointments.service.ts';
import { attendanceRoutes } from './attendance.routes.ts';
import { exportRoutes } from './export.routes.ts';
import { historyRoutes } from './history.routes.ts';
import { rescheduleRoutes } from './reschedule.routes.ts';

const tags = ['appointments'];
const params = idParams('The appointment’s id.', demo.visit.id);

export async function appointmentsRoutes(
  instance: FastifyInstance,
  { appointments, loggable }: { appointments: Appointments; loggable: (error: unknown) => object },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'appointments',
    description: 'Bookings: book, confirm, move, cancel, and whether patients came.',
    order: 60,
  });
  const isOwner = IsOwner(appointments.findOwners, 'appointment_not_found');
  app.post(
    '/appointments/',
    {
      preHandler: anyOf(IsPatient, IsAdmin),
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
          'too_soon',
          'too_far_ahead',
          'too_many_appointments',
        ],
        examples: { 201: ['pending'] },
        audit: readsAppointment,
        etag: true,
      },
      schema: {
        tags,
        operationId: 'bookAppointment',
        summary: 'Book a slot',
        description:
          'A patient books for themself; an admin names the `patient`. The slot must be free and lie ahead, and the ' +
          'patient must have no other appointment at that time. The appointment is `pending` until its doctor answers; ' +
          'unanswered, it ends as `expired` when its slot is over. ' +
          'If the slot can’t be booked, `alternatives` lists the nearest ones that can. If the patient has it already, as ' +
          'after a second press of a button, that is `already_yours`, and `appointment` names the visit.',
        headers: keyedHeaders,
        body: newAppointment,
        response: { 201: appointment },
      },
    },
    async (request, reply) => {
      const booked = onceAnswer(reply, await appointments.book(request.body, request.user, keyed(request)));
      return reply.code(201).header('location', `/api/appointments/${booked.id}/`).send(booked);
    },
  );

  app.get(
    '/appointments/me/',
    {
      preHandler: IsSignedIn,
      config: { audit: reads('appointment.list', patientOf) },
      schema: {
        tags,
        operationId: 'listOwnAppointments',
        summary: 'See my appointments',
        description:
          'A patient’s or a doctor’s own; for an admin those they booked. Today’s and later come first by time, then ' +
          'past ones, latest first.',
        querystring: ownFilters,
        response: { 200: appointmentPage },
      },
    },
    async (request) =>
      pageAnswer(request, request.query.page, await appointments.listOwn(request.query, request.user)),
  );

  app.get(
    '/appointments/',
    {
      preHandler: IsAdmin,
      config: { audit: reads('appointment.list', patientOf) },
      schema: {
        tags,
        operationId: 'listAppointments',
        summary: 'List all appointments',
        description: 'Everybody’s. Today’s and later come first by time, then past ones, latest first.',
        querystring: allFilters,
        response: { 200: appointmentPage },
      },
    },
    async (request) => pageAnswer(request, request.query.page, await appointments.list(request.query)),
  );

  app.get(
    '/appointments/:id/',
    {
      preHandler: [IsSignedIn, isOwner],
      config: {
        errors: ['appointment_not_found'],
        examples: { 200: ['pending', 'confirmed', 'cancelled', 'expired'] },
        audit: readsAppointment,
        etag: true,
      },
      schema: {
        tags,
        operationId: 'getAppointment',
        summary: 'Show an appointment',
        description: 'With its doctor, its patient and its times, also when its slot is gone.',
        params,
        response: { 200: appointment },
      },
    },
    async (request) => appointments.get(request.params.id),
  );

  app.patch(
    '/appointments/:id/',
    {
      preHandler: [anyOf(IsDoctor, IsAdmin), isOwner],
      config: {
        errors: ['appointment_not_found', 'already_decided', 'already_attended', 'version_mismatch'],
        examples: { 200: ['confirmed', 'cancelled'] },
        audit: readsAppointment,
        etag: true,
      },
      schema: {
        tags,
        operationId: 'decideAppointment',
        summary: 'Confirm or cancel an appointment',
        description:
          'Its doctor confirms or declines what is pending; an admin may also cancel what is confirmed. ' +
          'Nothing leaves `cancelled` and `expired`.',
        params,
        headers: ifMatch,
        body: decision,
        response: { 200: appointment },
      },
    },
    async (request) =>
      appointments.decide(request.params.id, request.body, request.user, request.headers['if-match']),
  );

  app.delete(
    '/appointments/:id/',
    {
      preHandler: [anyOf(IsPatient, IsAdmin), isOwner],
      config: {
        errors: [
          'appointment_not_found',
          'visit_begun',
          'too_late_to_cancel',
          'already_attended',
          'version_mismatch',
        ],
      },
      schema: {
        tags,
        operationId: 'cancelAppointment',
        summary: 'Cancel an appointment',
        description:
          'The slot is free again at once, and the appointment stays as `cancelled`. Patients can no longer cancel once ' +
          'the visit has begun; after the clinic’s deadline it is marked as late, or refused, as the policy says. ' +
          'Repeating it is a 204 again. A body with a `reason` may say why; without one, nothing is said.',
        params,
        headers: ifMatch,
        body: cancellation,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      const { params, body, user, headers } = request;
      await appointments.cancel(params.id, user, { ...body, expected: headers['if-match'] });
      return reply.code(204).send();
    },
  );

  // Documentation shows routes in this order: first what everybody does with a visit.
  await app.register(rescheduleRoutes, { appointments });
  await app.register(attendanceRoutes, { appointments });
  await app.register(historyRoutes, { appointments });
  await app.register(exportRoutes, { appointments, loggable });
}
