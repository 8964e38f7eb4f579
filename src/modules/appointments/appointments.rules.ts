import { hasEnded, type WallTime } from '../../core/clock.ts';
import { type Role, type Side, sideOf } from '../../core/roles.ts';
import type { ActiveStatus, AppointmentStatus } from '../../core/words.ts';
import type { Appointment } from './appointments.schemas.ts';

/** It holds its slot: it is still to be answered, or it was confirmed. */
export const isActive = <Visit extends { status: AppointmentStatus }>(
  visit: Visit,
): visit is Visit & { status: ActiveStatus } => visit.status === 'pending' || visit.status === 'confirmed';

/** An appointment as it is to be read at this moment: a request ends with its slot, also before the job has marked it. */
export const asOf = (appointment: Appointment, wall: WallTime): Appointment =>
  appointment.status === 'pending' && hasEnded(appointment, wall)
    ? { ...appointment, status: 'expired' }
    : appointment;

/**
 * The statuses from which somebody may move an appointment to `next`. Nothing leaves cancelled and expired. A doctor declines
 * what is pending, and cancels what is confirmed with a reason only. Its patient and the staff may cancel either.
 */
export function statusesBefore(
  next: 'confirmed' | 'cancelled',
  role: Role,
  reason?: string | undefined,
): AppointmentStatus[] {
  if (next === 'confirmed' || (sideOf(role) === 'doctor' && reason === undefined)) return ['pending'];
  return ['pending', 'confirmed'];
}

/** Whose an appointment is, by side. */
export type Owners = Partial<Record<Side, number>>;

/**
 * Whose an appointment must still be when a change of it is written: it may have changed hands since its owner was let
 * through. Whoever is on neither side changes it, whosever it is.
 * @param owners as they were then
 */
export function stillOf(role: Role, owners: Owners = {}): Owners {
  const side = sideOf(role);
  return side === null || owners[side] === undefined ? {} : { [side]: owners[side] };
}

/** It has changed hands. */
export const isOfOthers = (
  { doctor, patient }: { doctor: { id: number }; patient: { id: number } },
  owners: Owners,
): boolean =>
  (owners.doctor !== undefined && owners.doctor !== doctor.id) ||
  (owners.patient !== undefined && owners.patient !== patient.id);

/**
 * Whether a change was meant for another state of an appointment than the one it is in.
 * @param expected the versions that it was meant for; undefined stands for any
 */
export const isStale = ({ version }: { version: number }, expected: readonly number[] | undefined): boolean =>
  expected !== undefined && !expected.includes(version);
