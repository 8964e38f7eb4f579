import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { locales } from '../../../core/words.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../../http/page.ts';
import { somethingToChange } from '../../../http/zod.ts';

const { id, name, names } = demo.specialization;
const told = z.string().nullable().meta({ maxLength: 100 });

export const specialization = documented(
  z.object({
    id: fields.id,
    name: z.string().meta({
      description: 'In the clinic’s language: as it stands wherever a `specialization` is shown.',
      maxLength: 100,
      examples: [name],
    }),
    names: z
      .object({ uz: told, ru: told, en: told })
      .meta({ id: 'SpecializationNames', description: 'In each language; null where nobody has said it.' }),
    doctors: z.int().meta({
      description: 'How many doctors of the directory have it.',
      minimum: 0,
      maximum: 2_147_483_647,
    }),
  }),
  {
    id: 'Specialization',
    description: 'What doctors are. Any of its names finds it, in either script.',
    examples: { cardiologist: { summary: 'Cardiologists', value: { id, name, names, doctors: 2 } } },
  },
);
export type Specialization = z.infer<typeof specialization>;

export const specializationPage = pageOf(
  'SpecializationPage',
  'One page of specializations.',
  specialization,
);

export const specializationQuery = z.object(pageQuery);

const given = {
  name: fields.specialization.meta({
    description: 'In the clinic’s language, as every `specialization` shows it.',
  }),
  names: z
    .object(
      Object.fromEntries(
        locales.map((locale) => [locale, fields.specialization.nullable().optional()]),
      ) as Record<(typeof locales)[number], z.ZodOptional<z.ZodNullable<typeof fields.specialization>>>,
    )
    .meta({ description: 'In other languages; what is left out stays as it is, null empties it.' }),
};

export const newSpecialization = documented(z.object({ ...given, names: given.names.optional() }), {
  id: 'NewSpecialization',
  description: 'A specialization that doctors can choose.',
  examples: {
    three: {
      summary: 'In three languages',
      value: { name: 'Pulmonolog', names: { uz: 'Pulmonolog', ru: 'Пульмонолог', en: 'Pulmonologist' } },
    },
  },
});
export type NewSpecialization = z.output<typeof newSpecialization>;

export const specializationChanges = documented(
  z
    .object({ ...given, names: given.names.refine(...somethingToChange()) })
    .partial()
    .refine(...somethingToChange()),
  {
    id: 'SpecializationChanges',
    description: 'The fields to change, at least one.',
    examples: { names: { summary: 'Say it in English', value: { names: { en: 'Cardiologist' } } } },
  },
);
export type SpecializationChanges = z.output<typeof specializationChanges>;

export const join = documented(
  z.object({ into: fields.id.meta({ description: 'The one that stays.', examples: [id] }) }),
  {
    id: 'JoinSpecialization',
    description: 'Which of two stays.',
    examples: { into: { summary: 'A spelling that is one too many', value: { into: id } } },
  },
);
