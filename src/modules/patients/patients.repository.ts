import type { Executor, Tx } from '../../db/client.ts';
import { and, eq, isNull, sql } from '../../db/drizzle.ts';
import { patientProfiles, users } from '../../db/schema/index.ts';
import { query, statement } from '../../db/sql.ts';

const profileOf = statement('patients.profile', () =>
  query
    .select({
      id: users.id,
      user: users.id,
      first_name: users.first_name,
      last_name: users.last_name,
      phone: users.phone,
      date_of_birth: patientProfiles.date_of_birth,
      gender: patientProfiles.gender,
    })
    .from(users)
    .innerJoin(patientProfiles, eq(patientProfiles.id, users.id))
    .where(and(eq(users.id, sql.placeholder('id')), isNull(users.deleted_at))),
);

export async function findProfile(executor: Executor, patient: number) {
  const [row] = await profileOf(executor, { id: patient });
  return row;
}

type Columns = Pick<typeof patientProfiles.$inferInsert, 'date_of_birth' | 'gender'>;

/** Writes the given fields of a profile, and makes the profile where there is none. */
export async function saveProfile(
  tx: Tx,
  patient: number,
  profile: { [Name in keyof Columns]: Columns[Name] | undefined },
) {
  const { date_of_birth, gender } = profile;
  const values = { date_of_birth, gender };
  const given = Object.values(values).some((value) => value !== undefined);
  const insert = tx.insert(patientProfiles).values({ id: patient, ...values });
  await (given
    ? insert.onConflictDoUpdate({ target: patientProfiles.id, set: values })
    : insert.onConflictDoNothing());
}

/** Forgets what is personal; the row stays for the appointments that name it. */
export async function eraseProfile(tx: Tx, patient: number): Promise<void> {
  await tx
    .update(patientProfiles)
    .set({ date_of_birth: null, gender: null })
    .where(eq(patientProfiles.id, patient));
}
