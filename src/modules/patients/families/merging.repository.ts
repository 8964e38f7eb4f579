import type { Tx } from '../../../db/client.ts';
import { sql } from '../../../db/drizzle.ts';

/**
 * Family ties, and invitations to them, go over to the other record of the same person. Nobody is their own guardian. When a
 * tie ends is told anew where the duplicate had another day of birth.
 */
export async function moveTies(tx: Tx, { from, into }: { from: number; into: number }): Promise<void> {
  await tx.execute(sql`
    insert into guardianships (guardian_id, dependant_id, relationship, created_by, created_at, end_told_at)
    select case when guardian_id = ${from} then ${into} else guardian_id end,
      case when dependant_id = ${from} then ${into} else dependant_id end, relationship,
      case when created_by = ${from} then ${into} else created_by end, created_at,
      case when dependant_id = ${from} and (
        select i.date_of_birth <> f.date_of_birth from patient_profiles i, patient_profiles f
        where i.id = ${into} and f.id = ${from}) then null else end_told_at end
    from guardianships
    where ${from} in (guardian_id, dependant_id) and ${into} not in (guardian_id, dependant_id)
    on conflict do nothing`);
  await tx.execute(sql`delete from guardianships where ${from} in (guardian_id, dependant_id)`);
  await tx.execute(sql`update guardian_invitations set dependant_id = ${into} where dependant_id = ${from}`);
  await tx.execute(sql`update guardian_invitations set invited_by = ${into} where invited_by = ${from}`);
  await tx.execute(sql`update guardian_invitations set used_by = ${into} where used_by = ${from}`);
}
