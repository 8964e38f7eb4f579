import type { EventType } from '../core/events.ts';
import type { AppointmentStatus } from '../core/words.ts';
import { clientOf, type Db, type Executor } from '../db/client.ts';

/**
 * The log of what happened. Triggers note every event, once, in the transaction that makes it happen (drizzle/0022_events.sql).
 * Whoever wants to hear of it is a reader (readers.ts).
 */

/** An event, as readers get it. Ids only; a name, a reason or a phone stands in no event. */
export interface Happened {
  /** The same however often it is read. */
  id: number;
  type: EventType;
  /** When, by the clock of whoever did it. */
  at: string;
  /** Who did it; null where the system itself acted, or nobody said who. */
  by: number | null;
  appointment_id: number | null;
  timeslot_id: number | null;
  doctor_id: number | null;
  patient_id: number | null;
  user_id: number | null;
  branch_id: number | null;
  date: string | null;
  start_time: string | null;
  end_time: string | null;
  /** Of the appointment, after the event. */
  status: AppointmentStatus | null;
  version: number | null;
  is_quiet: boolean;
  /** The trace that caused it, where that is told. */
  trace?: string | null;
  details: Details | null;
}

/** When a visit was before it moved. */
interface When {
  date: string;
  start_time: string;
  end_time: string;
}

/** What belongs to some events only. */
interface Details {
  /** Of a move: when it was, in which slot, and, where it changed, with which doctor. */
  from?: When;
  from_timeslot?: number;
  from_doctor?: number;
  /** Of a changed status: the one before. */
  was?: AppointmentStatus;
  /** Of a cancellation: after the clinic's deadline. */
  late?: true;
  /** Of a confirmation: the patient has come. */
  arrived?: true;
  /** Of a corrected patient: for whom it was entered. */
  from_patient?: number;
  /** Of slots that are published or withdrawn: how many. */
  slots?: number;
  /** Of a slot: the waiting list keeps it. */
  waitlist?: true;
  /** Of the waiting list. */
  entry?: number;
  offer?: number;
  expires_at?: string;
  outcome?: string;
  /** Of absences and holidays; `to` is the absence's last day. */
  absence?: number;
  holiday?: number;
  to?: string;
  /** Of a merged record: into which. */
  into?: number;
}

/** The columns of `Happened`, in SQL over the row `e` of the log. */
export const happenedColumns = `e.id, e.type, e.at, e.by, e.appointment_id, e.timeslot_id, e.doctor_id, e.patient_id, e.user_id,
  e.branch_id, e.date, e.start_time, e.end_time, e.status, e.version, e.is_quiet, e.trace, e.details`;

/** Notes what no trigger does, in the transaction that makes it happen. */
export async function note(
  executor: Executor,
  event: Pick<Happened, 'type'> & Partial<Omit<Happened, 'id' | 'is_quiet'>>,
): Promise<void> {
  const { details, ...fields } = event;
  const named = Object.entries({ ...fields, ...(details && { details: JSON.stringify(details) }) });
  await clientOf(executor).query({
    text: `insert into events (${named.map(([name]) => `"${name}"`)}) values (${named.map((_, nth) => `$${nth + 1}`)})`,
    values: named.map(([, value]) => value),
  });
}

/**
 * Which log this is: a restore begins another, and whatever was kept outside of places in the one before means nothing any
 * more. The id of an event for the world outside is `evt_<epoch>_<id>`.
 */
export async function epochOf(db: Db): Promise<string> {
  const { rows } = await db.$client.query<{ epoch: string }>({
    name: 'events.epoch',
    text: 'select epoch from event_epochs',
  });
  return rows[0]?.epoch ?? '';
}

/**
 * Begins another log if this database has been restored since: it is another cluster then, or another timeline of it.
 * @returns whether it has
 */
export async function beginEpochAfterRestore(db: Db): Promise<boolean> {
  const { rows } = await db.$client.query<{ begun: string | null }>(
    'select case when event_cluster() <> cluster then event_epoch_begin() end as begun from event_epochs',
  );
  return typeof rows[0]?.begun === 'string';
}
