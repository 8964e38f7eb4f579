import type { FastifyInstance } from 'fastify';
import { demo } from '../../../core/demo.ts';
import { idParams } from '../../../http/fields.ts';
import { IsOwner, IsSignedIn, IsStaff } from '../../../http/guards.ts';
import { reads } from '../../../http/hooks/audit.ts';
import { pageAnswer } from '../../../http/page.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import {
  type Appointment,
  appointment,
  appointmentPage,
  patientOf,
  readsAppointment,
  shows,
} from '../appointments.schemas.ts';
import type { Appointments } from '../appointments.service.ts';
import { allFilters, LIST, ownFilters } from './filters.schemas.ts';

const tags = ['appointments'];

export async function readingRoutes(
  instance: FastifyInstance,
  { appointments: { reading } }: { appointments: Appointments },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/appointments/me/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['patient_not_found'], audit: reads('appointment.list', patientOf), shows },
      schema: {
        tags,
        operationId: 'listOwnAppointments',
        summary: 'See my appointments',
        description:
          'A patient sees their own and those of whom they look after, a doctor their own, staff those that they ' +
          'booked. Today’s and later come first by time, then past ones, latest first.',
        querystring: ownFilters,
        response: { 200: appointmentPage },
      },
    },
    async (request) =>
      pageAnswer(request, request.query.page, await reading.listOwn(request.query, request.user), LIST),
  );

  app.get(
    '/appointments/',
    {
      preHandler: IsStaff,
      config: { errors: ['too_old'], audit: reads('appointment.list', patientOf), shows },
      schema: {
        tags,
        operationId: 'listAppointments',
        summary: 'List all appointments',
        description:
          'Everybody’s; for a receptionist those in their branches. Today’s and later come first by time, then past ones, ' +
          'latest first.',
        querystring: allFilters,
        response: { 200: appointmentPage },
      },
    },
    async (request) =>
      pageAnswer(request, request.query.page, await reading.list(request.query, request.user), LIST),
  );

  app.get(
    '/appointments/:id/',
    {
      preHandler: [IsSignedIn, IsOwner(reading.findWithOwners, 'appointment_not_found')],
      config: {
        errors: ['appointment_not_found'],
        audit: readsAppointment,
        shows,
        etag: true,
      },
      schema: {
        tags,
        operationId: 'getAppointment',
        summary: 'Show an appointment',
        description:
          'With its doctor, its patient and its times, also when its slot is gone. Its doctor and staff see the patient’s ' +
          '`date_of_birth` and the `note`.',
        params: idParams('The appointment’s id.', demo.visit.id),
        response: { 200: appointment },
      },
    },
    // An admin reaches all: nobody has looked it up for them.
    async ({ owners, params }) => (owners?.record as Appointment | undefined) ?? reading.get(params.id),
  );
}
