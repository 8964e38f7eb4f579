import type { Locale } from '../../core/words.ts';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  sql,
  text,
  uniqueIndex,
} from '../drizzle.ts';
import { instant } from './types.ts';
import { doctorProfiles, users } from './users.ts';

/** One text in each language of the house. */
export type Translated = Record<Locale, string>;

/** A house of the clinic. The migration made the first one, with id 1, and put everything that existed into it. */
export const branches = pgTable(
  'branches',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    name: text().notNull(),
    address: text(),
    phone: text(),
    is_active: boolean().notNull().default(true),
    created_at: instant().notNull().default(sql`now()`),
  },
  (t) => [uniqueIndex('branches_name_key').on(sql`lower(${t.name})`)],
);

/** Where a receptionist works; without a row they work everywhere. */
export const receptionistBranches = pgTable(
  'receptionist_branches',
  {
    user_id: integer()
      .notNull()
      .references(() => users.id),
    branch_id: integer()
      .notNull()
      .references(() => branches.id),
  },
  (t) => [
    primaryKey({ columns: [t.user_id, t.branch_id] }),
    index('receptionist_branches_branch').on(t.branch_id),
  ],
);

/** A room, or a device, which is a room of another kind: what only one visit or one doctor can use at a time. */
export const rooms = pgTable(
  'rooms',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    branch_id: integer()
      .notNull()
      .references(() => branches.id),
    name: text().notNull(),
    kind: text().notNull(),
    is_active: boolean().notNull().default(true),
    created_at: instant().notNull().default(sql`now()`),
  },
  (t) => [
    uniqueIndex('rooms_name_key').on(t.branch_id, sql`lower(${t.name})`),
    index('rooms_kind').on(t.branch_id, t.kind, t.id),
  ],
);

/** What doctors give: how long it takes, what it costs, what it needs, and for whom it is. */
export const services = pgTable(
  'services',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    name: jsonb().$type<Translated>().notNull(),
    duration_minutes: smallint().notNull(),
    /** In minor units; null is none that is told beforehand. */
    price: bigint({ mode: 'number' }),
    currency: text(),
    specialization: text(),
    /** The kind of room that it takes for its whole time. */
    room_kind: text(),
    /** Years of age on the day of the visit; the last one counts whole. */
    min_age: smallint(),
    max_age: smallint(),
    /** Only for those who have completed no visit here (true), only for those who have (false); null is for both. */
    new_patients: boolean(),
    preparation: jsonb().$type<Translated>(),
    is_active: boolean().notNull().default(true),
    created_at: instant().notNull().default(sql`now()`),
  },
  (t) => [
    index('services_specialization').on(sql`search_fold(${t.specialization})`, t.id),
    check('services_duration', sql`duration_minutes between 5 and 720`),
    check('services_price', sql`price between 0 and 1000000000000`),
    check('services_price_has_currency', sql`(price is null) = (currency is null)`),
    check(
      'services_ages',
      sql`min_age between 0 and 150 and max_age between 0 and 150 and min_age <= max_age`,
    ),
  ],
);

/** Which services a doctor gives, where they differ from the clinic's in time or price. */
export const doctorServices = pgTable(
  'doctor_services',
  {
    doctor_id: integer()
      .notNull()
      .references(() => doctorProfiles.id),
    service_id: integer()
      .notNull()
      .references(() => services.id),
    /** Null is the service's own. */
    duration_minutes: smallint(),
    /** Whether the price below counts, which may be none; otherwise the service's does. */
    has_own_price: boolean().notNull().default(false),
    price: bigint({ mode: 'number' }),
    currency: text(),
  },
  (t) => [
    primaryKey({ columns: [t.doctor_id, t.service_id] }),
    index('doctor_services_service').on(t.service_id, t.doctor_id),
    check('doctor_services_duration', sql`duration_minutes between 5 and 720`),
    check('doctor_services_price', sql`price between 0 and 1000000000000`),
    check('doctor_services_price_has_currency', sql`(price is null) = (currency is null)`),
    check('doctor_services_own_price', sql`has_own_price or price is null`),
  ],
);
