import { z } from 'zod';
import { daysBetween } from '../../core/clock.ts';
import { demo } from '../../core/demo.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';
import { issue } from '../../http/zod.ts';
import { daysOpened, slotsADay } from './bulk.rules.ts';
import { despiteHoliday } from './timeslots.schemas.ts';

const DAYS_MAX = 366;
const SLOTS_MAX = 5_000;
/** How many of the skipped slots an answer names. */
export const SKIPPED_SHOWN = 500;

/** The times between which slots are made, and how; the same in a week. */
export const openingHours = {
  start_time: fields.clockTime.meta({ examples: ['09:00'] }),
  end_time: fields.clockTime.meta({ examples: ['18:00'] }),
  slot_minutes: z
    .int()
    .min(5)
    .max(720)
    .meta({ description: 'How long a slot lasts.', examples: [30] }),
  break_minutes: z
    .int()
    .min(0)
    .max(720)
    .default(0)
    .meta({ description: 'How long after a slot the next begins.', examples: [0] }),
};

export const weekday = z
  .int()
  .min(1)
  .max(7)
  .meta({ description: 'ISO 8601: 1 is Monday, 7 Sunday.', examples: [1] });

const pause = z
  .object({
    start_time: fields.clockTime.meta({ examples: ['13:00'] }),
    end_time: fields.clockTime.meta({ examples: ['14:00'] }),
  })
  .refine(({ start_time, end_time }) => start_time < end_time, issue('end_before_start', 'end_time'));

const shape = z.object({
  doctor: fields.id.optional().meta({
    description: 'For staff, who must name one; doctors leave it out.',
    examples: [demo.doctor.id],
  }),
  date: fields.date.optional().meta({ description: 'One day; or else `from` and `to`.' }),
  from: fields.date.optional().meta({ description: 'The first day.', examples: ['2028-03-13'] }),
  to: fields.date.optional().meta({
    description: `The last day, included; at most ${DAYS_MAX} days from \`from\` on.`,
    examples: ['2028-06-12'],
  }),
  weekdays: z
    .array(weekday)
    .min(1)
    .max(7)
    .optional()
    .meta({ description: 'Only these days of the week; every day without it.' }),
  ...openingHours,
  pauses: z.array(pause).max(20).default([]).meta({
    description:
      'No slot overlaps a pause. One that would is shifted: the day goes on with a slot at the end of the pause.',
  }),
  ...fields.hoursPlace,
  despite_holiday: despiteHoliday,
  dry_run: z
    .boolean()
    .default(false)
    .meta({ description: 'Tells what the call would do, and does nothing.', examples: [false] }),
});

type Shape = z.output<typeof shape>;

/** From which day to which. */
export const daysOf = ({ date, from = date, to = date }: Pick<Shape, 'date' | 'from' | 'to'>) => ({
  from: from ?? '',
  to: to ?? '',
});

/** What is wrong with the days. */
function daysIssue(order: Shape): ReturnType<typeof issue> | undefined {
  const { date, from, to } = order;
  if (date === undefined ? from === undefined || to === undefined : from !== undefined || to !== undefined)
    return issue('date_or_range', 'date');
  const days = daysOf(order);
  if (days.to < days.from) return issue('range_reversed', 'to');
  if (daysBetween(days.from, days.to) > DAYS_MAX) return issue('range_too_long', 'to', { days: DAYS_MAX });
  return undefined;
}

/** What is wrong with the hours of a day. */
function hoursIssue(order: Shape): ReturnType<typeof issue> | undefined {
  if (order.end_time <= order.start_time) return issue('end_before_start', 'end_time');
  return slotsADay(order) === 0 ? issue('no_slot_fits', 'slot_minutes') : undefined;
}

export const newTimeslots = documented(
  shape.superRefine((order, context) => {
    const issues = [daysIssue(order), hoursIssue(order)].filter((about) => about !== undefined);
    const slots = issues.length > 0 ? 0 : slotsADay(order) * daysOpened({ ...order, ...daysOf(order) });
    if (slots > SLOTS_MAX) issues.push(issue('too_many_slots', 'slot_minutes', { maximum: SLOTS_MAX }));
    for (const about of issues) context.addIssue({ code: 'custom', ...about });
  }),
  {
    id: 'NewTimeslots',
    description: `The openings of a day, or of many: at most ${SLOTS_MAX} slots in one call.`,
    examples: {
      months: {
        summary: 'Three months, Monday to Friday',
        value: {
          from: '2028-04-03',
          to: '2028-06-30',
          weekdays: [1, 2, 3, 4, 5],
          start_time: '09:00',
          end_time: '18:00',
          slot_minutes: 30,
          pauses: [{ start_time: '13:00', end_time: '14:00' }],
        },
      },
      preview: {
        summary: 'What a day would bring',
        value: {
          date: '2028-03-20',
          start_time: '09:00',
          end_time: '13:00',
          slot_minutes: 20,
          break_minutes: 5,
          dry_run: true,
        },
      },
      admin: {
        summary: 'As an admin, for a doctor',
        value: {
          doctor: demo.doctor.id,
          date: '2028-03-22',
          start_time: '09:00',
          end_time: '13:00',
          slot_minutes: 20,
        },
      },
    },
  },
);
export type NewTimeslots = z.output<typeof newTimeslots>;

const skipReasons = ['past', 'holiday', 'absence', 'overlap', 'room_taken'] as const;

export const publishedTimeslots = documented(
  z.object({
    created: z
      .int()
      .min(0)
      .max(SLOTS_MAX)
      .meta({ description: 'How many slots were published, or would be.' }),
    skipped_count: z.int().min(0).max(SLOTS_MAX).meta({ description: 'How many were skipped in all.' }),
    skipped: z
      .array(
        z.object({
          date: fields.out.date,
          start_time: fields.out.time,
          end_time: fields.out.time,
          reason: z.enum(skipReasons).meta({
            description:
              'It is over, lies on a holiday or in the doctor’s absence, overlaps a slot that is there already, or somebody ' +
              'else uses the room.',
          }),
        }),
      )
      .meta({ description: `The first of them by time, at most ${SKIPPED_SHOWN}.`, maxItems: SKIPPED_SHOWN }),
    dry_run: z.boolean().meta({ description: 'Whether nothing was done.' }),
  }),
  {
    id: 'PublishedTimeslots',
    description: 'What became of the openings.',
    examples: {
      published: {
        summary: 'Published',
        value: {
          created: 15,
          skipped_count: 1,
          skipped: [{ date: '2028-03-20', start_time: '10:00', end_time: '10:30', reason: 'overlap' }],
          dry_run: false,
        },
      },
      preview: {
        summary: 'A dry run',
        value: { created: 9, skipped_count: 0, skipped: [], dry_run: true },
      },
    },
  },
);
export type PublishedTimeslots = z.infer<typeof publishedTimeslots>;
