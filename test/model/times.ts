import type { Clinic } from './clinic.ts';
import type { Draw } from './commands.ts';
import type { Filters } from './requests.ts';

/** Which days, times and pages a drawn number stands for. */

export const pick = <Row>(rows: readonly Row[], index: number): Row => {
  const row = rows[index % rows.length];
  if (row === undefined) throw new Error('nothing to pick from');
  return row;
};

export const clockOf = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

export const dayAfter = (date: string, days: number) =>
  new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);

export const today = ({ now }: Clinic) => now.slice(0, 10);

/** Half hours of this morning and the next two: coarse, so that much overlaps. Some have begun, some end too early. */
export function timesOf(clinic: Clinic, { time, other }: Draw) {
  const start = 9 * 60 + 30 + (time % 6) * 30;
  const length = pick([30, 30, 60, 60, 90, 0], other);
  const date = dayAfter(today(clinic), time >= 21 ? 2 : time >= 17 ? 1 : 0);
  return { date, start_time: clockOf(start), end_time: clockOf(start + length) };
}

export function daysOf(clinic: Clinic, { time }: Draw): Filters {
  const now = today(clinic);
  return pick<Filters>(
    [
      {},
      {},
      { date: now },
      { date: dayAfter(now, 1) },
      { from: now },
      { to: dayAfter(now, -1) },
      { from: dayAfter(now, -1), to: now },
    ],
    time,
  );
}

export const pageOf = ({ which }: Draw): Filters =>
  pick<Filters>(
    [{}, {}, { page: 1, page_size: 2 }, { page: 2, page_size: 2 }, { page: 9, page_size: 3 }],
    which,
  );

export const visitFilters = (clinic: Clinic, draw: Draw): Filters => ({
  ...daysOf(clinic, draw),
  ...pageOf(draw),
  ...pick<Filters>(
    [{}, {}, { status: 'pending' }, { status: 'confirmed' }, { status: 'cancelled' }, { status: 'expired' }],
    draw.other,
  ),
});
