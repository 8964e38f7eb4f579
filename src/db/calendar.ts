import { clientOf, type Tx } from './client.ts';
import { sql } from './drizzle.ts';

/**
 * The locks of a doctor's calendar. Who publishes a slot by hand holds the doctor's row in share; who writes a week or an
 * absence, or publishes from the week, holds it alone, so that what they read next stays true until they commit. The
 * holidays are locked before any doctor, and before any visit or slot.
 */

/** @returns false when nobody works here as this doctor, let in yet or not */
export const lockCalendar = (tx: Tx, doctor: number): Promise<boolean> =>
  lockDoctor(tx, doctor, { name: 'calendar.lock', is: 'is_active' });

/** The same of a doctor who may be out, and has visits still. @returns false when nobody is this doctor */
export const lockLeftCalendar = (tx: Tx, doctor: number): Promise<boolean> =>
  lockDoctor(tx, doctor, { name: 'calendar.lock-left', is: 'deleted_at is null' });

async function lockDoctor(tx: Tx, doctor: number, { name, is }: { name: string; is: string }) {
  const { rowCount } = await clientOf(tx).query({
    name,
    text: `select from users where id = $1 and role = 'doctor' and ${is} for no key update`,
    values: [doctor],
  });
  return rowCount === 1;
}

/** Keeps holidays as they are until the transaction ends; any number may hold it. */
export async function lockHolidays(tx: Tx): Promise<void> {
  await tx.execute(sql`lock table holidays in share mode`);
}

/** Before a holiday is written: whoever publishes is waited for, and nobody publishes until the transaction ends. */
export async function lockForHoliday(tx: Tx): Promise<void> {
  await tx.execute(sql`lock table holidays in row exclusive mode`);
}
