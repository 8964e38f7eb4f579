import { clientOf, type Tx } from '../../db/client.ts';
import { sql } from '../../db/drizzle.ts';

/**
 * The locks of the calendar, in the order in which everybody takes them: the holidays, then the doctor, then branches and
 * rooms, then visits, then slots. Who publishes a slot by hand holds the doctor's row in share. Who writes a week or an absence, or publishes from
 * the week, holds it alone: what they read next stays true until they commit.
 */

/** Keeps holidays as they are until the transaction ends. Any number of transactions may hold it. */
export async function lockHolidays(tx: Tx): Promise<void> {
  await tx.execute(sql`lock table holidays in share mode`);
}

/** Comes before a holiday is written. It waits for whoever publishes, and nobody publishes until the transaction ends. */
export async function lockForHoliday(tx: Tx): Promise<void> {
  await tx.execute(sql`lock table holidays in row exclusive mode`);
}

/** @returns false when nobody works here as this doctor, approved yet or not */
export const lockCalendar = (tx: Tx, doctor: number): Promise<boolean> =>
  lockDoctor(tx, doctor, { name: 'calendar.lock', is: 'is_active' });

/** Does the same for a doctor who may be deactivated and still have visits. @returns false when nobody is this doctor */
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

/**
 * Comes before the visits of a branch are locked for a holiday of it, as its foreign key would come after them: whoever closes
 * the branch has it locked and waits for visits. @returns whether there is such a branch
 */
export async function lockBranch(tx: Tx, branch: number): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'calendar.lock-branch',
    text: 'select from branches where id = $1 for key share',
    values: [branch],
  });
  return rowCount === 1;
}
