import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { isSameName } from '../../core/fold.ts';
import type { CountryCode } from '../../core/phone.ts';
import * as fields from '../../http/fields.ts';
import { documented, perCountry } from '../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../http/page.ts';
import { issue } from '../../http/zod.ts';
import { profileErrors } from './users.rules.ts';

/** What a profile can hold; which fields fit follows from the role. */
const profileInput = z.object({
  specialization: fields.specialization.nullable().optional(),
  experience_years: fields.experienceYears.nullable().optional(),
  date_of_birth: fields.date
    .nullable()
    .optional()
    .meta({ examples: ['1990-05-17'] }),
  gender: fields.gender.nullable().optional(),
});

const names = {
  first_name: fields.firstName.nullable().optional(),
  last_name: fields.lastName.nullable().optional(),
  email: fields.email.nullable().optional(),
  locale: fields.locale.nullable().optional(),
};

interface Draft {
  username?: string | undefined;
  password?: string | undefined;
  role?: 'admin' | 'doctor' | 'patient' | undefined;
  profile?: z.infer<typeof profileInput> | undefined;
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
const person = (country: CountryCode) => ({
  ...names,
  phone: fields.phone(country).nullable().optional(),
  profile: profileInput.optional(),
});

const patientExample = {
  username: 'aziza.karimova',
  password: 'a-long-quiet-river',
  role: 'patient',
  first_name: 'Aziza',
  last_name: 'Karimova',
  phone: demo.patient.phone,
  locale: 'uz',
  profile: { date_of_birth: demo.patient.date_of_birth, gender: 'female' },
} as const;

const doctorExample = {
  username: 'dr.yusupov',
  password: 'seven-silver-bridges',
  role: 'doctor',
  first_name: 'Jasur',
  last_name: 'Yusupov',
  phone: demo.doctor.phone,
  locale: 'uz',
  profile: {
    specialization: demo.doctor.specialization,
    experience_years: demo.doctor.experience_years,
    gender: 'male',
  },
} as const;

/** Who registers themself; the parameter's country is whose phone numbers are meant where none is given. */
export const registration = perCountry((country) =>
  documented(
    coherent(
      z.object({
        username: fields.username,
        password: fields.newPassword,
        ...person(country),
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
        ...person(country),
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
          ...person(country),
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
        .refine(
          ({ upcoming, ...body }) => Object.values(body).some((value) => value !== undefined),
          issue('nothing_to_change'),
        )
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
export type ProfileInput = z.infer<typeof profileInput>;

const doctorProfile = z
  .object({
    id: fields.id,
    specialization: fields.out.specialization,
    experience_years: fields.out.experienceYears,
    gender: fields.gender.nullable(),
    approved_at: fields.out.approvedAt,
  })
  .meta({ id: 'UserDoctorProfile', description: 'What a user has as a doctor.' });

const patientProfile = z
  .object({
    id: fields.id,
    phone: fields.out.phone,
    date_of_birth: fields.out.date.nullable().meta({ examples: ['1990-05-17'] }),
    gender: fields.gender.nullable(),
  })
  .meta({ id: 'UserPatientProfile', description: 'What a user has as a patient.' });

const provedAt = fields.out.instant
  .nullable()
  .meta({ description: 'When they proved to receive what is sent there; null until then.' });

/** A user with the profile of their role. The password is in no answer. */
export const user = documented(
  z.object({
    id: fields.id,
    username: fields.out.username,
    role: fields.role,
    is_active: z.boolean().meta({ description: 'Whether they may sign in.' }),
    first_name: fields.out.name,
    last_name: fields.out.name,
    email: fields.out.email,
    email_verified_at: provedAt,
    phone: fields.out.phone,
    phone_verified_at: provedAt,
    locale: fields.locale.nullable().meta({ description: 'The language they prefer.' }),
    created_at: fields.out.instant,
    profile: z
      .union([doctorProfile, patientProfile])
      .nullable()
      .meta({ description: 'The profile of their role; admins have none.' }),
  }),
  {
    id: 'User',
    description: 'A user, with the profile of their role.',
    examples: {
      patient: {
        summary: 'A patient',
        value: {
          id: demo.patient.id,
          username: 'aziza.karimova',
          role: 'patient',
          is_active: true,
          first_name: 'Aziza',
          last_name: 'Karimova',
          email: null,
          email_verified_at: null,
          phone: demo.patient.phone,
          phone_verified_at: '2028-03-01T09:32:10.000Z',
          locale: 'uz',
          created_at: '2028-03-01T09:30:00.000Z',
          profile: {
            id: demo.patient.id,
            phone: demo.patient.phone,
            date_of_birth: demo.patient.date_of_birth,
            gender: 'female',
          },
        },
      },
      doctor: {
        summary: 'A doctor',
        value: {
          id: demo.doctor.id,
          username: 'dr.yusupov',
          role: 'doctor',
          is_active: true,
          first_name: 'Jasur',
          last_name: 'Yusupov',
          email: null,
          email_verified_at: null,
          phone: demo.doctor.phone,
          phone_verified_at: null,
          locale: 'uz',
          created_at: '2028-03-01T08:15:00.000Z',
          profile: {
            id: demo.doctor.id,
            specialization: demo.doctor.specialization,
            experience_years: demo.doctor.experience_years,
            gender: 'male',
            approved_at: '2028-03-01T08:15:00.000Z',
          },
        },
      },
    },
  },
);
export type User = z.infer<typeof user>;

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

export const userPage = pageOf('UserPage', 'One page of users.', user);

export const userFilters = z.object({
  ...pageQuery,
  role: fields.role.optional().meta({ description: 'Only people of this role.', examples: ['doctor'] }),
  is_active: fields.flagText
    .optional()
    .meta({ description: 'Only those who may sign in, or only those who may not.' }),
  approved: fields.flagText.optional().meta({
    description: 'Only doctors who were let in, or with `false` only those who wait for it.',
    examples: [false],
  }),
  search: fields.searchText.optional().meta({
    description:
      'At most six words of user name, names, email or phone, or parts of them; names in either script.',
  }),
});

export type UserFilters = z.infer<typeof userFilters>;
