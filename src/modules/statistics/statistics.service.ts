import { addDays, type Clock, daysBetween } from '../../core/clock.ts';
import { AppError, invalidField } from '../../core/errors.ts';
import { type Caller, sideOf } from '../../core/roles.ts';
import type { Locale } from '../../core/words.ts';
import { transaction } from '../../db/client.ts';
import { LONG_READ } from '../../db/limits.ts';
import type { MayLag } from '../../db/links/replica.ts';
import { countVisits, type StatisticsRowOf } from './statistics.repository.ts';
import {
  DAYS_MAX,
  DEFAULT_DAYS,
  type Grouping,
  type Measures,
  type Statistics,
  type StatisticsQuery,
  type StatisticsRow,
} from './statistics.schemas.ts';

export type StatisticsService = ReturnType<typeof createStatistics>;

export const createStatistics = ({ mayLag, clock }: { mayLag: MayLag; clock: Clock }) => ({
  /**
   * What became of slots and appointments: of the whole clinic for an admin, of their own for a doctor.
   * @param reader in whose alphabet doctors and specializations stand
   * @throws AppError invalid_input for a range that ends before it begins or is longer than DAYS_MAX
   */
  async count(query: StatisticsQuery, caller: Caller, reader: Locale): Promise<Statistics> {
    const { by, branch, to = clock.wall().date } = query;
    const { from = addDays(to, 1 - DEFAULT_DAYS) } = query;
    if (from > to) throw invalidField('to', 'range_reversed');
    if (daysBetween(from, to) > DAYS_MAX) {
      const params = { days: DAYS_MAX };
      throw new AppError('invalid_input', { fields: [{ path: 'to', code: 'range_too_long', params }] });
    }
    const doctor = sideOf(caller.role) === 'doctor' ? caller.id : undefined;
    const range = { from, to, doctor, branch, offsets: clock.offsets(from, to) };
    const counted = await mayLag((db) =>
      transaction(db, (tx) => countVisits(tx, by, range, reader), { statement: LONG_READ }),
    );
    const [total, ...rows] = counted;
    if (!total?.is_total) throw new Error('statistics came without their total');
    return { from, to, by, rows: rows.map((row) => toRow(by, row)), total: measuresOf(total) };
  },
});

function toRow(by: Grouping, row: StatisticsRowOf): StatisticsRow {
  const { period, doctor_id: id, first_name = null, last_name = null, specialization = null } = row;
  if (by === 'branch')
    return { branch: { id: row.branch_id ?? 0, name: row.branch_name ?? '' }, ...measuresOf(row) };
  if (by === 'hour') return { weekday: row.weekday ?? 1, hour: row.hour ?? 0, ...measuresOf(row) };
  if (by === 'specialization') return { specialization, ...measuresOf(row) };
  if (id !== undefined) return { doctor: { id, first_name, last_name }, ...measuresOf(row) };
  return { ...(period !== undefined && { period }), ...measuresOf(row) };
}

function measuresOf(row: StatisticsRowOf): Measures {
  const { published, booked, cancelled, late_cancelled, no_shows, completed, fill_rate } = row;
  const { median_lead_time_hours, expired } = row;
  return {
    published,
    booked,
    cancelled,
    late_cancelled,
    no_shows,
    completed,
    fill_rate,
    median_lead_time_hours,
    expired,
  };
}
