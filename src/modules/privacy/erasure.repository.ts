import type { Tx } from '../../db/client.ts';
import { sql } from '../../db/drizzle.ts';
import type { Personal } from './personal.ts';

/**
 * Forgets what every module's tables hold of a person, beside their account and profile. The order is that of `personal`
 * (modules.ts): one statement of all that modules forget, then what each forgets after that.
 *
 * What is kept leads to nobody: that there were sessions, messages and notifications, and when; which terms were
 * accepted, and when, which is the clinic's proof; audit entries, and what happened to appointments, which name ids only.
 * Each module's `personal` says the rest.
 * @param key the server's, for what is disguised
 */
export async function eraseTraces(
  tx: Tx,
  person: number,
  key: string,
  personal: readonly Personal[],
): Promise<void> {
  const statements = personal
    .flatMap(({ erase }) => Object.entries(erase?.(person, key) ?? {}))
    .map(([name, statement]) => sql`${sql.identifier(name)} as (${statement})`);
  await tx.execute(sql`with ${sql.join(statements, sql`, `)} select`);
  for (const { eraseAfter } of personal) await eraseAfter?.(tx, person);
}
