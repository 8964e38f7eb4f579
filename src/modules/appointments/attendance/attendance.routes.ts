import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { mayComplete, roles } from '../../../core/roles.ts';
import { idParams } from '../../../http/fields.ts';
import { anyOf, hasRole, IsDoctor, IsOwner, IsStaff } from '../../../http/guards.ts';
import { ifMatch } from '../../../http/hooks/etag.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { appointment, readsAppointment, shows } from '../appointments.schemas.ts';
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
      'The patient is here and waits. `complete` follows once they have been seen. It also confirms a visit that is still ' +
      'pending; nobody is told of that.',
  },
  {
    path: 'complete',
    mark: 'completed',
    operationId: 'markCompleted',
    summary: 'Mark a visit as completed',
    description:
      'The patient has been seen. They need not be marked as arrived before. A patient who arrived can be marked so on a ' +
      'later day too, since a visit may end after midnight.',
  },
  {
    path: 'no-show',
    mark: 'no_show',
    operationId: 'markNoShow',
    summary: 'Mark a patient as not come',
    description: 'The patient neither came nor cancelled. The slot stays theirs, as it was kept for them.',
  },
] as const;

const RULES =
  'For a confirmed visit, from its day on (`arrive` also for a pending one, until its slot is over). A mark can be changed ' +
  'only on the day on which it was made. Repeating a mark changes nothing. A marked visit can no longer be cancelled or moved. That ' +
  'somebody was seen is not for reception to say, nor to take back.';

/** Whether patients came. */
export async function attendanceRoutes(
  instance: FastifyInstance,
  { appointments }: { appointments: Appointments },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const isOwner = IsOwner(appointments.reading.findOwners, 'appointment_not_found');
  const mayMark = anyOf(IsDoctor, IsStaff);
  /** That somebody was seen is for those to say who were there. */
  const maySayThatSeen = hasRole(...roles.filter(mayComplete));

  for (const { path, mark, operationId, summary, description } of marks)
    app.post(
      `/appointments/:id/${path}/`,
      {
        preHandler: [mark === 'completed' ? maySayThatSeen : mayMark, isOwner],
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
          shows,
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
        appointments.attendance.mark(request.params.id, mark, request.user, {
          expected: request.headers['if-match'],
          owners: request.owners,
        }),
    );

  app.delete(
    '/appointments/:id/attendance/',
    {
      preHandler: [mayMark, isOwner],
      config: { errors: ['appointment_not_found', 'attendance_final', 'version_mismatch'] },
      schema: {
        tags,
        operationId: 'takeBackAttendance',
        summary: 'Take back a mark of attendance',
        description:
          'Removes a wrong mark on the day on which it was made. The history keeps the mark and that it was taken back. ' +
          'A visit without a mark is a 204 too.',
        params,
        headers: ifMatch,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      const { params, user, headers, owners } = request;
      await appointments.attendance.unmark(params.id, user, { expected: headers['if-match'], owners });
      return reply.code(204).send();
    },
  );
}
