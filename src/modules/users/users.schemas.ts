import { z } from 'zod';
import type { CountryCode } from '../../core/phone.ts';
import * as fields from '../../http/fields.ts';
import { pageQuery } from '../../http/page.ts';
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
    if (draft.password !== undefined && draft.password.toLowerCase() === draft.username?.toLowerCase())
      refuse(['password'], 'password_is_username');
    if (draft.role !== undefined)
      for (const field of profileErrors(draft.role, draft.profile ?? {}))
        refuse(['profile', field], 'not_for_role');
  });

/** @param country whose phone numbers are meant where no country is given */
export function userInputs(country: CountryCode) {
  const phone = fields.phone(country).nullable().optional();
  const base = { ...names, phone, profile: profileInput.optional() };
  const create = { username: fields.username, password: fields.newPassword, ...base };
  return {
    register: coherent(z.object({ ...create, role: z.enum(['doctor', 'patient']) })).meta({
      id: 'Registration',
      examples: [
        {
          username: 'aziza.karimova',
          password: 'a-long-quiet-river',
          role: 'patient',
          first_name: 'Aziza',
          last_name: 'Karimova',
          phone: '+998901234567',
          locale: 'uz',
          profile: { date_of_birth: '1990-05-17', gender: 'female' },
        },
      ],
    }),
    create: coherent(z.object({ ...create, role: fields.role, is_active: z.boolean().default(true) })).meta({
      id: 'NewUser',
      examples: [
        {
          username: 'dr.yusupov',
          password: 'seven-silver-bridges',
          role: 'doctor',
          first_name: 'Jasur',
          last_name: 'Yusupov',
          phone: '+998935554433',
          profile: { specialization: 'Kardiolog', experience_years: 12, gender: 'male' },
        },
      ],
    }),
    update: coherent(
      z
        .object({
          ...base,
          username: fields.username,
          password: fields.newPassword,
          role: fields.role,
          is_active: z.boolean(),
        })
        .partial()
        .refine(
          (body) => Object.values(body).some((value) => value !== undefined),
          issue('nothing_to_change'),
        ),
    ).meta({ id: 'UserChanges', examples: [{ is_active: false }] }),
  };
}

export type NewUser = z.infer<ReturnType<typeof userInputs>['create']>;
export type UserChanges = z.infer<ReturnType<typeof userInputs>['update']>;
export type ProfileInput = z.infer<typeof profileInput>;

const doctorProfile = z
  .object({
    id: fields.id,
    specialization: z.string().nullable(),
    experience_years: z.int().nullable(),
    gender: fields.gender.nullable(),
  })
  .meta({ id: 'UserDoctorProfile' });

const patientProfile = z
  .object({
    id: fields.id,
    phone: fields.out.phone,
    date_of_birth: fields.out.date.nullable(),
    gender: fields.gender.nullable(),
  })
  .meta({ id: 'UserPatientProfile' });

/** A user with the profile of their role. The password is in no answer. */
export const user = z
  .object({
    id: fields.id,
    username: z.string(),
    role: fields.role,
    is_active: z.boolean(),
    first_name: fields.out.name,
    last_name: fields.out.name,
    email: z.string().nullable(),
    phone: fields.out.phone,
    locale: fields.locale.nullable(),
    created_at: fields.out.instant,
    profile: z.union([doctorProfile, patientProfile]).nullable(),
  })
  .meta({
    id: 'User',
    examples: [
      {
        id: 7,
        username: 'aziza.karimova',
        role: 'patient',
        is_active: true,
        first_name: 'Aziza',
        last_name: 'Karimova',
        email: null,
        phone: '+998901234567',
        locale: 'uz',
        created_at: '2026-11-20T09:30:00.000Z',
        profile: { id: 7, phone: '+998901234567', date_of_birth: '1990-05-17', gender: 'female' },
      },
    ],
  });

export type User = z.infer<typeof user>;

export const userFilters = z.object({
  ...pageQuery,
  role: fields.role.optional(),
  is_active: fields.flagText.optional(),
  search: fields.searchText.optional().meta({ description: 'Words in user name, names, email or phone.' }),
});

export type UserFilters = z.infer<typeof userFilters>;
