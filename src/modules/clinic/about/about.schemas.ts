import { z } from 'zod';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { OPEN_POLICY } from '../../availability/index.ts';
import { policy } from '../../settings/index.ts';

/** How many branches an answer names. */
export const BRANCHES = 200;

const branch = z
  .object({
    id: fields.id,
    name: z.string().meta({ maxLength: 200, examples: ['Chilonzor'] }),
    address: z
      .string()
      .nullable()
      .meta({ maxLength: 500, examples: ['Bunyodkor shoh koʻchasi 12, Toshkent'] }),
    phone: fields.out.phone,
  })
  .meta({ id: 'BranchBrief', description: 'A branch, as everybody sees it.' });
export type BranchBrief = z.infer<typeof branch>;

export const about = documented(
  z.object({
    name: z.string().meta({ maxLength: 200, examples: ['Shifo'] }),
    time_zone: z.string().meta({
      description: 'Of all dates and times of the clinic, in every branch: an IANA name.',
      maxLength: 64,
      examples: ['Asia/Tashkent'],
    }),
    branches: z.array(branch).meta({
      description: 'Those that are open, by name.',
      maxItems: BRANCHES,
    }),
    policy,
  }),
  {
    id: 'Clinic',
    description: 'Who the clinic is, where, and what it asks of patients who book and cancel.',
    examples: {
      clinic: {
        summary: 'A clinic with one branch',
        value: {
          name: 'Shifo',
          time_zone: 'Asia/Tashkent',
          branches: [
            { id: 1, name: 'Shifo', address: 'Bunyodkor shoh koʻchasi 12, Toshkent', phone: '+998712000000' },
          ],
          policy: { ...OPEN_POLICY, cancel_deadline_minutes: 1_440 },
        },
      },
    },
  },
);
export type About = z.infer<typeof about>;
