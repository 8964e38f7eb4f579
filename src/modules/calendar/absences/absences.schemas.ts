import { z } from 'zod';
import { daysBetween, minutesOf } from '../../../core/clock.ts';
import { demo } from '../../../core/demo.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../../http/page.ts';
import { issue } from '../../../http/zod.ts';

/** How many slots and appointments an answer names. */
export const SHOWN = 500;

const span = {
  doctor: fields.id.meta({ description: 'The doctor’s id.', examples: [demo.doctor.id] }),
  from: fields.out.date.meta({ description: 'The first day.', examples: ['2028-04-03'] }),
  to: fields.out.date.meta({ description: 'The last day.', examples: ['2028-04-21'] }),
  start_time: fields.out.time.meta({
    description: 'When it begins on the first day; `00:00` is the whole day.',
    examples: ['00:00'],
  }),
  end_time: fields.out.time.meta({
    description: 'When it ends on the last day; `24:00` is the whole day.',
    examples: ['24:00'],
  }),
  reason: z
    .string()
    .nullable()
    .meta({ description: 'For the doctor and admins only; patients never see it.', maxLength: 500 }),
};

const shape = z.object({
  id: fields.id,
  ...span,
  created_by: fields.id.meta({ description: 'The user who wrote it.', examples: [demo.doctor.id] }),
  created_at: fields.out.instant,
});

const away = {
  doctor: demo.doctor.id,
  from: '2028-04-03',
  to: '2028-04-21',
  start_time: '00:00',
  end_time: '24:00',
  reason: 'Congress in Samarqand',
};

export const absence = documented(shape, {
  id: 'Absence',
  description: 'A doctor is away: none of their slots lies in that time.',
  examples: {
    absence: {
      summary: 'Three weeks',
      value: {
        id: demo.absence.id,
        ...away,
        created_by: demo.doctor.id,
        created_at: '2028-03-01T09:30:00.000Z',
      },
    },
  },
});
export type Absence = z.infer<typeof absence>;

export const absencePage = pageOf('AbsencePage', 'One page of absences.', absence);

const count = z.int().meta({ minimum: 0, maximum: 1_000_000, examples: [2] });
const visit = {
  id: fields.id,
  date: fields.out.date,
  start_time: fields.out.time,
  end_time: fields.out.time,
};

export const absenceEffects = documented(
  z.object({
    id: fields.id.nullable().meta({ description: 'The absence’s id; null in a preview.', examples: [5] }),
    ...span,
    preview: z.boolean().meta({ description: 'Whether nothing was done.' }),
    slots_count: count.meta({
      description: 'How many free slots are removed in all, held and offered ones too.',
    }),
    slots: z
      .array(z.object(visit))
      .meta({ description: `The first of them by time, at most ${SHOWN}.`, maxItems: SHOWN }),
    appointments_count: count.meta({ description: 'How many appointments are cancelled in all.' }),
    appointments: z
      .array(
        z.object({
          ...visit,
          patient: fields.patientBrief,
        }),
      )
      .meta({ description: `The first of them by time, at most ${SHOWN}.`, maxItems: SHOWN }),
  }),
  {
    id: 'AbsenceEffects',
    description: 'An absence and what it does, or would do.',
    examples: {
      done: {
        summary: 'Done',
        value: { id: demo.absence.id, ...away, preview: false, ...effects() },
      },
      preview: {
        summary: 'A preview',
        value: { id: null, ...away, preview: true, ...effects() },
      },
    },
  },
);
export type AbsenceEffects = z.infer<typeof absenceEffects>;

function effects() {
  const date = '2028-04-03';
  const patient = demo.patient.brief;
  return {
    slots_count: 1,
    slots: [{ id: demo.slots.toHold.id, date, start_time: '10:30', end_time: '11:00' }],
    appointments_count: 1,
    appointments: [{ id: demo.visit.id, date, start_time: '10:00', end_time: '10:30', patient }],
  };
}

/** In minutes. What begins at 24:00 and ends at 00:00 of the next day has none. */
const lengthOf = ({
  from,
  to,
  start_time,
  end_time,
}: Record<'from' | 'to' | 'start_time' | 'end_time', string>) =>
  minutesOf(end_time) - minutesOf(start_time) + (daysBetween(from, to) - 1) * minutesOf('24:00');

export const newAbsence = documented(
  z
    .object({
      doctor: fields.id.optional().meta({
        description: 'For staff, who must name one; doctors leave it out.',
        examples: [demo.doctor.id],
      }),
      from: fields.date.meta({ description: 'The first day.', examples: ['2028-04-03'] }),
      to: fields.date.meta({ description: 'The last day, included.', examples: ['2028-04-21'] }),
      start_time: fields.clockTime
        .default('00:00')
        .meta({ description: 'When it begins on the first day.', examples: ['14:00'] }),
      end_time: fields.clockTime
        .default('24:00')
        .meta({ description: 'When it ends on the last day.', examples: ['18:00'] }),
      reason: fields
        .text(500)
        .optional()
        .meta({
          description: 'For the doctor and admins only; patients never see it.',
          examples: ['Congress in Samarqand'],
        }),
      preview: z
        .boolean()
        .default(false)
        .meta({ description: 'Answers what would be done, and does nothing.', examples: [true] }),
    })
    .superRefine(({ from, to, start_time, end_time }, context) => {
      const refuse = (about: ReturnType<typeof issue>) => context.addIssue({ code: 'custom', ...about });
      if (to < from) refuse(issue('range_reversed', 'to'));
      else if (lengthOf({ from, to, start_time, end_time }) <= 0)
        refuse(issue('end_before_start', 'end_time'));
    }),
  {
    id: 'NewAbsence',
    description: 'When a doctor is away: whole days, unless `start_time` or `end_time` says otherwise.',
    examples: {
      preview: {
        summary: 'What three weeks away would do',
        value: { from: '2028-04-03', to: '2028-04-21', reason: 'Congress in Samarqand', preview: true },
      },
      afternoon: {
        summary: 'Away for an afternoon',
        value: { from: '2028-04-24', to: '2028-04-24', start_time: '14:00', end_time: '18:00' },
      },
      admin: {
        summary: 'As an admin, for a doctor',
        value: {
          doctor: demo.doctor.id,
          from: '2028-04-03',
          to: '2028-04-21',
          reason: 'Congress in Samarqand',
        },
      },
    },
  },
);
export type NewAbsence = z.output<typeof newAbsence>;

const { from, to } = fields.dateFilters;
export const absenceFilters = fields.orderedRange(
  z.object({
    ...pageQuery,
    from: from.meta({ description: 'Only absences that end on this day or later.' }),
    to: to.meta({ description: 'Only absences that begin on this day or earlier; not before `from`.' }),
    doctor: fields.idText.optional().meta({
      description: 'Only this doctor’s. Doctors see only their own.',
      examples: [demo.doctor.id],
    }),
  }),
);
export type AbsenceFilters = z.infer<typeof absenceFilters>;
