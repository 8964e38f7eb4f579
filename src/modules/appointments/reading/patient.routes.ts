import type { FastifyInstance } from 'fastify';
import { demo } from '../../../core/demo.ts';
import { idParams } from '../../../http/fields.ts';
import { IsDoctor } from '../../../http/guards.ts';
import { reads } from '../../../http/hooks/audit.ts';
import { pageAnswer } from '../../../http/page.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { appointmentPage, patientOf, shows } from '../appointments.schemas.ts';
import type { Appointments } from '../appointments.service.ts';
import { onlyPages } from './filters.schemas.ts';

/** What a doctor has had with a patient before. */
export async function patientRoutes(
  instance: FastifyInstance,
  { appointments: { reading } }: { appointments: Appointments },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/doctor/patients/:id/appointments/',
    {
      preHandler: IsDoctor,
      config: { errors: ['patient_not_found'], audit: reads('appointment.list', patientOf), shows },
      schema: {
        tags: ['appointments'],
        operationId: 'listAppointmentsOfPatient',
        summary: 'See my appointments with a patient',
        description:
          'All that the patient has had, or will have, with the doctor who asks; nothing of other doctors. Today’s and later ' +
          'come first by time, then past ones, latest first. A patient who has had none is a 404.',
        params: idParams('The patient’s id.', demo.patient.id),
        querystring: onlyPages,
        response: { 200: appointmentPage },
      },
    },
    async (request) => {
      const { params, query, user } = request;
      return pageAnswer(request, query.page, await reading.listOfPatient(params.id, query, user));
    },
  );
}
