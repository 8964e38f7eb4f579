import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../../http/page.ts';

const shape = z.object({
  id: fields.id,
  date: fields.out.date.meta({ examples: [demo.holiday.date] }),
  name: z
    .string()
    .nullable()
    .meta({ description: 'What is celebrated.', maxLength: 100, examples: ['Navroʻz'] }),
  branch: fields.id
    .nullable()
    .meta({ description: 'The branch that is closed; null closes the whole clinic.' }),
});

const example: z.infer<typeof shape> = { ...demo.holiday, branch: null };

export const holiday = documented(shape, {
  id: 'Holiday',
  description: 'A day on which the clinic, or one of its branches, is closed.',
  examples: { holiday: { summary: 'A holiday', value: example } },
});
export type Holiday = z.infer<typeof holiday>;

export const holidayPage = pageOf('HolidayPage', 'One page of holidays.', holiday);

/** How many visits an answer names. */
export const SHOWN = 500;

const many = z.int().meta({ minimum: 0, maximum: 1_000_000 });
const name = { id: fields.id, first_name: fields.out.name, last_name: fields.out.name };

const visit = z.object({
  id: fields.id,
  doctor: z.object(name),
  date: fields.out.date.meta({ examples: ['2028-03-21'] }),
  start_time: fields.out.time,
  end_time: fields.out.time.meta({ examples: ['10:30'] }),
  patient: z.object({ ...name, phone: fields.out.phone }),
});

const visits = ['keep', 'cancel'] as const;
const done = {
  ...example,
  preview: false,
  removed: 48,
  appointments: 1,
  cancelled: 0,
  visits: [
    {
      id: 9001,
      doctor: { id: 12, first_name: 'Jasur', last_name: 'Yusupov' },
      date: '2028-03-21',
      start_time: '10:00',
      end_time: '10:30',
      patient: { id: 7, first_name: 'Aziza', last_name: 'Karimova', phone: '+998901234567' },
    },
  ],
};

export const addedHoliday = documented(
  shape.extend({
    id: fields.id.nullable().meta({ description: 'The holiday’s id; null in a preview.', examples: [3] }),
    preview: z.boolean().meta({ description: 'Whether nothing was done.' }),
    removed: many.meta({
      description: 'How many free slots are removed, held and offered ones too.',
      examples: [48],
    }),
    appointments: many.meta({
      description: 'How many active appointments remain on that day: somebody has to see to them.',
      examples: [1],
    }),
    cancelled: many.meta({ description: 'How many appointments are cancelled.', examples: [0] }),
    visits: z.array(visit).meta({
      description: `The appointments that remain or are cancelled: the first of them by time, at most ${SHOWN}.`,
      maxItems: SHOWN,
    }),
  }),
  {
    id: 'AddedHoliday',
    description: 'A new holiday, and what it changes, or would change.',
    examples: {
      holiday: { summary: 'Added, and a visit remains', value: done },
      cancelled: {
        summary: 'Added, and its visits are cancelled',
        value: { ...done, appointments: 0, cancelled: 1 },
      },
      preview: { summary: 'A preview', value: { ...done, id: null, preview: true } },
    },
  },
);
export type AddedHoliday = z.infer<typeof addedHoliday>;

export const newHoliday = documented(
  z.object({
    date: fields.date.meta({ description: 'Today or later.', examples: ['2028-09-01'] }),
    name: fields
      .text(100)
      .nullable()
      .optional()
      .meta({ description: 'What is celebrated.', examples: ['Navroʻz'] }),
    branch: fields.id
      .nullable()
      .default(null)
      .meta({ description: 'The branch that is closed; without it the whole clinic is.' }),
    visits: z
      .enum(visits)
      .default('keep')
      .meta({
        description:
          'What happens to the appointments of that day that are still to come. `cancel` cancels them, and every patient ' +
          'is told, with other times.',
      }),
    preview: z
      .boolean()
      .default(false)
      .meta({ description: 'Answers what would be done, and does nothing.', examples: [true] }),
  }),
  {
    id: 'NewHoliday',
    description: 'A day on which the clinic is closed.',
    examples: {
      named: { summary: 'With its name', value: { date: '2028-09-01', name: 'Mustaqillik kuni' } },
      plain: { summary: 'Without', value: { date: '2028-09-02' } },
      branch: { summary: 'Of one branch', value: { date: '2028-09-04', branch: demo.branch.id } },
      preview: {
        summary: 'What it would do',
        value: { date: '2028-09-03', visits: 'cancel', preview: true },
      },
    },
  },
);
export type NewHoliday = z.output<typeof newHoliday>;

const { from, to } = fields.dateFilters;
export const holidayFilters = fields.orderedRange(z.object({ ...pageQuery, from, to }));
export type HolidayFilters = z.infer<typeof holidayFilters>;
