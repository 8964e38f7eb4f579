import type { FastifyInstance } from 'fastify';
import { demo } from '../../../core/demo.ts';
import { idParams } from '../../../http/fields.ts';
import { IsDoctor, IsStaff } from '../../../http/guards.ts';
import { reads } from '../../../http/hooks/audit.ts';
import { ifMatchTag, unchanged } from '../../../http/hooks/etag.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import type { Calendar } from '../calendar.service.ts';
import { type ChangedSchedule, changedSchedule, newSchedule, schedule } from './weeks.schemas.ts';

const tags = ['schedules'];
const params = idParams('The doctor’s id, from the directory.', demo.doctor.id);
const CHANGE_ERRORS = [
  ...(['doctor_not_found', 'branch_not_found', 'room_not_found', 'version_mismatch'] as const),
  ...(['schedule_overlap', 'branch_closed', 'room_closed', 'room_taken'] as const),
];
const CHANGE =
  'The week is replaced as a whole. Slots are published from it at once, and later day by day. The slots of a stretch ' +
  'follow each other from its `start_time` on. A new week changes only free slots that lie ahead: what is booked, held or ' +
  'offered to somebody stays, and so does what was published by hand. Slots of the week that were taken back by hand come ' +
  'again with the next week that is written. What stood in the week before may stay as it is where its branch or room has closed ' +
  'since: it waits until that opens again. Nothing is published on holidays and in absences, nor where somebody else uses ' +
  'the `room`: `skipped` names those slots, which are published later if the room is free by then. The answer names the ' +
  'appointments that the new week leaves outside; they stay. `dry_run` answers all of it, and changes nothing.';

/** The appointments that are left outside are the patients’ own data. */
const readsOutside = reads(
  'appointment.list',
  ({ outside }: ChangedSchedule) => outside.map(({ patient }) => patient.id),
  ({ outside }) => ({ filters: ['doctor'], rows: outside.length }),
);

export async function weeksRoutes(instance: FastifyInstance, { weeks }: Pick<Calendar, 'weeks'>) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/doctor/schedule/',
    {
      preHandler: IsDoctor,
      config: { etag: true, errors: ['doctor_not_found'] },
      schema: {
        tags,
        operationId: 'getSchedule',
        summary: 'Show my week',
        description: 'The hours from which my slots are published.',
        response: { 200: schedule },
      },
    },
    async (request) => weeks.get(request.user.id, request.user),
  );

  app.put(
    '/doctor/schedule/',
    {
      preHandler: IsDoctor,
      config: { errors: CHANGE_ERRORS, audit: readsOutside },
      schema: {
        tags,
        operationId: 'putSchedule',
        summary: 'Write my week',
        description: CHANGE,
        headers: ifMatchTag,
        body: newSchedule,
        response: { 200: changedSchedule },
      },
    },
    async (request) => weeks.replace(request.user.id, request.body, request.user, unchanged(request)),
  );

  app.get(
    '/doctors/:id/schedule/',
    {
      preHandler: IsStaff,
      config: { etag: true, errors: ['doctor_not_found'] },
      schema: {
        tags,
        operationId: 'getScheduleOfDoctor',
        summary: 'Show a doctor’s week',
        description:
          'The hours from which their slots are published. A receptionist sees those of their branches.',
        params,
        response: { 200: schedule },
      },
    },
    async (request) => weeks.get(request.params.id, request.user),
  );

  app.put(
    '/doctors/:id/schedule/',
    {
      preHandler: IsStaff,
      config: { errors: CHANGE_ERRORS, audit: readsOutside },
      schema: {
        tags,
        operationId: 'putScheduleOfDoctor',
        summary: 'Write a doctor’s week',
        description: `${CHANGE} A receptionist replaces what is of their branches, and leaves the rest.`,
        params,
        headers: ifMatchTag,
        body: newSchedule,
        response: { 200: changedSchedule },
      },
    },
    async (request) => weeks.replace(request.params.id, request.body, request.user, unchanged(request)),
  );
}
