import { z } from 'zod';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { issue } from '../../../http/zod.ts';

const GIVEN_MAX = 200;

const given = z.object({
  service: fields.id.meta({ description: 'The service’s id.', examples: [1] }),
  name: fields.outTranslated.name,
  duration_minutes: z
    .int()
    .meta({ description: 'How long it takes with this doctor.', minimum: 5, maximum: 720, examples: [45] }),
  ...fields.outPrice,
  has_own_duration: z.boolean().meta({ description: 'Whether that differs from the clinic’s by intention.' }),
  has_own_price: z
    .boolean()
    .meta({ description: 'Whether the price is the doctor’s own, which may be none.' }),
  is_active: z.boolean().meta({ description: 'Whether the clinic gives it at present.' }),
});

export const givenServices = documented(z.array(given).meta({ maxItems: GIVEN_MAX }), {
  id: 'GivenServices',
  description: 'What a doctor gives.',
  examples: {
    given: {
      summary: 'One service, quicker than usual',
      value: [
        {
          service: 1,
          name: { uz: 'Exokardiografiya', ru: 'Эхокардиография', en: 'Echocardiography' },
          duration_minutes: 45,
          price: 25_000_000,
          currency: 'UZS',
          has_own_duration: true,
          has_own_price: false,
          is_active: true,
        },
      ],
    },
  },
});
export type GivenService = z.infer<typeof given>;

const isDistinct = (services: readonly { service: number }[]) =>
  new Set(services.map(({ service }) => service)).size === services.length;

export const newGivenServices = documented(
  z.object({
    services: z
      .array(
        z.object({
          service: fields.id.meta({ examples: [1] }),
          duration_minutes: z
            .int()
            .min(5)
            .max(720)
            .optional()
            .meta({ description: 'Where it takes this doctor more or less time.', examples: [45] }),
          price: fields.price
            .nullable()
            .optional()
            .meta({
              description:
                'The doctor’s own, in minor units; null tells none. Left out, the clinic’s counts.',
              examples: [20_000_000],
            }),
        }),
      )
      .max(GIVEN_MAX)
      .refine(isDistinct, issue('repeated'))
      .meta({ description: 'All that the doctor gives; each service once.' }),
  }),
  {
    id: 'NewGivenServices',
    description: 'What a doctor gives from now on, in place of what they gave.',
    examples: {
      own: {
        summary: 'Two services, one of them quicker than usual',
        value: { services: [{ service: 1, duration_minutes: 45 }, { service: 2 }] },
      },
      none: { summary: 'None', value: { services: [] } },
    },
  },
);
export type NewGivenServices = z.infer<typeof newGivenServices>;
