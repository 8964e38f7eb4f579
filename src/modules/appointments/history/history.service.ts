import { AppError } from '../../../core/errors.ts';
import type { Db } from '../../../db/client.ts';
import { type HistoryRow, listHistory } from './history.repository.ts';
import { type AppointmentEvent, HISTORY_LIMIT } from './history.schemas.ts';

/** An event, with whose visit it is. The audit needs that, and the answer leaves it out. */
export type KnownEvent = AppointmentEvent & Pick<HistoryRow, 'appointment' | 'patient'>;

export const createHistory = ({ db }: { db: Db }) => ({
  /**
   * What happened to an appointment, oldest first. Of more than HISTORY_LIMIT events, the booking and the last ones.
   * @throws AppError appointment_not_found
   */
  async list(appointment: number): Promise<KnownEvent[]> {
    const rows = await listHistory(db, appointment, HISTORY_LIMIT);
    if (rows.length === 0) throw new AppError('appointment_not_found');
    return rows.map(({ by_id, by_role, by_first_name, by_last_name, ...event }) => ({
      ...event,
      by:
        by_id === null || by_role === null
          ? null
          : { id: by_id, role: by_role, first_name: by_first_name, last_name: by_last_name },
    }));
  },
});
