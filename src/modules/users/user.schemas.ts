import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import type { Role } from '../../core/roles.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../http/page.ts';
import { updatesQuery, withUpdates } from '../../http/updates.ts';
import { doctorExample, doctorOutput } from '../doctors/index.ts';
import { patientExample, patientOutput } from '../patients/index.ts';
import { BRANCHES_MAX } from './profile.schemas.ts';

/** By which clients tell the profiles apart. */
const profileOf = <const Of extends Role>(role: Of) =>
  z.literal(role).meta({ description: 'Whose profile it is; it tells them apart.' });

const doctorProfile = z
  .object({
    role: profileOf('doctor'),
    id: fields.id,
    ...doctorOutput,
    photo: fields.out.photo,
    approved_at: fields.out.approvedAt,
  })
  .meta({ id: 'UserDoctorProfile', description: 'What a user has as a doctor.' });

const patientProfile = z
  .object({ role: profileOf('patient'), id: fields.id, phone: fields.out.phone, ...patientOutput })
  .meta({ id: 'UserPatientProfile', description: 'What a user has as a patient.' });

const receptionistProfile = z
  .object({
    role: profileOf('receptionist'),
    branches: z
      .array(fields.id)
      .max(BRANCHES_MAX)
      .meta({
        description: 'The branches in which they work; an empty list is all of them.',
        examples: [[1]],
      }),
  })
  .meta({ id: 'UserReceptionistProfile', description: 'What a user has as a receptionist.' });

const profile = z.discriminatedUnion('role', [doctorProfile, patientProfile, receptionistProfile]).meta({
  id: 'UserProfile',
  description: 'The profile of a role; `role` says of which.',
  discriminator: {
    propertyName: 'role',
    mapping: {
      doctor: '#/components/schemas/UserDoctorProfile',
      patient: '#/components/schemas/UserPatientProfile',
      receptionist: '#/components/schemas/UserReceptionistProfile',
    },
  },
});

const provedAt = fields.out.instant
  .nullable()
  .meta({ description: 'When they proved to receive what is sent there; null until then.' });

/** A user with the profile of their role. The password is in no answer. */
export const user = documented(
  z.object({
    id: fields.id,
    username: fields.out.username
      .nullable()
      .meta({ description: 'Null for a patient without a sign-in, whom the desk or a guardian registered.' }),
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
    profile: profile.nullable().meta({ description: 'The profile of their role; admins have none.' }),
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
          profile: { role: 'patient', id: demo.patient.id, phone: demo.patient.phone, ...patientExample },
        },
      },
      receptionist: {
        summary: 'A receptionist',
        value: {
          id: demo.receptionist.name.id,
          username: demo.receptionist.username,
          role: 'receptionist',
          is_active: true,
          first_name: demo.receptionist.name.first_name,
          last_name: demo.receptionist.name.last_name,
          email: null,
          email_verified_at: null,
          phone: null,
          phone_verified_at: null,
          locale: 'uz',
          created_at: '2028-03-01T08:20:00.000Z',
          profile: { role: 'receptionist', branches: [1] },
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
            role: 'doctor',
            id: demo.doctor.id,
            ...doctorExample,
            photo: fields.PHOTO_EXAMPLE,
            approved_at: '2028-03-01T08:15:00.000Z',
          },
        },
      },
    },
  },
);
export type User = z.infer<typeof user>;

export const userPage = pageOf('UserPage', 'One page of users.', user, {
  cursor: true,
  updates: true,
});

/** By which name the list’s cursors are read back. */
export const LIST = 'users';

export const userFilters = withUpdates(
  z.object({
    ...pageQuery,
    ...updatesQuery(LIST, z.tuple([fields.id])),
    role: fields
      .severalOf(fields.role, ['doctor', 'receptionist'])
      .optional()
      .meta({ description: 'Only people of one of these roles.' }),
    is_active: fields.flagText
      .optional()
      .meta({ description: 'Only those who may sign in, or only those who may not.' }),
    approved: fields.flagText.optional().meta({
      description: 'Only doctors who were let in, or with `false` only those who wait for it.',
      examples: [false],
    }),
    search: fields.searchText.optional().meta({
      description: `At most ${fields.WORDS_MAX} words of user name, names, email or phone, or parts of them; names in either script.`,
    }),
  }),
);

export type UserFilters = z.infer<typeof userFilters>;
