import { createHmac } from 'node:crypto';
import { deriveKey } from '../../src/core/keys.ts';
import { type TestApp, testConfig } from './app.ts';

/** A code by which a record can be claimed, as if it had been sent: it takes the place of the one before it. */
export async function insertClaimCode(
  { db, clock }: Pick<TestApp, 'db' | 'clock'>,
  { record, phone, code }: { record: number; phone: string; code: string },
): Promise<void> {
  const hash = createHmac('sha256', deriveKey(testConfig.jwt_secret ?? '', 'codes'))
    .update(`${record}:claim_record:${code}`)
    .digest();
  const now = clock.now();
  await db.$client.query(
    `insert into codes (user_id, purpose, destination, code_hash, created_at, expires_at)
     values ($1, 'claim_record', $2, $3, $4, $5)
     on conflict (user_id, purpose) where ended_at is null do update set destination = excluded.destination,
       code_hash = excluded.code_hash, created_at = excluded.created_at, expires_at = excluded.expires_at, tries = 0`,
    [record, phone, hash, now, new Date(now.getTime() + 300_000)],
  );
}
