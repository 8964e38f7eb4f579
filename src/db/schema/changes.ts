import { customType, date, index, integer, pgTable, sql } from '../drizzle.ts';

/** A transaction's number, which never comes again; as text, for it may be greater than a number holds. */
const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });

/**
 * Of which doctor something has changed that answers are kept of in memory: their free slots of a day or, without one,
 * anything. Triggers write it, src/memory/changes.ts reads it and sweeps it up. The migration makes it unlogged: after a crash
 * it is empty, and nobody has kept anything.
 */
export const doctorChanges = pgTable(
  'doctor_changes',
  {
    xid: xid8().notNull().default(sql`pg_current_xact_id()`),
    doctor_id: integer().notNull(),
    date: date(),
  },
  (t) => [index('doctor_changes_xid').on(t.xid)],
);
