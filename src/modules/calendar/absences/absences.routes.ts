import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { type Role, readsReasons } from '../../../core/roles.ts';
import { idParams } from '../../../http/fields.ts';
import { anyOf, IsDoctor, IsOwner, IsStaff } from '../../../http/guards.ts';
import { reads } from '../../../http/hooks/audit.ts';
import { keyed, keyedHeaders, onceAnswer } from '../../../http/idempotency.ts';
import { pageAnswer } from '../../../http/page.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import {
  type Absence,
  type AbsenceEffects,
  absence,
  absenceEffects,
  absenceFilters,
  absencePage,
  newAbsence,
} from './absences.schemas.ts';
import type { Absences } from './absences.service.ts';

const tags = ['schedules'];
const params = idParams('The absence’s id.', demo.absence.id);
/** The reason of an absence is the doctor’s own data. */
const doctorOf = ({ doctor }: Absence) => doctor;
/** The appointments that are cancelled are the patients’ own data. */
const patientsOf = ({ appointments }: AbsenceEffects) => appointments.map(({ patient }) => patient.id);

/** Why somebody is away is not read at the desk. */
const shows = <Away extends Pick<Absence, 'reason'>>(absence: Away, role: Role): Away =>
  readsReasons(role) ? absence : { ...absence, reason: null };

export async function absencesRoutes(instance: FastifyInstance, { absences }: { absences: Absences }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const isOwner = IsOwner(absences.findOwner, 'absence_not_found');

  app.post(
    '/absences/',
    {
      preHandler: anyOf(IsDoctor, IsStaff),
      config: {
        errors: ['doctor_not_found', 'absence_overlap'],
        examples: { 200: ['preview'], 201: ['done'] },
        audit: reads('appointment.list', patientsOf, ({ appointments }) => ({
          filters: ['doctor', 'from', 'to'],
          rows: appointments.length,
        })),
        shows,
      },
      schema: {
        tags,
        operationId: 'addAbsence',
        summary: 'Be away',
        description:
          'A doctor is away from `start_time` of the first day to `end_time` of the last; staff name the `doctor`. In ' +
          'one act, all free slots of that time are removed, and all active appointments, confirmed ones too, are cancelled ' +
          'with the reason `doctor_absent`. Every patient is told. An absence that has begun acts on what lies ahead. ' +
          '`preview` answers what would be done (200) and does nothing. While the absence stands, no slot can be published ' +
          'in it. Staff can write one for a deactivated doctor who still has visits. A receptionist of other branches than ' +
          'those in which it would take slots or visits is refused.',
        headers: keyedHeaders,
        body: newAbsence,
        response: { 200: absenceEffects, 201: absenceEffects },
      },
    },
    async (request, reply) => {
      const effects = onceAnswer(reply, await absences.add(request.body, request.user, keyed(request)));
      if (effects.id === null) return reply.code(200).send(effects);
      return reply.code(201).header('location', `/api/absences/${effects.id}/`).send(effects);
    },
  );

  app.get(
    '/absences/',
    {
      preHandler: anyOf(IsDoctor, IsStaff),
      config: { audit: reads('absence.list', doctorOf), shows },
      schema: {
        tags,
        operationId: 'listAbsences',
        summary: 'See absences',
        description:
          'A doctor sees their own, staff everybody’s. Reception reads no `reason`. Absences that begin last come first.',
        querystring: absenceFilters,
        response: { 200: absencePage },
      },
    },
    async (request) =>
      pageAnswer(request, request.query.page, await absences.list(request.query, request.user)),
  );

  app.get(
    '/absences/:id/',
    {
      preHandler: [anyOf(IsDoctor, IsStaff), isOwner],
      config: {
        etag: true,
        errors: ['absence_not_found'],
        audit: reads('absence.read', doctorOf, ({ id }: Absence) => ({ absence: id })),
        shows,
      },
      schema: {
        tags,
        operationId: 'getAbsence',
        summary: 'Show an absence',
        description: 'With the reason, which only the doctor and admins see: it is null for reception.',
        params,
        response: { 200: absence },
      },
    },
    async (request) => absences.get(request.params.id),
  );

  app.delete(
    '/absences/:id/',
    {
      preHandler: [anyOf(IsDoctor, IsStaff), isOwner],
      config: { errors: ['absence_not_found'] },
      schema: {
        tags,
        operationId: 'deleteAbsence',
        summary: 'Take an absence back',
        description:
          'Slots of the doctor’s week are published again at once. Cancelled appointments stay cancelled, and slots that ' +
          'were published by hand do not come back. A receptionist of other branches than those in which the week has hours ' +
          'then is refused.',
        params,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await absences.remove(request.params.id, request.user);
      return reply.code(204).send();
    },
  );
}
