import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../../http/page.ts';
import { issue, somethingToChange } from '../../../http/zod.ts';
import { roomKind } from '../rooms/rooms.schemas.ts';

const minutes = z.int().min(5).max(720);
const age = z.int().min(0).max(150);

const MINUTES = 'How long it takes. One that is longer than a slot takes the slots that follow as well.';
const MIN_AGE = 'For those who are at least so old on the day of the visit.';
const MAX_AGE = 'For those who are at most so old on the day of the visit; that year of life counts whole.';
const NEW = 'True: only for who has never completed a visit here; false: only for who has; null: for both.';

const shape = z.object({
  id: fields.id,
  name: fields.outTranslated.name,
  duration_minutes: z.int().meta({ description: MINUTES, minimum: 5, maximum: 720, examples: [60] }),
  ...fields.outPrice,
  specialization: fields.out.specialization.meta({ description: 'Whose doctors usually give it.' }),
  room_kind: z
    .string()
    .nullable()
    .meta({ description: 'The kind of room that it needs.', maxLength: 50, examples: ['ultrasound'] }),
  min_age: z
    .int()
    .nullable()
    .meta({ description: MIN_AGE, minimum: 0, maximum: 150, examples: [18] }),
  max_age: z
    .int()
    .nullable()
    .meta({ description: MAX_AGE, minimum: 0, maximum: 150, examples: [null] }),
  new_patients: z.boolean().nullable().meta({ description: NEW }),
  preparation: fields.outTranslated.text.nullable().meta({ description: 'How to prepare for it.' }),
  is_active: z.boolean().meta({ description: 'Whether it can be booked; admins see the others too.' }),
});

const name = { uz: 'Exokardiografiya', ru: 'Эхокардиография', en: 'Echocardiography' };
const preparation = {
  uz: 'Avvalgi tekshiruvlar natijalarini olib keling.',
  ru: 'Возьмите с собой результаты прежних обследований.',
  en: 'Bring the results of earlier examinations.',
};
const example: z.infer<typeof shape> = {
  id: 1,
  name,
  duration_minutes: 60,
  price: 25_000_000,
  currency: 'UZS',
  specialization: demo.doctor.specialization,
  room_kind: 'ultrasound',
  min_age: null,
  max_age: null,
  new_patients: null,
  preparation,
  is_active: true,
};

export const service = documented(shape, {
  id: 'Service',
  description:
    'What doctors of the clinic give: how long it takes, what it costs, what it needs, for whom it is.',
  examples: { examination: { summary: 'An examination that needs a device', value: example } },
});
export type Service = z.infer<typeof service>;

export const servicePage = pageOf('ServicePage', 'One page of services.', service);

const writable = {
  name: fields.translated(200).meta({ description: 'In each language of the clinic.', examples: [name] }),
  duration_minutes: minutes.meta({ description: MINUTES, examples: [60] }),
  price: fields.price.nullable().meta({
    description: 'In minor units of the clinic’s currency (tiyin for UZS); null tells none.',
    examples: [25_000_000],
  }),
  specialization: fields.specialization
    .nullable()
    .meta({ description: 'Whose doctors usually give it.', examples: [demo.doctor.specialization] }),
  room_kind: roomKind.nullable().meta({
    description: 'The kind of room that it takes for its whole time.',
    examples: ['ultrasound'],
  }),
  min_age: age.nullable().meta({ description: MIN_AGE, examples: [18] }),
  max_age: age.nullable().meta({ description: MAX_AGE, examples: [65] }),
  new_patients: z
    .boolean()
    .nullable()
    .meta({ description: NEW, examples: [null] }),
  preparation: fields
    .translated(4_000)
    .nullable()
    .meta({ description: 'How to prepare for it, in each language of the clinic.', examples: [preparation] }),
  is_active: z.boolean().meta({ description: 'Whether it can be booked.', examples: [true] }),
};

const { name: named, duration_minutes, ...others } = writable;
const { price, specialization, room_kind, min_age, max_age, new_patients, preparation: prepared } = others;
const agesInOrder = ({ min_age, max_age }: { min_age?: number | null; max_age?: number | null }) =>
  min_age == null || max_age == null || min_age <= max_age;

export const newService = documented(
  z
    .object({
      name: named,
      duration_minutes,
      price: price.default(null),
      specialization: specialization.default(null),
      room_kind: room_kind.default(null),
      min_age: min_age.default(null),
      max_age: max_age.default(null),
      new_patients: new_patients.default(null),
      preparation: prepared.default(null),
      is_active: others.is_active.default(true),
    })
    .refine(agesInOrder, issue('range_reversed', 'max_age')),
  {
    id: 'NewService',
    description: 'A service that doctors of the clinic will give.',
    examples: {
      examination: {
        summary: 'An examination that needs a device',
        value: {
          name,
          duration_minutes: 60,
          price: 25_000_000,
          specialization: demo.doctor.specialization,
          room_kind: 'ultrasound',
          preparation,
        },
      },
      first: {
        summary: 'A first visit of a child, without a price',
        value: {
          name: { uz: 'Bolaning birinchi koʻrigi', ru: 'Первый приём ребёнка', en: 'First visit of a child' },
          duration_minutes: 30,
          max_age: 17,
          new_patients: true,
        },
      },
    },
  },
);
export type NewService = z.output<typeof newService>;

export const serviceChanges = documented(
  z
    .object(writable)
    .partial()
    .refine(...somethingToChange()),
  {
    id: 'ServiceChanges',
    description:
      'What to change. What is left out stays as it is; null empties a field. Visits keep what was agreed.',
    examples: {
      price: { summary: 'Another price from now on', value: { price: 27_000_000 } },
      away: { summary: 'No longer booked', value: { is_active: false } },
    },
  },
);
export type ServiceChanges = z.infer<typeof serviceChanges>;

export const serviceFilters = z.object({
  ...pageQuery,
  doctor: fields.idText.optional().meta({
    description: 'Only what this doctor gives, with their own time and price where they differ.',
    examples: [demo.doctor.id],
  }),
  specialization: fields.filterText.optional().meta({
    description: 'Only those of this specialization, in either script and in any case.',
    examples: [demo.doctor.specialization],
  }),
  branch: fields.idText
    .optional()
    .meta({ description: 'Only what a doctor gives who works in this branch.', examples: [1] }),
});
export type ServiceFilters = z.infer<typeof serviceFilters>;
