import { z } from 'zod';
import { activeStatuses, appointmentStatuses } from '../../../core/words.ts';

/** What stands in the jobs of this folder. The database queues offers; see the triggers in drizzle/. */

const when = z.object({ date: z.string(), start_time: z.string() });

/** A change of an appointment, from the log or from a job. */
export const appointmentEvent = z.object({
  appointment: z.int(),
  event: z.enum(['booked', 'confirmed', 'cancelled', 'expired', 'moved', 'patient_changed']),
  /** Of a booking: `confirmed` where it was confirmed at once. Of a move: the status after it. */
  status: z.enum(activeStatuses).optional(),
  /** The visit's, after the change. */
  version: z.int().optional(),
  /** Who answered a request; null where the system itself did. */
  by: z.int().nullable().optional(),
  /** Of a cancellation: the status before it. Jobs that were queued before events kept it leave it out. */
  was: z.enum(appointmentStatuses).optional(),
  from: when.optional(),
  /** Of a move to another doctor: whose visit it was. */
  from_doctor: z.int().optional(),
  /** Of a corrected patient: for whom it was entered. */
  from_patient: z.int().optional(),
  /** Of a visit that falls out because its patient is erased, or no patient any more: who looked after them. */
  guardians: z.array(z.int()).optional(),
  /** When the visit is, after the change. Jobs that were queued before events kept it leave it out. */
  to: when.optional(),
});
export type AppointmentEvent = z.infer<typeof appointmentEvent>;

/** An offer of the waiting list: `waitlist_offers_tell` in the migrations. */
export const offerEvent = when.extend({
  offer: z.int(),
  event: z.enum(['offered', 'lapsed', 'withdrawn']),
  patient: z.int(),
  doctor: z.int(),
  expires_at: z.string(),
});
export type OfferEvent = z.infer<typeof offerEvent>;

/** A reminder of a visit, and the time for which it was planned. */
export const patientReminder = when.partial().extend({
  appointment: z.int(),
  lead: z.string(),
  /** Who looks after the patient; left out where the patient is reminded. */
  reader: z.int().optional(),
});
export type PatientReminder = z.infer<typeof patientReminder>;

export const doctorReminder = when.extend({ appointment: z.int() });
export type DoctorReminder = z.infer<typeof doctorReminder>;

export const changedHours = z.object({ person: z.int() });
