import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { idParams } from '../../../http/fields.ts';
import { anyOf, IsAdmin, IsDoctor, IsOwner } from '../../../http/guards.ts';
import { ifMatch } from '../../../http/hooks/etag.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { appointment, readsAppointment } from '../appointments.schemas.ts';
import type { Appointments } from '../appointments.service.ts';

const tags = ['appointments'];
const params = idParams('The appointment’s id.', demo.pastVisit.id);

const marks = [
  {
    path: 'arrive',
    mark: 'arrived',
    operationId: 'markArrived',
    summary: 'Mark a patient as arrived',
    description:
      'They are here and wait. `complete` follows once they have been seen. A visit that is still pending is confirmed with ' +
      'it, and nobody is told.',
  },
  {
    path: 'complete',
    mark: 'completed',
    operationId: 'markCompleted',
    summary: 'Mark a visit as completed',
    description:
      'The patient has been seen; that they arrived need not be said before. One who arrived can be marked so on a ' +
      'later day too, since a visit may end after midnight.',
  },
  {
    path: 'no-show',
    mark: 'no_show',
    operationId: 'markNoShow',
    summary: 'Mark a patient as not come',
    description: 'They neither came nor cancelled. The slot stays theirs, as it was kept for them.',
  },
] as const;

const RULES =
  'For a confirmed visit, from its day on (`arrive` also for a pending one, until its slot is over). A mark can be changed for another on the day on which it was made, not ' +
  'later; repeating it changes nothing. A visit that is marked can no longer be cancelled or moved.';

/** Whether patients came. */
export async function attendanceRoutes(
  instance: FastifyInstance,
  { appointments }: { appointments: Appointments },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const isOwner = IsOwner(appointments.reading.findOwners, 'appointment_not_found');
  const preHandler = [anyOf(IsDoctor, IsAdmin), isOwner];

  for (const { path, mark, operationId, summary, description } of marks)
    app.post(
      `/appointments/:id/${path}/`,
      {
        preHandler,
        config: {
          errors: [
            'appointment_not_found',
            'not_confirmed',
            'visit_ahead',
            'attendance_final',
            'version_mismatch',
          ],
          examples: { 200: [mark] },
          audit: readsAppointment,
          etag: true,
        },
        schema: {
          tags,
          operationId,
          summary,
          description: `${description} ${RULES}`,
          params,
          headers: ifMatch,
          response: { 200: appointment },
        },
      },
      async (request) =>
        appointments.attendance.mark(request.params.id, mark, request.user, request.headers['if-match']),
    );

  app.delete(
    '/appointments/:id/attendance/',
    {
      preHandler,
      config: { errors: ['appointment_not_found', 'attendance_final', 'version_mismatch'] },
      schema: {
        tags,
        operationId: 'takeBackAttendance',
        summary: 'Take back a mark of attendance',
        description:
          'A wrong mark goes, on the day on which it was made, and the visit bears none again; the history keeps both. ' +
          'Where there is none it is a 204 too.',
        params,
        headers: ifMatch,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await appointments.attendance.unmark(request.params.id, request.user, request.headers['if-match']);
      return reply.code(204).send();
    },
  );
}
