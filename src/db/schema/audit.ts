import { bigint, index, integer, jsonb, pgTable, sql, text, uniqueIndex } from '../drizzle.ts';
import { instant } from './types.ts';
import { userRole, users } from './users.ts';

/**
 * Who read or changed which person's record. Append-only (the trigger `audit_entries_append_only` stands in the
 * migration), and without anything personal: ids, names of fields, no values.
 */
export const auditEntries = pgTable(
  'audit_entries',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant().notNull().default(sql`now()`),
    /** Null where the system itself acted. */
    actor_id: integer().references(() => users.id),
    actor_role: userRole(),
    /** Such as user.read, user.update, appointment.cancel. */
    action: text().notNull(),
    /** Whose record it was. */
    subject_id: integer().references(() => users.id),
    /** Whose records one look has shown, where one entry stands for them all. */
    people: integer().array(),
    /** What is noted once however often it is done: its name, with its day. */
    once: text(),
    /** What was touched beside the person, such as { "appointment": 9001, "fields": ["phone"] }. */
    details: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    request_id: text(),
    /** Of sign-ins, failed ones and refusals: where they came from, in CIDR. Forgotten when its person is erased. */
    network: text(),
  },
  (t) => [
    index('audit_entries_actor').on(t.actor_id, t.at, t.id),
    index('audit_entries_subject').on(t.subject_id, t.at, t.id),
    index('audit_entries_action').on(t.action, t.at, t.id),
    index('audit_entries_at').on(t.at, t.id),
    index('audit_entries_people').using('gin', t.people).where(sql`people is not null`),
    uniqueIndex('audit_entries_once').on(t.once).where(sql`once is not null`),
    index('audit_entries_network').on(t.network, t.at, t.id).where(sql`network is not null`),
  ],
);
