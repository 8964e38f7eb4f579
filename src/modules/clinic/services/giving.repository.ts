import { clientOf, type Executor, type Tx } from '../../../db/client.ts';
import { and, eq, inArray, not, sql } from '../../../db/drizzle.ts';
import { doctorServices, services } from '../../../db/schema/index.ts';
import { serviceMinutes, servicePrice } from '../../availability/services.sql.ts';
import type { GivenService } from './giving.schemas.ts';

/** What a doctor gives, by id. */
export async function listGiven(executor: Executor, doctor: number): Promise<GivenService[]> {
  const { rows } = await clientOf(executor).query<GivenService>({
    name: 'services.given',
    text: `
      select v.id as service, v.name, ${serviceMinutes} as duration_minutes, ${servicePrice},
        g.duration_minutes is not null as has_own_duration, g.has_own_price, v.is_active
      from doctor_services g join services v on v.id = g.service_id where g.doctor_id = $1 order by v.id`,
    values: [doctor],
  });
  return rows;
}

/** Which of these services there are: nobody deletes them until the transaction ends. */
export async function keepServices(tx: Tx, ids: readonly number[]): Promise<number[]> {
  if (ids.length === 0) return [];
  const found = await tx
    .select({ id: services.id })
    .from(services)
    .where(inArray(services.id, [...ids]))
    .orderBy(services.id)
    .for('key share');
  return found.map(({ id }) => id);
}

interface Giving {
  service_id: number;
  duration_minutes: number | null;
  has_own_price: boolean;
  price: number | null;
  currency: string | null;
}

/** Whoever writes what a doctor gives at the same time comes before or after. */
export async function lockGiven(tx: Tx, doctor: number): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('doctor_services', ${doctor}))`);
}

/** Writes what a doctor gives in place of what they gave. `lockGiven` comes before. */
export async function replaceGiven(tx: Tx, doctor: number, given: readonly Giving[]): Promise<void> {
  const ids = given.map(({ service_id }) => service_id);
  const others = ids.length > 0 ? not(inArray(doctorServices.service_id, ids)) : undefined;
  await tx.delete(doctorServices).where(and(eq(doctorServices.doctor_id, doctor), others));
  if (given.length === 0) return;
  await tx
    .insert(doctorServices)
    .values(given.map((row) => ({ doctor_id: doctor, ...row })))
    .onConflictDoUpdate({
      target: [doctorServices.doctor_id, doctorServices.service_id],
      set: {
        duration_minutes: sql`excluded.duration_minutes`,
        has_own_price: sql`excluded.has_own_price`,
        price: sql`excluded.price`,
        currency: sql`excluded.currency`,
      },
    });
}
