import { addDays, type Clock, hasBegun, type WallTime } from '../../core/clock.ts';
import { type Role, worksHere } from '../../core/roles.ts';
import type { LateCancellation } from '../../core/words.ts';

/** What the clinic asks of patients who book; it does not bind staff. */
export interface Policy {
  /** How long before its start a patient may still book a slot. */
  min_notice_minutes: number;
  /** How many days ahead a patient may book; null is as far as slots are published. */
  horizon_days: number | null;
  /** Until how long before its start a patient may cancel. */
  cancel_deadline_minutes: number;
  /** What becomes of a cancellation after that. */
  late_cancellation: LateCancellation;
  /** How many appointments that lie ahead a patient may have; null is any number. */
  active_appointments_max: number | null;
  hold_minutes: number;
  offer_minutes: number;
  /** Bookings are confirmed at once. */
  auto_confirm: boolean;
  /** Whoever books a doctor who gives services names one of them; this binds staff as well. */
  service_required: boolean;
  /** Patients may move a visit to another doctor of its service or specialization. */
  move_between_doctors: boolean;
}

/** Where the policy in force comes from. */
export interface PolicySource {
  policy: () => Policy | Promise<Policy>;
}

/** The policy of a clinic that asks for nothing. */
export const OPEN_POLICY: Policy = {
  min_notice_minutes: 0,
  horizon_days: null,
  cancel_deadline_minutes: 0,
  late_cancellation: 'record',
  active_appointments_max: null,
  hold_minutes: 5,
  offer_minutes: 15,
  auto_confirm: false,
  service_required: false,
  move_between_doctors: false,
};

/** Which slots somebody can have at this moment, and how many. */
export interface Bounds {
  now: Date;
  /** The clinic's wall clock: nobody can have a slot that has begun by it. */
  wall: WallTime;
  /** A slot must start after this, unless it is held for whoever asks. */
  after: WallTime;
  /** The last day on which it may be. */
  until: string;
  /**
   * The last day that patients can book, whoever asks. The waiting list is offered what lies beyond it later, and keeps it
   * from patients only.
   */
  reach: string;
  /** A slot that has begun can be had until its end. */
  running: boolean;
  /** How many appointments that lie ahead one may have; null is any number. */
  active_max: number | null;
}

/** The last day where the policy has no horizon. */
export const LAST_DAY = '9999-12-31';

/** The last day that patients can book on a day. */
export const reachOn = (day: string, { horizon_days }: Policy): string =>
  horizon_days === null ? LAST_DAY : addDays(day, horizon_days);

/**
 * Which slots somebody may take now. Staff may take whatever is not over, so that whoever walks in is seen in the slot that
 * runs. For patients the clinic's policy decides.
 */
export function boundsFor(role: Role, policy: Policy, clock: Clock): Bounds {
  const [now, wall] = [clock.now(), clock.wall()];
  const { min_notice_minutes, active_appointments_max } = policy;
  const reach = reachOn(wall.date, policy);
  if (worksHere(role))
    return { now, wall, after: wall, until: LAST_DAY, reach, running: true, active_max: null };
  // A second less: a slot that begins in just so many minutes can still be had.
  const notice = new Date(now.getTime() + min_notice_minutes * 60_000 - 1_000);
  return {
    now,
    wall,
    after: min_notice_minutes > 0 ? clock.wallBy(notice) : wall,
    until: reach,
    reach,
    running: false,
    active_max: active_appointments_max,
  };
}

/** Which of a patient's bounds a slot does not keep, though staff may have it. @param slot `start_time` as HH:MM */
export function beyond(
  slot: { date: string; start_time: string },
  { wall, after, until }: Bounds,
): ('slot_in_past' | 'too_soon' | 'too_far_ahead')[] {
  if (hasBegun(slot, wall)) return ['slot_in_past'];
  return [
    ...(hasBegun(slot, after) ? (['too_soon'] as const) : []),
    ...(slot.date > until ? (['too_far_ahead'] as const) : []),
  ];
}
