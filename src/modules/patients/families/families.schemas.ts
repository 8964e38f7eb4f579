import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { relationships } from '../../../core/words.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { issue, somethingToChange } from '../../../http/zod.ts';

/** How many somebody may look after. */
export const DEPENDANTS_MAX = 10;
/** How many may look after one: each of them is told of every visit. */
export const GUARDIANS_MAX = 10;
/** For how many hours a code can be used. */
export const INVITATION_HOURS = 72;

/** What stands in a code: no letters and digits that look alike. */
const CODE = /^[2-9A-HJ-NP-Z]{10}$/;

const relationship = z.enum(relationships).meta({
  id: 'Relationship',
  description: 'What the guardian is to them.',
  examples: ['parent'],
});

const shape = z.object({
  id: fields.id,
  first_name: fields.out.name,
  last_name: fields.out.name,
  phone: fields.out.phone,
  date_of_birth: fields.out.date.meta({ examples: ['2019-08-20'] }),
  gender: fields.gender.nullable(),
  relationship,
  until: fields.out.date.meta({
    description: 'Their 18th birthday, on which this ends: from then on they act for themselves.',
    examples: ['2037-08-20'],
  }),
});

const child: z.infer<typeof shape> = {
  ...demo.child.name,
  phone: null,
  date_of_birth: demo.child.date_of_birth,
  gender: demo.child.gender,
  relationship: 'parent',
  until: '2037-08-20',
};

export const dependant = documented(shape, {
  id: 'Dependant',
  description: 'A child or somebody else under 18 for whom a patient books. They have no sign-in.',
  examples: { child: { summary: 'A child', value: child } },
});
export type Dependant = z.infer<typeof dependant>;

export const dependants = documented(z.array(dependant).meta({ maxItems: DEPENDANTS_MAX }), {
  id: 'Dependants',
  description: 'For whom a patient books.',
  examples: { one: { summary: 'One child', value: [child] } },
});

const details = {
  first_name: fields.firstName,
  last_name: fields.lastName,
  date_of_birth: fields.date.meta({
    description: 'They are under 18.',
    examples: [demo.child.date_of_birth],
  }),
  gender: fields.gender,
  relationship,
};

export const newDependant = documented(
  z.object({
    ...details,
    accept_terms: z
      .boolean()
      .optional()
      .meta({
        description:
          'True: the guardian accepts the terms and the privacy policy for them. Asked for where registration asks for it.',
        examples: [true],
      }),
  }),
  {
    id: 'NewDependant',
    description: 'A child or somebody else under 18 for whom I shall book.',
    examples: {
      child: {
        summary: 'A child',
        value: {
          first_name: demo.child.name.first_name,
          last_name: demo.child.name.last_name,
          date_of_birth: demo.child.date_of_birth,
          gender: demo.child.gender,
          relationship: 'parent',
          accept_terms: true,
        },
      },
    },
  },
);
export type NewDependant = z.infer<typeof newDependant>;

export const dependantChanges = documented(
  z
    .object(details)
    .partial()
    .refine(...somethingToChange()),
  {
    id: 'DependantChanges',
    description: 'The fields to change, at least one.',
    examples: { name: { summary: 'Correct the name', value: { first_name: 'Amina' } } },
  },
);
export type DependantChanges = z.infer<typeof dependantChanges>;

const code = z
  .string()
  .trim()
  .transform((value) => value.toUpperCase())
  .refine((value) => CODE.test(value), issue('invalid_format'))
  .meta({
    description: 'Ten letters and digits, in any case.',
    minLength: 10,
    maxLength: 10,
    examples: ['K7RM2QXW4T'],
  });

export const invitation = documented(
  z.object({
    code: z.string().meta({ minLength: 10, maxLength: 10, examples: ['K7RM2QXW4T'] }),
    expires_at: fields.out.instant,
  }),
  {
    id: 'GuardianInvitation',
    description: 'A code with which another patient becomes a guardian too.',
    examples: {
      code: { summary: 'A code', value: { code: 'K7RM2QXW4T', expires_at: '2028-03-04T09:30:00.000Z' } },
    },
  },
);

export const joining = documented(
  z.object({
    code,
    relationship: relationship
      .default('guardian')
      .meta({ description: 'What I am to them; it can be changed later.', examples: ['parent'] }),
  }),
  {
    id: 'GuardianJoining',
    description: 'The code that another guardian was given.',
    examples: { code: { summary: 'With a code', value: { code: 'K7RM2QXW4T', relationship: 'parent' } } },
  },
);
export type Joining = z.infer<typeof joining>;
