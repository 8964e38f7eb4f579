import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import * as fields from '../../http/fields.ts';
import { pageOf, pageQuery } from '../../http/page.ts';
import { issue, wholeText } from '../../http/zod.ts';
import { openTimeslot } from '../availability/index.ts';
import { SEARCH_DAYS, SEARCH_LIMIT } from './search.rules.ts';
import { serviceFilter } from './timeslots.schemas.ts';

export type { OpenTimeslot } from '../availability/index.ts';
export { SEARCH_LIMIT };

const PER_DOCTOR_MAX = 10;

const weekdays = z
  .string()
  .refine((value) => /^[1-7](?:,[1-7]){0,6}$/.test(value), issue('invalid_format'))
  .meta({
    description: 'Only on these days of the week, with commas between: 1 is Monday, 7 Sunday (ISO 8601).',
    maxLength: 13,
    pattern: '^[1-7](,[1-7]){0,6}$',
    examples: ['1,2'],
  })
  .transform((value) => [...new Set(value.split(',').map(Number))]);

export const searchFilters = fields
  .orderedRange(
    z.object({
      ...pageQuery,
      specialization: fields.filterText.optional().meta({
        description:
          'Only doctors of this specialization as a whole, by any of its names, in either script (`Кардиолог` is `Kardiolog`) and in any case.',
        examples: ['Kardiolog'],
      }),
      doctor: fields.idText.optional().meta({ description: 'Only this doctor.', examples: [demo.doctor.id] }),
      branch: fields.branchText.optional(),
      service: serviceFilter,
      gender: fields.gender
        .optional()
        .meta({ description: 'Only doctors of this gender.', examples: ['female'] }),
      from: fields.date.optional().meta({ description: 'This day and later; today by default.' }),
      to: fields.date.optional().meta({
        description: `This day and earlier; not before \`from\`. A search ends ${SEARCH_DAYS - 1} days after its first day.`,
        examples: ['2028-03-31'],
      }),
      after: fields.clockTime
        .optional()
        .meta({ description: 'Only slots that start at this time of day or later.', examples: ['09:00'] }),
      before: fields.clockTime
        .optional()
        .meta({ description: 'Only slots that end at this time of day or earlier.', examples: ['12:00'] }),
      weekdays: weekdays.optional(),
      per_doctor: wholeText(1, PER_DOCTOR_MAX)
        .optional()
        .meta({ description: 'At most so many slots of each doctor; all by default.', examples: [1] }),
    }),
  )
  .refine(
    ({ after, before }) => after === undefined || before === undefined || after < before,
    issue('end_before_start', 'before'),
  );
export type SearchFilters = z.infer<typeof searchFilters>;

export const openTimeslotPage = pageOf(
  'OpenTimeslotPage',
  'One page of slots that can be booked, with their doctors.',
  openTimeslot,
  { limit: SEARCH_LIMIT },
);
