import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { storedE164 } from '../../../core/phone.ts';
import { relationships } from '../../../core/words.ts';
import * as fields from '../../../http/fields.ts';
import { documented, perCountry } from '../../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../../http/page.ts';
import { updatesQuery, withUpdates } from '../../../http/updates.ts';
import { ifFine, issue, somethingToChange } from '../../../http/zod.ts';

/** So many patients are found at most: whoever finds more says more. */
export const MOST_FOUND = 1_000;

const born = { examples: [demo.deskPatient.date_of_birth] };
const at = (description: string) => fields.out.instant.nullable().meta({ description });

/** A patient as the desk sees them. */
export const deskPatient = documented(
  z.object({
    id: fields.id,
    first_name: fields.out.name,
    last_name: fields.out.name,
    phone: fields.out.phone,
    phone_verified_at: at('When they confirmed it themselves, to sign in by it.'),
    phone_reached_at: at('When the desk made sure that messages to it reach them.'),
    email: fields.out.email,
    email_verified_at: at('When they confirmed it.'),
    locale: fields.locale.nullable().meta({ description: 'The language of their messages.' }),
    date_of_birth: fields.out.date.nullable().meta(born),
    gender: fields.gender.nullable(),
    has_sign_in: z
      .boolean()
      .meta({ description: 'False for whoever can’t sign in: only the desk knows them.' }),
    is_active: z.boolean().meta({ description: 'Whether visits can be booked for them.' }),
    reachable: z
      .boolean()
      .meta({ description: 'Whether any message reaches them; those whom none does, the desk rings.' }),
    created_at: fields.out.instant,
  }),
  {
    id: 'Patient',
    description: 'A patient, as the desk sees them.',
    examples: {
      desk: {
        summary: 'Registered at the desk',
        value: {
          ...demo.deskPatient.name,
          phone: demo.deskPatient.phone,
          phone_verified_at: null,
          phone_reached_at: null,
          email: null,
          email_verified_at: null,
          locale: 'uz',
          date_of_birth: demo.deskPatient.date_of_birth,
          gender: 'female',
          has_sign_in: false,
          is_active: true,
          reachable: false,
          created_at: '2028-03-01T09:30:00.000Z',
        },
      },
    },
  },
);
export type DeskPatient = z.infer<typeof deskPatient>;

export const deskPatientPage = pageOf(
  'PatientPage',
  `One page of patients. More than ${MOST_FOUND} are never found: say more of them.`,
  deskPatient,
  { limit: MOST_FOUND, cursor: true, updates: true },
);

/** By which name the list’s cursors are read back. */
export const LIST = 'patients';

/** Letters of either script; whatever else is typed tells nobody from another. */
const LETTERS = /\p{L}/gu;
/** Fewer would find everybody. The desk's page asks for as many (`src/pages/static/desk/patients.js`). */
const LETTERS_MIN = 3;

export const patientSearch = perCountry((country) =>
  withUpdates(
    z
      .object({
        ...pageQuery,
        ...updatesQuery(LIST, z.tuple([fields.id])),
        search: fields.searchText.optional().meta({
          description:
            `At most ${fields.WORDS_MAX} words of the name, or parts of them, in either script: three letters in all, ` +
            'unless a phone or a birthday is given. A word of one or two letters begins a name.',
          examples: ['yusupova'],
        }),
        phone: z
          .string()
          .max(32)
          .meta({ description: 'Their phone, in any form.', examples: ['90 123-45-67'] })
          .transform((value, context) => {
            const number = storedE164(value, country);
            if (number === undefined)
              context.issues.push({
                code: 'custom',
                input: value,
                continue: true,
                ...issue('invalid_phone'),
              });
            return number ?? z.NEVER;
          })
          .optional(),
        born: fields.date.optional().meta({ description: 'Their birthday.', ...born }),
      })
      .refine(
        ({ search, phone, born: birthday, updated_since }) =>
          updated_since !== undefined ||
          phone !== undefined ||
          birthday !== undefined ||
          (search?.join('').match(LETTERS)?.length ?? 0) >= LETTERS_MIN,
        { ...issue('three_letters', 'search'), ...ifFine },
      ),
  ),
);
export type PatientSearch = z.infer<ReturnType<typeof patientSearch>>;

const names = { first_name: fields.firstName, last_name: fields.lastName };

export const deskInputs = perCountry((country) => {
  const about = {
    phone: fields.phone(country).nullable().optional(),
    date_of_birth: fields.date.nullable().optional().meta(born),
    gender: fields.gender.nullable().optional(),
    locale: fields.locale.nullable().optional(),
  };
  return {
    register: documented(
      z.object({
        ...names,
        ...about,
        confirm_new: z
          .boolean()
          .optional()
          .meta({ description: 'True: it is none of the `candidates` that were shown.', examples: [true] }),
      }),
      {
        id: 'NewPatient',
        description: 'A patient whom the desk registers, without a sign-in.',
        examples: {
          plain: {
            summary: 'With phone and birthday',
            value: {
              first_name: 'Gulchehra',
              last_name: 'Saidova',
              phone: '93 765-43-21',
              date_of_birth: '1961-09-03',
              gender: 'female',
              locale: 'uz',
            },
          },
          new: {
            summary: 'Another one of the same name',
            value: {
              first_name: 'Gulchehra',
              last_name: 'Saidova',
              date_of_birth: '1961-09-03',
              confirm_new: true,
            },
          },
        },
      },
    ),
    correct: documented(
      z
        .object({
          first_name: names.first_name.nullable(),
          last_name: names.last_name.nullable(),
          email: fields.email.nullable(),
          ...about,
        })
        .partial()
        .refine(...somethingToChange()),
      {
        id: 'PatientChanges',
        description: 'The fields to correct, at least one; null empties a field.',
        examples: { name: { summary: 'Correct the last name', value: { last_name: 'Saidova' } } },
      },
    ),
  };
});
export type NewPatient = z.infer<ReturnType<typeof deskInputs>['register']>;
export type PatientChanges = z.infer<ReturnType<typeof deskInputs>['correct']>;

export const mergeRequest = documented(
  z.object({
    into: fields.id.meta({
      description: 'The record that stays, and takes over what hangs on this one.',
      examples: [demo.deskPatient.name.id],
    }),
  }),
  {
    id: 'PatientMerge',
    description: 'Which record of the same person stays.',
    examples: { merge: { summary: 'Into another one', value: { into: demo.deskPatient.name.id } } },
  },
);

export const guardianTie = documented(
  z.object({
    guardian: fields.id.meta({ description: 'Another patient.', examples: [demo.patient.id] }),
    relationship: z.enum(relationships).meta({ description: 'What they are to the child.' }),
  }),
  {
    id: 'GuardianTie',
    description: 'Who looks after a child.',
    examples: {
      mother: { summary: 'The mother', value: { guardian: demo.patient.id, relationship: 'parent' } },
    },
  },
);
export type GuardianTie = z.infer<typeof guardianTie>;
