import type { consentDocuments } from '../../core/words.ts';
import type { Db, Tx } from '../../db/client.ts';
import { eq, sql } from '../../db/drizzle.ts';
import { consents } from '../../db/schema/index.ts';

export interface Consent {
  document: (typeof consentDocuments)[number];
  version: string;
}

/**
 * What is accepted again changes nothing. Only where a guardian has accepted for somebody, their own word takes its place: it is
 * theirs from then on.
 */
const IN_PLACE = sql.raw('consents.accepted_by is not null and excluded.accepted_by is null');

/**
 * Keeps what a person has accepted, or their guardian for them.
 * @param by the guardian
 * @returns the documents of which they had not accepted this version before
 */
export async function insertConsents(
  tx: Tx,
  person: number,
  accepted: readonly Consent[],
  at: Date,
  by?: number,
): Promise<Consent['document'][]> {
  const accepted_at = at.toISOString();
  const fresh = await tx
    .insert(consents)
    .values(
      accepted.map((consent) => ({ user_id: person, ...consent, accepted_at, accepted_by: by ?? null })),
    )
    .onConflictDoUpdate({
      target: [consents.user_id, consents.document, consents.version],
      set: { accepted_at, accepted_by: null },
      setWhere: IN_PLACE,
    })
    .returning({ document: consents.document });
  return fresh.map(({ document }) => document);
}

/** Versions of documents that were accepted, oldest first: a handful. */
export const listConsents = (db: Db, person: number) =>
  db
    .select({ document: consents.document, version: consents.version, accepted_at: consents.accepted_at })
    .from(consents)
    .where(eq(consents.user_id, person))
    .orderBy(consents.accepted_at, consents.document);

/** What somebody has accepted by either of their records they have accepted. */
export async function moveConsents(tx: Tx, { from, into }: { from: number; into: number }): Promise<void> {
  await tx.execute(sql`
    insert into consents (user_id, document, version, accepted_at, accepted_by)
    select ${into}, document, version, accepted_at, accepted_by from consents where user_id = ${from}
    on conflict (user_id, document, version) do update
      set accepted_at = excluded.accepted_at, accepted_by = excluded.accepted_by where ${IN_PLACE}`);
  await tx.execute(sql`delete from consents where user_id = ${from}`);
  await tx.execute(sql`
    update consents set accepted_by = ${into} where accepted_by = ${from} and user_id in (
      select dependant_id from guardianships where guardian_id in (${from}, ${into}))`);
}
