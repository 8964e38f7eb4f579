import type { FastifyInstance } from 'fastify';
import { demo } from '../../../core/demo.ts';
import { idParams } from '../../../http/fields.ts';
import { IsOwner, IsSignedIn } from '../../../http/guards.ts';
import { reads } from '../../../http/hooks/audit.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import type { Appointments } from '../appointments.service.ts';
import { HISTORY_LIMIT, history } from './history.schemas.ts';
import type { KnownEvent } from './history.service.ts';

/** What happened to an appointment. */
export async function historyRoutes(
  instance: FastifyInstance,
  { appointments }: { appointments: Appointments },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/appointments/:id/history/',
    {
      preHandler: [IsSignedIn, IsOwner(appointments.reading.findOwners, 'appointment_not_found')],
      config: {
        errors: ['appointment_not_found'],
        audit: reads(
          'appointment.history',
          ({ patient }: KnownEvent) => patient,
          ({ appointment }) => ({ appointment }),
        ),
      },
      schema: {
        tags: ['appointments'],
        operationId: 'appointmentHistory',
        summary: 'See what happened to an appointment',
        description:
          'What happened, when and by whom, oldest first: a record that nobody can change. Why it was cancelled stands in ' +
          `the appointment itself. No pages: at most ${HISTORY_LIMIT} events, of more the booking and the last ones.`,
        params: idParams('The appointment’s id.', demo.visit.id),
        response: { 200: history },
      },
    },
    async (request) => appointments.history.list(request.params.id, request.user),
  );
}
