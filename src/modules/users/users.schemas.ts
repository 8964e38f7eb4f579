import { z } from 'zod';
import { isSameName } from '../../core/ascii.ts';
import { demo } from '../../core/demo.ts';
import type { CountryCode } from '../../core/phone.ts';
import type { Role } from '../../core/roles.ts';
import * as fields from '../../http/fields.ts';
import { documented, perCountry } from '../../http/openapi/documented.ts';
import { issue, somethingToChange } from '../../http/zod.ts';
import { doctorInputExample as doctorProfile } from '../doctors/index.ts';
import { patientExample as patientProfile } from '../patients/index.ts';
import { type ProfileInput, profileInput, staffProfileInput } from './profile.schemas.ts';
import { profileErrors } from './users.rules.ts';

const names = {
  first_name: fields.firstName.nullable().optional(),
  last_name: fields.lastName.nullable().optional(),
  email: fields.email.nullable().optional(),
  locale: fields.locale.nullable().optional(),
};

interface Draft {
  username?: string | undefined;
  password?: string | undefined;
  role?: Role | undefined;
  profile?: ProfileInput | undefined;
}

const coherent = <Shape extends z.ZodType<Draft>>(schema: Shape) =>
  schema.superRefine((draft, context) => {
    const refuse = (path: string[], code: Parameters<typeof issue>[0]) =>
      context.addIssue({ code: 'custom', path, ...issue(code) });
    if (draft.password && draft.username && isSameName(draft.password, draft.username))
      refuse(['password'], 'password_is_username');
    if (draft.role !== undefined)
      for (const field of profileErrors(draft.role, draft.profile ?? {}))
        refuse(['profile', field], 'not_for_role');
  });

/** What every account can say of a person. */
const person = <Profile extends z.ZodType>(country: CountryCode, profile: Profile) => ({
  ...names,
  phone: fields.phone(country).nullable().optional(),
  profile: profile.optional(),
});

const patientExample = {
  username: 'aziza.karimova',
  password: 'a-long-quiet-river',
  role: 'patient',
  first_name: 'Aziza',
  last_name: 'Karimova',
  phone: demo.patient.phone,
  locale: 'uz',
  profile: patientProfile,
} as const;

const doctorExample = {
  username: 'dr.yusupov',
  password: 'seven-silver-bridges',
  role: 'doctor',
  first_name: 'Jasur',
  last_name: 'Yusupov',
  phone: demo.doctor.phone,
  locale: 'uz',
  profile: doctorProfile,
} as const;

/** Who registers themself; the parameter's country is whose phone numbers are meant where none is given. */
export const registration = perCountry((country) =>
  documented(
    coherent(
      z.object({
        username: fields.username,
        password: fields.newPassword,
        ...person(country, profileInput),
        role: z.enum(['doctor', 'patient']),
        accept_terms: z
          .boolean()
          .optional()
          .meta({
            description:
              'True: the terms and the privacy policy are accepted. The versions in force and the time are kept. Some clinics ' +
              'require it.',
            examples: [true],
          }),
      }),
    ),
    {
      id: 'Registration',
      description: 'A new patient or doctor.',
      examples: {
        patient: { summary: 'As a patient', value: { ...patientExample, accept_terms: true } },
        doctor: { summary: 'As a doctor', value: { ...doctorExample, accept_terms: true } },
      },
    },
  ),
);

/** What admins create and change, for one country's phone numbers. */
export const userInputs = perCountry((country) => ({
  create: documented(
    coherent(
      z.object({
        username: fields.username,
        password: fields.newPassword,
        ...person(country, staffProfileInput),
        role: fields.role,
        is_active: z.boolean().default(true),
      }),
    ),
    {
      id: 'NewUser',
      description: 'A new user of any role.',
      examples: {
        doctor: { summary: 'A doctor', value: doctorExample },
        patient: { summary: 'A patient', value: patientExample },
        receptionist: {
          summary: 'A receptionist of one branch',
          value: {
            username: 'nilufar.azimova',
            password: 'nine-wooden-lanterns',
            role: 'receptionist',
            first_name: 'Nilufar',
            last_name: 'Azimova',
            locale: 'uz',
            profile: { branches: [1] },
          },
        },
        admin: {
          summary: 'Another admin',
          value: {
            username: 'malika.rashidova',
            password: 'eleven-apricot-trees',
            role: 'admin',
            first_name: 'Malika',
            last_name: 'Rashidova',
            email: 'malika@clinic.example',
            locale: 'uz',
          },
        },
      },
    },
  ),
  update: documented(
    coherent(
      z
        .object({
          ...person(country, staffProfileInput),
          username: fields.username,
          password: fields.newPassword,
          role: fields.role,
          is_active: z.boolean(),
          upcoming: z.enum(['cancel', 'keep']).meta({
            description:
              'With `is_active: false`, or `cancel` with a new role: what becomes of their visits that are still to come.',
            examples: ['cancel'],
          }),
        })
        .partial()
        .refine(...somethingToChange('upcoming'))
        .refine(
          ({ upcoming, is_active, role }) =>
            upcoming === undefined || is_active === false || role !== undefined,
          issue('upcoming_without_leaving', 'upcoming'),
        ),
    ),
    {
      id: 'UserChanges',
      description: 'The fields to change, at least one; null empties a field.',
      examples: {
        contact: {
          summary: 'Correct name and phone',
          value: { last_name: demo.patient.name.last_name, phone: demo.patient.phone },
        },
        password: { summary: 'Give a new password', value: { password: 'three-quiet-lanterns' } },
        deactivate: { summary: 'Deactivate', value: { is_active: false } },
        leave: {
          summary: 'Deactivate, and cancel what is still to come',
          value: { is_active: false, upcoming: 'cancel' },
        },
      },
    },
  ),
}));

export type Registration = z.infer<ReturnType<typeof registration>>;
export type NewUser = z.infer<ReturnType<typeof userInputs>['create']>;
export type UserChanges = z.infer<ReturnType<typeof userInputs>['update']>;

/** What an admin says once more before they erase somebody. */
export const adminConfirmation = documented(
  z.object({
    password: z
      .string()
      .min(1)
      .max(1_000)
      .meta({ description: 'The admin’s own.', format: 'password', examples: ['a-long-quiet-river'] }),
  }),
  {
    id: 'AdminConfirmation',
    description: 'The password of the admin who asks.',
    examples: { erase: { summary: 'With my password', value: { password: 'a-long-quiet-river' } } },
  },
);
