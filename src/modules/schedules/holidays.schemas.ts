import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { documented } from '../../http/documented.ts';
import * as fields from '../../http/fields.ts';
import { pageOf, pageQuery } from '../../http/page.ts';

const shape = z.object({
  id: fields.id,
  date: fields.out.date.meta({ examples: [demo.holiday.date] }),
  name: z
    .string()
    .nullable()
    .meta({ description: 'What is celebrated.', maxLength: 100, examples: ['Navroʻz'] }),
});

const example: z.infer<typeof shape> = demo.holiday;

export const holiday = documented(shape, {
  id: 'Holiday',
  description: 'A day on which the clinic is closed.',
  examples: { holiday: { summary: 'A holiday', value: example } },
});
export type Holiday = z.infer<typeof holiday>;

export const holidayPage = pageOf('HolidayPage', 'One page of holidays.', holiday);

const many = z.int().meta({ minimum: 0, maximum: 1_000_000 });

export const addedHoliday = documented(
  shape.extend({
    removed: many.meta({ description: 'How many free slots of doctors’ weeks went.', examples: [48] }),
    appointments: many.meta({
      description: 'How many active appointments remain on that day: somebody has to see to them.',
      examples: [2],
    }),
  }),
  {
    id: 'AddedHoliday',
    description: 'A new holiday, and what it changed.',
    examples: { holiday: { summary: 'Added', value: { ...example, removed: 48, appointments: 2 } } },
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
  }),
  {
    id: 'NewHoliday',
    description: 'A day on which the clinic is closed.',
    examples: {
      named: { summary: 'With its name', value: { date: '2028-09-01', name: 'Mustaqillik kuni' } },
      plain: { summary: 'Without', value: { date: '2028-09-02' } },
    },
  },
);
export type NewHoliday = z.infer<typeof newHoliday>;

const { from, to } = fields.dateFilters;
export const holidayFilters = fields.orderedRange(z.object({ ...pageQuery, from, to }));
export type HolidayFilters = z.infer<typeof holidayFilters>;
