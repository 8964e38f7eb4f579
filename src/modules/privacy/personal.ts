import type { z } from 'zod';
import type { Db, Tx } from '../../db/client.ts';
import type { PgColumn, PgTable, SQL } from '../../db/drizzle.ts';

/** One key of the document that a person takes away: how it is described, and how it is read. */
export type Part = {
  shape: z.ZodType;
  example?: unknown;
  /** A guardian's document holds it of those whom they look after, too. */
  of_family?: true;
} & (Row | List | Pages | Family);

/** At most one row of a person. All of them are read in one statement. */
interface Row {
  row: { table: PgTable; person: PgColumn; columns: Record<string, PgColumn | SQL.Aliased> };
}
/** A handful of rows, read at once, as they stand at this moment. */
interface List {
  list: (db: Db, person: number, now: Date) => Promise<object[]>;
}
/** Any number of rows: those after an id, in the order of their ids, `limit` of them at most. */
interface Pages {
  pages: (db: Db, person: number, after: number, limit: number) => Promise<{ id: number }[]>;
}

/** From when on something has run out. */
interface Due {
  now: Date;
  /** The clinic's day, `YYYY-MM-DD`. */
  today: string;
  /** The instant so many days before now. */
  daysAgo: (days: number) => Date;
  /** For how many days the clinic keeps messages. */
  message_retention_days: number;
}

/** One person was registered twice: what hung on `from` hangs on `into` from now on. Both are locked. */
interface Merge {
  from: number;
  into: number;
  /** Who does it, and when. */
  by: number;
  at: string;
  /** `into` had no sign-in, and takes the other's. */
  takesSignIn: boolean;
}

/**
 * Others whose data belong into the document, a handful: each with the keys that are `of_family`. The part's own shape is that of
 * what is said of each beside these.
 */
interface Family {
  /** @param today YYYY-MM-DD, the clinic's */
  family: (db: Db, person: number, today: string) => Promise<{ id: number }[]>;
}

/** What a module holds of people. It stands in the module's `personal.ts`; modules.ts lists all of them. */
export interface Personal {
  /** Each column that names a person, as `table.column`: the document's key that shows it, or why none does. */
  columns: Record<string, string>;
  /** What the document tells, by its keys. Of others it gives what the person is shown of them anyway; secrets never. */
  parts?: Record<string, Part>;
  /**
   * Statements that forget a person, by a name each. Those of all modules run as one statement, so that none sees what
   * another did; one that reads what another of the same module returns names it.
   * @param key the server's, for what is disguised
   */
  erase?: (person: number, key: string) => Record<string, SQL>;
  /** What is forgotten in statements of its own, after that. */
  eraseAfter?: (tx: Tx, person: number) => Promise<void>;
  /** Moves what hangs on a record to the other record of the same person, before the first is erased. */
  merge?: (tx: Tx, merge: Merge) => Promise<void>;
  /** Lets go what has run out. Safe to repeat, beside another process that does the same, and to end anywhere. */
  sweep?: (db: Db, due: Due) => Promise<void>;
}

/** The keys of the document, in the order of today. A key that is not named here comes last of its kind. */
const ORDER = [
  'user',
  'patient_profile',
  'doctor_profile',
  'branches',
  'notification_preferences',
  'telegram',
  'calendar_feeds',
  'consents',
  'links',
  'contact_changes',
  'identities',
  'sessions',
  'codes',
  'appointments_as_patient',
  'appointments_as_doctor',
  'timeslots',
  'appointment_history',
  'waiting_list',
  'holds',
  'absences',
  'weekly_hours',
  'withdrawn_timeslots',
  'notifications',
  'messages',
  'sign_ins',
  'access_log',
  'guardians',
  'dependants',
];

/** Every key of the document with its part, in the document's order. */
export function partsOf(modules: readonly Personal[]): [string, Part][] {
  const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return modules
    .flatMap(({ parts }) => Object.entries(parts ?? {}))
    .sort(([one], [other]) => place(one) - place(other));
}
