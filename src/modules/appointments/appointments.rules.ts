import { type Role, sideOf } from '../../core/roles.ts';
import type { AppointmentStatus } from '../../core/words.ts';

/** It holds its slot: it is still to be answered, or it was confirmed. */
export const isActive = ({ status }: { status: AppointmentStatus }): boolean =>
  status === 'pending' || status === 'confirmed';

/**
 * From which statuses somebody may move an appointment to `next`. Nothing leaves cancelled and expired; a doctor declines only
 * what is pending, while its patient and admins may cancel what is confirmed too.
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
