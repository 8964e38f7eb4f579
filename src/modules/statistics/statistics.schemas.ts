import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { separatorText } from '../../http/csv.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';

const groupings = ['day', 'week', 'month', 'doctor', 'specialization', 'branch', 'hour'] as const;
export type Grouping = (typeof groupings)[number];

/** Ten years, with their leap days. */
export const DAYS_MAX = 3_660;
/** How many days count where nobody says since when. */
export const DEFAULT_DAYS = 30;

export const statisticsQuery = fields.orderedRange(
  z.object({
    from: fields.dateFilters.from.meta({
      description: `Visits of this day and later; ${DEFAULT_DAYS - 1} days before \`to\` by default.`,
      examples: ['2028-03-01'],
    }),
    to: fields.dateFilters.to.meta({
      description: 'Visits of this day and earlier, not before `from`; today by default.',
      examples: ['2028-03-31'],
    }),
    by: z
      .enum(groupings)
      .default('day')
      .meta({
        description:
          'A row for each day, ISO week, month, doctor, specialization, branch or hour of the week that has something to count.',
        examples: ['month'],
      }),
    branch: fields.branchText.optional(),
    separator: separatorText,
  }),
);
/** What is counted, and how. */
export type StatisticsQuery = Omit<z.infer<typeof statisticsQuery>, 'separator'>;

const MANY = 2_147_483_647;
const count = (description: string, example: number) =>
  z
    .int()
    .min(0)
    .max(MANY)
    .meta({ description, examples: [example] });

const measures = {
  published: count('Slots of these days that are there, free or not.', 180),
  booked: count('Appointments made for these days, whatever became of them.', 164),
  cancelled: count('Of these, how many are cancelled, by whomever.', 21),
  late_cancelled: count('Of the cancelled, how many by their patient after the clinic’s deadline.', 4),
  no_shows: count('Of the booked, to how many the patient did not come.', 6),
  completed: count('Of the booked, how many were marked as completed.', 131),
  fill_rate: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .meta({
      description:
        'The share of the published slots that an active appointment holds or held; null without any.',
      format: 'double',
      examples: [0.7944],
    }),
  median_lead_time_hours: z
    .number()
    .nullable()
    .meta({
      description: 'Half of the booked were made at least so many hours before they begin; null without any.',
      format: 'double',
      minimum: -1_000_000,
      maximum: 1_000_000,
      examples: [52.5],
    }),
  expired: count('Of the booked, how many ended because nobody had answered until the slot was over.', 2),
};

const row = z.object({
  period: fields.out.date
    .optional()
    .meta({ description: 'By day, week or month: its first day.', examples: ['2028-03-01'] }),
  doctor: z
    .object({ id: fields.id, first_name: fields.out.name, last_name: fields.out.name })
    .optional()
    .meta({ description: 'By doctor.' }),
  specialization: fields.out.specialization.optional().meta({
    description: 'By specialization; null for doctors who have not filled it in.',
    examples: ['Kardiolog'],
  }),
  branch: z
    .object({ id: fields.id, name: z.string().meta({ maxLength: 200, examples: [demo.branch.name] }) })
    .optional()
    .meta({ description: 'By branch.' }),
  weekday: z
    .int()
    .optional()
    .meta({
      description: 'By hour: 1 is Monday, 7 Sunday (ISO 8601).',
      minimum: 1,
      maximum: 7,
      examples: [2],
    }),
  hour: z
    .int()
    .optional()
    .meta({
      description: 'By hour: of the visits that begin in it, by the clinic’s clock.',
      minimum: 0,
      maximum: 23,
      examples: [10],
    }),
  ...measures,
});
export type StatisticsRow = z.infer<typeof row>;

const total = z.object(measures).meta({ id: 'Measures', description: 'What was counted.' });
export type Measures = z.infer<typeof total>;

/** What is measured, in the order of the columns of the CSV. */
export const measureNames = Object.keys(measures) as (keyof Measures)[];

const march: Measures = {
  published: 180,
  booked: 164,
  cancelled: 21,
  late_cancelled: 4,
  no_shows: 6,
  completed: 131,
  fill_rate: 0.7944,
  median_lead_time_hours: 52.5,
  expired: 2,
};
const range = { from: '2028-03-01', to: '2028-03-31' };

export const statisticsExample = {
  ...range,
  by: 'month' as const,
  rows: [{ period: '2028-03-01', ...march }],
  total: march,
};

export const statistics = documented(
  z.object({
    from: fields.out.date.meta({ examples: ['2028-03-01'] }),
    to: fields.out.date.meta({ examples: ['2028-03-31'] }),
    by: z.enum(groupings),
    // As many as there are days in the longest range, or doctors.
    rows: z.array(row).meta({ maxItems: 100_000 }),
    total,
  }),
  {
    id: 'Statistics',
    description: 'What became of slots and appointments, by the day of the visit.',
    examples: {
      month: {
        summary: 'By month',
        value: statisticsExample,
      },
      doctor: {
        summary: 'By doctor',
        value: {
          ...range,
          by: 'doctor',
          rows: [{ doctor: demo.doctor.name, ...march }],
          total: march,
        },
      },
      specialization: {
        summary: 'By specialization',
        value: {
          ...range,
          by: 'specialization',
          rows: [{ specialization: 'Kardiolog', ...march }],
          total: march,
        },
      },
      hour: {
        summary: 'By hour of the week',
        value: { ...range, by: 'hour', rows: [{ weekday: 2, hour: 10, ...march }], total: march },
      },
      branch: {
        summary: 'By branch',
        value: {
          ...range,
          by: 'branch',
          rows: [{ branch: { id: demo.branch.id, name: demo.branch.name }, ...march }],
          total: march,
        },
      },
    },
  },
);
export type Statistics = z.infer<typeof statistics>;
