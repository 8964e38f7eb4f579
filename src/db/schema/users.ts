import { roles } from '../../core/roles.ts';
import { consentDocuments, genders, locales } from '../../core/words.ts';
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
import { instant } from './types.ts';

export const userRole = pgEnum('user_role', roles);
export const gender = pgEnum('gender', genders);
export const consentDocument = pgEnum('consent_document', consentDocuments);
export const locale = pgEnum('locale', locales);

/** A person who signs in. An erased one (`deleted_at`) stays as a nameless row, so that history stays true. */
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
    locale: locale(),
    created_at: instant().notNull().default(sql`now()`),
    deleted_at: instant(),
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
    index('users_role').on(t.role, t.id),
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
    check('users_active_has_password', sql`password_hash is not null or not is_active`),
  ],
);

/** A profile's id is its user's id: one number names a person everywhere, and nobody can be their own patient. */
export const doctorProfiles = pgTable(
  'doctor_profiles',
  {
    id: integer()
      .primaryKey()
      .references(() => users.id),
    specialization: text(),
    experience_years: smallint(),
    gender: gender(),
    /** Null while a doctor waits for an admin's approval: neither listed nor bookable. */
    approved_at: instant().default(sql`now()`),
  },
  (t) => [
    index('doctor_profiles_waiting').on(t.id).where(sql`approved_at is null`),
    index('doctor_profiles_specialization').on(sql`search_fold(${t.specialization})`),
    index('doctor_profiles_specialization_search').using(
      'gin',
      sql`search_text(coalesce(${t.specialization}, '')) gin_trgm_ops`,
    ),
    check('doctor_profiles_experience_years', sql`experience_years between 0 and 80`),
  ],
);

/** The patient's phone is the user's: it is stored there. */
export const patientProfiles = pgTable('patient_profiles', {
  id: integer()
    .primaryKey()
    .references(() => users.id),
  date_of_birth: date(),
  gender: gender(),
});

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
  },
  (t) => [primaryKey({ columns: [t.user_id, t.document, t.version] })],
);
