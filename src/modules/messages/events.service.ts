import { type Clock, hasBegun } from '../../core/clock.ts';
import type { Lead, Message, VisitKind } from '../../core/messages.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import { addJob, removeJob } from '../../db/queue.ts';
import { findVisit, type VisitRow } from './events.repository.ts';

export interface EventsDependencies {
  db: Db;
  clock: Clock;
  /** How long before a visit its patient is reminded. */
  reminders: readonly Lead[];
  enqueue: (tx: Tx, message: Message) => Promise<void>;
}

export const appointmentEvents = ['booked', 'confirmed', 'cancelled'] as const;
export type AppointmentEvent = (typeof appointmentEvents)[number];

/**
 * What happens to appointments, told to whom it concerns. The events come from the database itself
 * (drizzle/0004_events.sql), in the transaction of the change; each may come more than once and tells everybody once.
 */
export function createEvents({ db, clock, reminders, enqueue }: EventsDependencies) {
  async function planReminders(tx: Tx, visit: VisitRow): Promise<void> {
    const start = clock.at(visit.date, visit.start_time).getTime();
    for (const { name, minutes } of reminders) {
      const run_at = new Date(start - minutes * 60_000);
      // Whoever books this late knows.
      if (run_at <= clock.now()) continue;
      const payload = { appointment: visit.id, lead: name };
      await addJob(tx, { task: 'remind', payload, key: reminderKey(visit.id, name), run_at });
    }
  }

  async function cancelReminders(tx: Tx, visit: VisitRow): Promise<void> {
    for (const { name } of reminders) await removeJob(tx, reminderKey(visit.id, name));
  }

  const isAhead = (visit: VisitRow) => visit.status !== 'cancelled' && !hasBegun(visit, clock.wall());

  return {
    /** The task `appointment_event`. */
    async onAppointment(appointment: number, event: AppointmentEvent): Promise<void> {
      await transaction(db, async (tx) => {
        const visit = await findVisit(tx, appointment);
        if (!visit) return;
        for (const { kind, user_id } of audience(event, visit))
          await enqueue(tx, {
            user_id,
            kind,
            key: `appointment:${visit.id}:${event}`,
            appointment_id: visit.id,
          });
        if (event === 'cancelled') await cancelReminders(tx, visit);
        else if (isAhead(visit)) await planReminders(tx, visit);
      });
    },

    /** The task `remind`. A visit that was cancelled or has begun meanwhile is left alone. */
    async remind(appointment: number, lead: string): Promise<void> {
      if (!reminders.some(({ name }) => name === lead)) return;
      await transaction(db, async (tx) => {
        const visit = await findVisit(tx, appointment);
        if (!visit || !isAhead(visit)) return;
        await enqueue(tx, {
          user_id: visit.patient_id,
          kind: 'reminder',
          // With its time: a visit that is moved is reminded of anew.
          key: `appointment:${visit.id}:reminder:${lead}:${visit.date}T${visit.start_time}`,
          appointment_id: visit.id,
          params: { lead },
        });
      });
    },
  };
}

export type Events = ReturnType<typeof createEvents>;

const reminderKey = (appointment: number, lead: string) => `remind:${appointment}:${lead}`;

/**
 * Who hears of it, and as what. Nobody is told what they did themself, except that a patient's booking is confirmed to
 * them as made.
 */
export function audience(
  event: AppointmentEvent,
  visit: Pick<VisitRow, 'doctor_id' | 'patient_id' | 'cancelled_by' | 'cancel_reason'>,
): { kind: VisitKind; user_id: number }[] {
  const { doctor_id, patient_id, cancelled_by, cancel_reason } = visit;
  const both = (kind: VisitKind) => [patient_id, doctor_id].map((user_id) => ({ kind, user_id }));
  if (event === 'booked') return both('booked');
  if (event === 'confirmed') return [{ kind: 'confirmed', user_id: patient_id }];
  // A doctor cancels nothing but what is still to be answered, and so declines it; unless they leave the clinic, which
  // cancels what was confirmed, too.
  if (cancelled_by === doctor_id && cancel_reason !== 'account_deleted')
    return [{ kind: 'declined', user_id: patient_id }];
  return both('cancelled').filter(({ user_id }) => user_id !== cancelled_by);
}
