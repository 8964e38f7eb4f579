import type { consentDocuments } from '../../core/words.ts';
import type { Db, Tx } from '../../db/client.ts';
import { eq, sql } from '../../db/drizzle.ts';
import { consents } from '../../db/schema/index.ts';

export interface Consent {
  document: (typeof consentDocuments)[number];
  version: string;
}

/**
 * Keeps what a person has accepted, or their guardian for them; accepting the same version again changes nothing.
 * @param by the guardian
 * @returns the documents of which this version had not been accepted before
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
    .onConflictDoNothing()
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
    on conflict do nothing`);
  await tx.execute(sql`delete from consents where user_id = ${from}`);
  await tx.execute(sql`
    update consents set accepted_by = ${into} where accepted_by = ${from} and user_id in (
      select dependant_id from guardianships where guardian_id in (${from}, ${into}))`);
}
