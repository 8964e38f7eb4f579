import { z } from 'zod';
import { minutesOf } from '../../../core/clock.ts';
import { demo } from '../../../core/demo.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { issue } from '../../../http/zod.ts';
import { openingHours, weekday } from '../../timeslots/index.ts';
import { overlapsIn, SKIPPED_SHOWN } from './weeks.rules.ts';

const HOURS_MAX = 100;
/** How many slots and visits an answer names. */
export const SHOWN = 50;

const hours = z
  .object({
    weekday,
    ...openingHours,
    valid_from: fields.date
      .nullable()
      .default(null)
      .meta({ description: 'The first day on which they are valid; null is no first day.' }),
    valid_until: fields.date
      .nullable()
      .default(null)
      .meta({
        description: 'The last day on which they are valid; null is no last day.',
        examples: ['2028-12-31'],
      }),
    ...fields.hoursPlace,
  })
  .superRefine(({ start_time, end_time, slot_minutes, valid_from, valid_until }, context) => {
    const refuse = (about: ReturnType<typeof issue>) => context.addIssue({ code: 'custom', ...about });
    if (end_time <= start_time) refuse(issue('end_before_start', 'end_time'));
    else if (minutesOf(end_time) - minutesOf(start_time) < slot_minutes)
      refuse(issue('no_slot_fits', 'slot_minutes'));
    if (valid_from !== null && valid_until !== null && valid_until < valid_from)
      refuse(issue('range_reversed', 'valid_until'));
  });

const monday = { weekday: 1, start_time: '09:00', end_time: '13:00', slot_minutes: 30 };
const tuesday = { weekday: 2, start_time: '14:00', end_time: '18:00', slot_minutes: 20, break_minutes: 10 };

export const newSchedule = documented(
  z.object({
    dry_run: z
      .boolean()
      .default(false)
      .meta({ description: 'Answers what would come of it, and changes nothing.', examples: [true] }),
    schedule: z
      .array(hours)
      .max(HOURS_MAX)
      .superRefine((week, context) => {
        for (const { row, other } of overlapsIn(week))
          context.addIssue({
            code: 'custom',
            ...issue('hours_overlap', undefined, { other: `schedule.${other}` }),
            path: [row],
          });
      })
      .meta({
        description: `Stretches of the week, at most ${HOURS_MAX}; no two overlap on a day on which both are valid.`,
      }),
  }),
  {
    id: 'NewSchedule',
    description: 'A doctor’s week as a whole.',
    examples: {
      week: {
        summary: 'Monday morning, and Tuesday afternoon until the end of the year',
        value: { schedule: [monday, { ...tuesday, valid_until: '2028-12-31' }] },
      },
      place: {
        summary: 'In a branch, in one of its rooms',
        value: { schedule: [{ ...monday, branch: demo.branch.id, room: demo.room.id }] },
      },
      dry_run: {
        summary: 'What a shorter week would change',
        value: { dry_run: true, schedule: [monday] },
      },
      none: { summary: 'No hours at all', value: { schedule: [] } },
    },
  },
);
export type NewSchedule = z.output<typeof newSchedule>;

const stretch = z
  .object({
    weekday: weekday,
    start_time: fields.out.time.meta({ examples: ['09:00'] }),
    end_time: fields.out.time.meta({ examples: ['13:00'] }),
    slot_minutes: z.int().meta({ minimum: 5, maximum: 720, examples: [30] }),
    break_minutes: z.int().meta({ minimum: 0, maximum: 720, examples: [0] }),
    valid_from: fields.out.date.nullable(),
    valid_until: fields.out.date.nullable(),
    branch: fields.out.branch,
    room: fields.out.room,
  })
  .meta({ id: 'WeeklyHours', description: 'A stretch of a doctor’s week.' });

const shape = z.object({
  schedule: z.array(stretch).meta({ description: 'By weekday and time.', maxItems: HOURS_MAX }),
});

const stored: z.infer<typeof shape>['schedule'] = [
  { ...monday, break_minutes: 0, valid_from: null, valid_until: null, branch: demo.branch.id, room: null },
  { ...tuesday, valid_from: null, valid_until: '2028-12-31', branch: demo.branch.id, room: null },
];

export const schedule = documented(shape, {
  id: 'Schedule',
  description: 'A doctor’s week.',
  examples: { week: { summary: 'Two stretches', value: { schedule: stored } } },
});
export type Schedule = z.infer<typeof schedule>;

const many = z.int().meta({ minimum: 0, maximum: 1_000_000, examples: [56] });

const slot = z.object({
  date: fields.out.date,
  start_time: fields.out.time,
  end_time: fields.out.time,
});
const first = (what: string) => ({
  description: `The first of ${what} by time, at most ${SHOWN}.`,
  maxItems: SHOWN,
});

export const changedSchedule = documented(
  shape.extend({
    dry_run: z.boolean().meta({ description: 'Whether nothing was changed.' }),
    published: many.meta({ description: 'How many slots were published from it.' }),
    published_slots: z.array(slot).meta(first('them')),
    removed: many.meta({
      description: 'How many free slots of the week before were removed.',
      examples: [40],
    }),
    skipped_count: many.meta({
      description: 'How many were not published since somebody else uses the room.',
      examples: [0],
    }),
    skipped: z
      .array(
        z.object({
          date: fields.out.date,
          start_time: fields.out.time,
          end_time: fields.out.time,
          reason: z.enum(['room_taken']),
        }),
      )
      .meta({ description: `The first of them by time, at most ${SKIPPED_SHOWN}.`, maxItems: SKIPPED_SHOWN }),
    removed_slots: z.array(slot).meta(first('them')),
    outside_count: many.meta({
      description:
        'How many appointments that are still to come came from the week, and lie outside it now. They stay as they are.',
      examples: [1],
    }),
    outside: z
      .array(slot.extend({ id: fields.id, patient: fields.patientBrief }))
      .meta(first('these appointments')),
  }),
  {
    id: 'ChangedSchedule',
    description: 'A doctor’s new week, and what it changed or would change.',
    examples: {
      week: {
        summary: 'Two stretches',
        value: { dry_run: false, schedule: stored, ...changes(), skipped_count: 0, skipped: [] },
      },
      dry_run: {
        summary: 'What would change',
        value: { dry_run: true, schedule: stored, ...changes(), skipped_count: 0, skipped: [] },
      },
    },
  },
);
export type ChangedSchedule = z.infer<typeof changedSchedule>;

function changes() {
  const slots = [
    { date: '2028-03-13', start_time: '09:00', end_time: '09:30' },
    { date: '2028-03-14', start_time: '14:00', end_time: '14:20' },
  ];
  return {
    published: 56,
    published_slots: slots,
    removed: 40,
    removed_slots: [{ date: '2028-03-15', start_time: '09:00', end_time: '09:30' }],
    outside_count: 1,
    outside: [
      {
        id: demo.visit.id,
        date: demo.day,
        start_time: '10:00',
        end_time: '10:30',
        patient: demo.patient.brief,
      },
    ],
  };
}
