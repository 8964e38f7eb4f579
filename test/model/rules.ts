import type { Role } from '../../src/core/roles.ts';
import type { Clinic, Slot, Times, Visit } from './clinic.ts';
import { personOf } from './people.ts';

/** How a slot and a visit stand at a moment: begun, taken, held, open to whom. */

export const startOf = ({ date, start_time }: Pick<Times, 'date' | 'start_time'>) => `${date} ${start_time}`;

export const hasBegun = (clinic: Clinic, slot: Pick<Times, 'date' | 'start_time'>) =>
  startOf(slot) <= clinic.now;

export const hasEnded = (clinic: Clinic, { date, end_time }: Pick<Times, 'date' | 'end_time'>) =>
  `${date} ${end_time}` <= clinic.now;

/** Whether a slot can be had no more: by the staff it can until it ends, for whoever comes to the desk. */
export const isOver = (clinic: Clinic, role: Role, slot: Times) =>
  role === 'patient' ? hasBegun(clinic, slot) : hasEnded(clinic, slot);

export const isActive = ({ status }: Visit) => status === 'pending' || status === 'confirmed';

/** As it is to be read: a request that nobody answered until the end of its slot has expired. */
export const statusOf = (clinic: Clinic, visit: Visit) =>
  visit.status === 'pending' && hasEnded(clinic, visit) ? 'expired' : visit.status;

/** Active by the clock, not begun, and neither completed nor a no-show: whoever arrived early still waits. */
export const isStillToCome = (clinic: Clinic, visit: Visit) =>
  isActive(visit) &&
  !hasBegun(clinic, visit) &&
  (visit.attendance === null || visit.attendance === 'arrived');

export const overlap = (a: Times, b: Times) =>
  a.date === b.date && a.start_time < b.end_time && b.start_time < a.end_time;

/** Minutes since midnight, of a time such as `10:30`. */
export const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
export const todayOf = ({ now }: Clinic) => now.slice(0, 10);

/** The wall so many minutes later, seen from a wall such as `2026-03-02 09:00`. */
export const later = (wall: string, minutes: number) =>
  new Date(Date.parse(`${wall.replace(' ', 'T')}:00Z`) + minutes * 60_000)
    .toISOString()
    .slice(0, 16)
    .replace('T', ' ');

/** The ids of all slots of a visit, in order. */
export const slotsOf = ({ timeslot, further }: Visit): number[] =>
  timeslot === null ? [] : [timeslot, ...further];

export const holderOf = (clinic: Clinic, slot: Slot) =>
  clinic.visits.find((visit) => isActive(visit) && slotsOf(visit).includes(slot.id));

/** Whether a branch is closed on a day, by itself or with the whole clinic. */
export const isHoliday = (
  { holidays }: Clinic,
  { date, branch }: { date: string; branch: number },
): boolean => holidays.some((holiday) => holiday.date === date && (holiday.branch ?? branch) === branch);

/** Whether somebody can be seen in a branch, and in a room of it, now. */
export const isPlaceOpen = (
  { branches, rooms }: Clinic,
  { branch, room }: { branch: number; room: number | null },
): boolean =>
  branches.some(({ id, is_active }) => id === branch && is_active) &&
  !rooms.some(({ id, is_active }) => id === room && !is_active);

/** Whether a hold or an offer of it lasts. */
export const isHeld = (clinic: Clinic, { held_until }: Slot) =>
  held_until !== null && held_until > clinic.now;

/** The last day that patients can book. */
export const reachOf = ({ now, policy }: Clinic) =>
  policy.horizon_days === null ? '9999-12-31' : later(now, policy.horizon_days * 1_440).slice(0, 10);

/** Whether the waiting list keeps it: what no patient can book yet it keeps from patients only. */
export const isClaimed = (clinic: Clinic, slot: Slot) => slot.is_waitlisted && slot.date <= reachOf(clinic);

/** Whether somebody may have it, beside whether it is taken; null is anybody. */
export const isOpenTo = (clinic: Clinic, slot: Slot, patient: number | null) =>
  isHeld(clinic, slot) ? patient !== null && slot.held_by === patient : !isClaimed(clinic, slot);

export const isAvailable = (clinic: Clinic, slot: Slot) =>
  !hasBegun(clinic, slot) && !holderOf(clinic, slot) && !isHeld(clinic, slot) && !slot.is_waitlisted;

/** Whether somebody of a role could have it, as lists of what is free show it. */
export const isAvailableTo = (clinic: Clinic, slot: Slot, role: Role) =>
  !isOver(clinic, role, slot) &&
  !holderOf(clinic, slot) &&
  isOpenTo(clinic, slot, null) &&
  personOf(clinic, slot.doctor).is_active;
