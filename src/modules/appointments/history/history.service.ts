import { AppError } from '../../../core/errors.ts';
import { type Caller, sideOf } from '../../../core/roles.ts';
import type { Db } from '../../../db/client.ts';
import type { EventReader } from '../../../events/reading.ts';
import { copyEvents, type HistoryRow, listHistory } from './history.repository.ts';
import { type AppointmentEvent, HISTORY_LIMIT } from './history.schemas.ts';

/** An event, with whose visit it is. The audit needs that, and the answer leaves it out. */
export type KnownEvent = AppointmentEvent & Pick<HistoryRow, 'appointment' | 'patient'>;

/**
 * Of what happened before a visit was found to be theirs a patient is told nothing, nor whose it was: that is somebody
 * else's.
 */
function eventsFor(rows: HistoryRow[], { role }: Caller): HistoryRow[] {
  if (sideOf(role) !== 'patient') return rows;
  return rows
    .filter(({ is_of_another }) => !is_of_another)
    .map((row) => (row.kind === 'patient_changed' ? { ...row, details: {} } : row));
}

export const createHistory = ({ db }: { db: Db }) => ({
  /**
   * What happened to an appointment, oldest first. Of more than HISTORY_LIMIT events, the booking and the last ones.
   * @param caller whose patients hear nothing of the time when it was somebody else's
   * @throws AppError appointment_not_found
   */
  async list(appointment: number, caller: Caller): Promise<KnownEvent[]> {
    const rows = await listHistory(db, appointment, HISTORY_LIMIT);
    if (rows.length === 0) throw new AppError('appointment_not_found');
    return eventsFor(rows, caller).map(
      ({ by_id, by_role, by_first_name, by_last_name, is_of_another, ...event }) => ({
        ...event,
        by:
          by_id === null || by_role === null
            ? null
            : { id: by_id, role: by_role, first_name: by_first_name, last_name: by_last_name },
      }),
    );
  },
});

/** Keeps what happened to appointments for as long as they live: the log itself forgets. */
export const historyReader: EventReader = {
  name: 'history',
  types: [
    'appointment.confirmed',
    'appointment.cancelled',
    'appointment.moved',
    'appointment.expired',
    'appointment.arrived',
    'appointment.completed',
    'appointment.no_show',
    'appointment.mark_taken_back',
    'appointment.patient_corrected',
  ],
  quiet: true,
  read: async (events) => (tx) =>
    copyEvents(
      tx,
      events.map(({ id }) => id),
    ),
};
