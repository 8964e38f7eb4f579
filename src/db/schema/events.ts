import { eventTypes } from '../../core/events.ts';
import {
  bigint,
  boolean,
  check,
  customType,
  date,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  smallint,
  sql,
  text,
} from '../drizzle.ts';
import { appointmentStatus } from './appointments.ts';
import { clockTime, instant } from './types.ts';

export const eventType = pgEnum('event_type', eventTypes);

/** A transaction's number, which never comes again; as text, for it may be greater than a number holds. */
const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });
/** Which transactions had finished at some moment. */
const pgSnapshot = customType<{ data: string }>({ dataType: () => 'pg_snapshot' });

/**
 * What happened, one row an event, noted by triggers in the transaction that made it happen. Ids only: no name, no phone, no
 * reason. Its ids go up by two: an event that gives a visit to another doctor is two lines of the visit's history.
 */
export const events = pgTable(
  'events',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity({ increment: 2 }),
    /** Who reads goes by it: ids are given out before they can be seen. */
    xid: xid8().notNull().default(sql`pg_current_xact_id()`),
    type: eventType().notNull(),
    /** By the application's clock, where whoever did it said so. */
    at: instant().notNull().default(sql`now()`),
    noted_at: instant().notNull().default(sql`now()`),
    /** Null where the system itself acted, or nobody said who. */
    by: integer(),
    appointment_id: integer(),
    timeslot_id: integer(),
    doctor_id: integer(),
    patient_id: integer(),
    /** Whose account: of events of an account. */
    user_id: integer(),
    branch_id: integer(),
    date: date(),
    start_time: clockTime(),
    end_time: clockTime(),
    /** Of the appointment, after the event. */
    status: appointmentStatus(),
    version: integer(),
    /** Noted while data is loaded quietly: nobody is told of it. */
    is_quiet: boolean().notNull().default(false),
    /** The trace that caused it (W3C `traceparent`), where that is told: nothing of a person. */
    trace: text().default(sql`nullif(current_setting('clinic.trace', true), '')`),
    /** What else belongs to it: see `src/events/log.ts`. */
    details: jsonb().$type<Record<string, unknown>>(),
  },
  (t) => [
    index('events_xid').on(t.xid),
    index('events_appointment').on(t.appointment_id).where(sql`appointment_id is not null`),
  ],
);

/** How far each reader has read. */
export const eventReaders = pgTable('event_readers', {
  name: text().primaryKey(),
  /** What was visible then has been read. */
  place: pgSnapshot().notNull().default(sql`pg_current_snapshot()`),
  /** What is being read in parts: up to this moment, after this id. */
  upto: pgSnapshot(),
  after: bigint({ mode: 'number' }).notNull().default(0),
  last: bigint({ mode: 'number' }).notNull().default(0),
  read_at: instant().notNull().default(sql`now()`),
});

/** Events that a reader failed at, and those of the same appointment that wait behind them. */
export const eventTroubles = pgTable(
  'event_troubles',
  {
    reader: text().notNull(),
    event_id: bigint({ mode: 'number' })
      .notNull()
      .references(() => events.id),
    appointment_id: integer(),
    tries: smallint().notNull(),
    retry_at: instant().notNull(),
    /** It is tried no more, until an admin says so. */
    is_set_aside: boolean().notNull().default(false),
    /** The code of the last error, or its class; never its text. */
    code: text(),
  },
  (t) => [
    primaryKey({ columns: [t.reader, t.event_id] }),
    index('event_troubles_event').on(t.event_id),
    index('event_troubles_appointment').on(t.appointment_id),
  ],
);

/** Which log this is. What was kept outside of places in another one means nothing here. */
export const eventEpochs = pgTable(
  'event_epochs',
  {
    is_only: boolean().primaryKey().default(true),
    epoch: text().notNull(),
    /** The database cluster that began it, and its timeline: a restore makes another of either. */
    cluster: text().notNull(),
    began_at: instant().notNull().default(sql`now()`),
  },
  () => [check('event_epochs_one', sql`is_only`)],
);
