import { hasEnded, type WallTime } from '../../core/clock.ts';
import { type Role, sideOf } from '../../core/roles.ts';
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
 * only what is pending. Its patient and admins may also cancel what is confirmed.
 */
export function statusesBefore(next: 'confirmed' | 'cancelled', role: Role): AppointmentStatus[] {
  if (next === 'confirmed' || sideOf(role) === 'doctor') return ['pending'];
  return ['pending', 'confirmed'];
}

/**
 * Whether a change was meant for another state of an appointment than the one it is in.
 * @param expected the versions that it was meant for; undefined stands for any
 */
export const isStale = ({ version }: { version: number }, expected: readonly number[] | undefined): boolean =>
  expected !== undefined && !expected.includes(version);
