import { type Clock, spanOf } from '../core/clock.ts';
import type { Happened } from './log.ts';

/** What an event tells others: ids and times. A name, a phone or a reason stands in none. */
export interface EventBody {
  type: string;
  /** When it happened. */
  timestamp: string;
  data: {
    object: string;
    id: number | null;
    version: number | null;
    status: string | null;
    doctor: number | null;
    patient: number | null;
    branch: number | null;
    starts_at: string | null;
    ends_at: string | null;
  };
}

/** What a type is about, and which id it has. */
const OBJECTS: Record<string, [object: string, id: (event: Happened) => number | null | undefined]> = {
  appointment: ['appointment', ({ appointment_id }) => appointment_id],
  timeslot: ['timeslot', ({ timeslot_id }) => timeslot_id],
  waitlist: ['waitlist_entry', ({ details }) => details?.entry],
  absence: ['absence', ({ details }) => details?.absence],
  holiday: ['holiday', ({ details }) => details?.holiday],
  doctor: ['doctor', ({ doctor_id }) => doctor_id],
  user: ['user', ({ user_id }) => user_id],
  patient: ['patient', ({ patient_id }) => patient_id],
};

/** The id by which the world outside knows an event. */
export const messageIdOf = (epoch: string, id: number): string => `evt_${epoch}_${id}`;

/** An event as webhooks and streams tell it. */
export function bodyOf(event: Happened, clock: Pick<Clock, 'at'>): EventBody {
  const [object, idOf] = OBJECTS[event.type.split('.')[0] ?? ''] ?? ['unknown', () => null];
  const span = spanIn(event, clock);
  return {
    type: event.type,
    timestamp: event.at,
    data: {
      object,
      id: idOf(event) ?? null,
      version: event.version,
      status: event.status,
      doctor: event.doctor_id,
      patient: event.patient_id,
      branch: event.branch_id,
      starts_at: span?.starts_at.toISOString() ?? null,
      ends_at: span?.ends_at.toISOString() ?? null,
    },
  };
}

/** When that is of which an event tells; an absence may end days after it begins. */
function spanIn({ date, start_time, end_time, details }: Happened, clock: Pick<Clock, 'at'>) {
  if (date === null || start_time === null || end_time === null) return undefined;
  return spanOf({ date, start_time, end_time, to: details?.to }, clock);
}
