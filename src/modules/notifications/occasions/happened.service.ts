import type { EventType } from '../../../core/events.ts';
import { activeStatuses } from '../../../core/words.ts';
import type { Happened } from '../../../events/log.ts';
import type { AppointmentEvent } from './occasions.schemas.ts';

/** What the log notes of visits that people are told. */
const NAMES: Partial<Record<EventType, AppointmentEvent['event']>> = {
  'appointment.booked': 'booked',
  'appointment.confirmed': 'confirmed',
  'appointment.cancelled': 'cancelled',
  'appointment.moved': 'moved',
  'appointment.expired': 'expired',
};
export const toldTypes = Object.keys(NAMES) as EventType[];

/**
 * What is told of an event of the log, with the time and the version that the visit had then.
 * @returns undefined where nobody is told: a visit that its patient's arrival confirms, since they stand there
 */
export function toldOf(happened: Happened): AppointmentEvent | undefined {
  const { type, appointment_id: appointment, version, status, by, date, start_time, details } = happened;
  const event = NAMES[type];
  const active = activeStatuses.find((one) => one === status);
  if (!event || appointment === null || version === null || date === null || start_time === null)
    return undefined;
  if (event === 'confirmed' && details?.arrived) return undefined;
  return {
    appointment,
    event,
    version,
    by,
    to: { date, start_time },
    ...(active && { status: active }),
    ...(details?.was && { was: details.was }),
    ...(event === 'moved' &&
      details?.from && { from: { date: details.from.date, start_time: details.from.start_time } }),
    ...(details?.from_doctor !== undefined && { from_doctor: details.from_doctor }),
  };
}
