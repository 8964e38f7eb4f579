import { roles } from '../../core/roles.ts';
import { consentDocuments, genders, locales, relationships } from '../../core/words.ts';
import {
  boolean,
  check,
  date,
  index,
  integer,
  pgEnum,
  pgTable,
  primaryKey,
  smallint,
  sql,
  text,
  uniqueIndex,
} from '../drizzle.ts';
import { byName } from '../search.ts';
import { specializations } from './specializations.ts';
import { bytea, instant } from './types.ts';

export const userRole = pgEnum('user_role', roles);
export const gender = pgEnum('gender', genders);
export const consentDocument = pgEnum('consent_document', consentDocuments);
export const locale = pgEnum('locale', locales);

/**
 * A person. An erased one (`deleted_at`) stays as a nameless row, so that history stays true. A patient whom the desk or a
 * guardian registered has no password, and a user name that begins with `~`, which nobody can choose or sign in with. One
 * who came by a provider has no password either, and a user name that was made for them.
 */
export const users = pgTable(
  'users',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    username: text().notNull(),
    password_hash: text(),
    role: userRole().notNull(),
    is_active: boolean().notNull().default(true),
    first_name: text(),
    last_name: text(),
    email: text(),
    phone: text(),
    /** When its owner proved to receive what is sent there; a changed address must be proved again. */
    phone_verified_at: instant(),
    email_verified_at: instant(),
    /** From when on it serves to set a new password, once it is confirmed; null is at once. */
    phone_resets_from: instant(),
    email_resets_from: instant(),
    /**
     * When the desk made sure that messages to this phone reach the person. It lets nobody sign in, and several people may
     * share the phone.
     */
    phone_reached_at: instant(),
    locale: locale(),
    created_at: instant().notNull().default(sql`now()`),
    deleted_at: instant(),
    /** The record of the same person that took over what hung on this one. */
    merged_into: integer(),
    /** What the list of users is searched by; the database writes it. */
    searched: text().generatedAlwaysAs(
      sql`search_text(username || ' ' || coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(email, '') || ' ' || coalesce(phone, ''))`,
    ),
  },
  (t) => [
    uniqueIndex('users_username_key').on(sql`lower(${t.username})`),
    index('users_searched').using('gin', t.searched.op('gin_trgm_ops')),
    index('users_doctor_name_search')
      .using(
        'gin',
        sql`search_text(coalesce(${t.first_name}, '') || ' ' || coalesce(${t.last_name}, '')) gin_trgm_ops`,
      )
      .where(sql`role = 'doctor'`),
    index('users_name_search').using(
      'gin',
      sql`search_text(' ' || coalesce(${t.first_name}, '') || ' ' || coalesce(${t.last_name}, '')) gin_trgm_ops`,
    ),
    index('users_phone').on(t.phone, t.id).where(sql`phone is not null`),
    index('users_merged_into').on(t.merged_into).where(sql`merged_into is not null`),
    index('users_role').on(t.role, t.id),
    index('users_unconfirmed')
      .on(t.created_at, t.id)
      .where(
        sql`is_active and username not like '~%' and phone_verified_at is null and email_verified_at is null`,
      ),
    index('users_inactive').on(t.id).where(sql`not is_active and deleted_at is null`),
    ...locales.map((reader) =>
      index(`users_directory_${reader}`)
        .on(byName(t.last_name, reader), byName(t.first_name, reader), t.id)
        .where(sql`role = 'doctor' and is_active`),
    ),
    uniqueIndex('users_verified_phone_key').on(t.phone).where(sql`phone_verified_at is not null`),
    uniqueIndex('users_verified_email_key')
      .on(sql`lower(${t.email})`)
      .where(sql`email_verified_at is not null`),
    check('users_verified_phone_is_there', sql`phone_verified_at is null or phone is not null`),
    check('users_verified_email_is_there', sql`email_verified_at is null or email is not null`),
    check('users_deleted_is_inactive', sql`deleted_at is null or not is_active`),
    check('users_reached_phone_is_there', sql`phone_reached_at is null or phone is not null`),
    check('users_merged_is_deleted', sql`merged_into is null or deleted_at is not null`),
    check('users_active_has_password', sql`password_hash is not null or not is_active or role = 'patient'`),
  ],
);

/** A profile's id is its user's id: one number names a person everywhere, and nobody can be their own patient. */
export const doctorProfiles = pgTable(
  'doctor_profiles',
  {
    id: integer()
      .primaryKey()
      .references(() => users.id),
    /** As the list of specializations spells it: a trigger sees to that, and to the id beside it. */
    specialization: text(),
    specialization_id: integer().references(() => specializations.id),
    experience_years: smallint(),
    gender: gender(),
    /** Null while a doctor waits for an admin's approval: neither listed nor bookable. */
    approved_at: instant().default(sql`now()`),
    /** Names the photo by its content; null is none. */
    photo: text(),
  },
  (t) => [
    index('doctor_profiles_waiting').on(t.id).where(sql`approved_at is null`),
    index('doctor_profiles_specialization_id').on(t.specialization_id),
    index('doctor_profiles_specialization').on(sql`search_fold(${t.specialization})`),
    index('doctor_profiles_specialization_search').using(
      'gin',
      sql`search_text(coalesce(${t.specialization}, '')) gin_trgm_ops`,
    ),
    check('doctor_profiles_experience_years', sql`experience_years between 0 and 80`),
  ],
);

/** The patient's phone is the user's: it is stored there. */
export const patientProfiles = pgTable(
  'patient_profiles',
  {
    id: integer()
      .primaryKey()
      .references(() => users.id),
    date_of_birth: date(),
    gender: gender(),
    /** Who registered them: somebody at the desk or a guardian; null for whoever registered by themself. */
    registered_by: integer().references(() => users.id),
    /** The clinic keeps a record of them, whoever looks after them. */
    is_from_desk: boolean().notNull().default(false),
  },
  (t) => [index('patient_profiles_born').on(t.date_of_birth, t.id).where(sql`date_of_birth is not null`)],
);

export const relationship = pgEnum('relationship', relationships);

/** Who books for whom. Over a child it ends with the 18th birthday, which is judged when it is used. */
export const guardianships = pgTable(
  'guardianships',
  {
    guardian_id: integer()
      .notNull()
      .references(() => patientProfiles.id),
    dependant_id: integer()
      .notNull()
      .references(() => patientProfiles.id),
    relationship: relationship().notNull(),
    created_by: integer()
      .notNull()
      .references(() => users.id),
    created_at: instant().notNull().default(sql`now()`),
    /** When both were told that it will end. */
    end_told_at: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.guardian_id, t.dependant_id] }),
    index('guardianships_dependant').on(t.dependant_id),
    check('guardianships_not_of_oneself', sql`guardian_id <> dependant_id`),
  ],
);

/** A one-use code by which another guardian joins. */
export const guardianInvitations = pgTable(
  'guardian_invitations',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    dependant_id: integer()
      .notNull()
      .references(() => patientProfiles.id),
    invited_by: integer()
      .notNull()
      .references(() => patientProfiles.id),
    code_hash: bytea().notNull(),
    created_at: instant().notNull().default(sql`now()`),
    expires_at: instant().notNull(),
    used_by: integer().references(() => patientProfiles.id),
    used_at: instant(),
  },
  (t) => [
    uniqueIndex('guardian_invitations_code').on(t.code_hash),
    index('guardian_invitations_dependant').on(t.dependant_id),
    index('guardian_invitations_invited_by').on(t.invited_by),
    index('guardian_invitations_expiry').on(t.expires_at),
    check('guardian_invitations_use_is_whole', sql`(used_by is null) = (used_at is null)`),
  ],
);

/** Which version of which document a person has accepted, and when. */
export const consents = pgTable(
  'consents',
  {
    user_id: integer()
      .notNull()
      .references(() => users.id),
    document: consentDocument().notNull(),
    version: text().notNull(),
    accepted_at: instant().notNull().default(sql`now()`),
    /** The guardian who accepted for them; null where they did so themself. */
    accepted_by: integer().references(() => users.id),
  },
  (t) => [primaryKey({ columns: [t.user_id, t.document, t.version] })],
);
