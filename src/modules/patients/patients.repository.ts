import { invalidField } from '../../core/errors.ts';
import { clientOf, type Executor, type Tx } from '../../db/client.ts';
import { and, eq, getTableColumns, isNull, sql } from '../../db/drizzle.ts';
import { planReminders } from '../../db/queue/jobs.ts';
import { patientProfiles, users } from '../../db/schema/index.ts';
import { query, statement } from '../../db/sql.ts';
import { isLookedAfter } from './families/guardians.sql.ts';

/** What a profile holds: a new column of the table is read, written and forgotten with the others. */
const { id: _, registered_by: _by, is_from_desk: _desk, ...columns } = getTableColumns(patientProfiles);
export const profileColumns = columns;
type Profile = Omit<typeof patientProfiles.$inferInsert, 'id'>;
const names = Object.keys(profileColumns) as (keyof Profile)[];

const profileOf = statement('patients.profile', () =>
  query
    .select({
      id: users.id,
      user: users.id,
      first_name: users.first_name,
      last_name: users.last_name,
      phone: users.phone,
      ...profileColumns,
    })
    .from(users)
    .innerJoin(patientProfiles, eq(patientProfiles.id, users.id))
    .where(and(eq(users.id, sql.placeholder('id')), isNull(users.deleted_at))),
);

export async function findProfile(executor: Executor, patient: number) {
  const [row] = await profileOf(executor, { id: patient });
  return row;
}

/** Writes the given fields of a profile, and makes the profile where there is none. */
export async function saveProfile(
  tx: Tx,
  patient: number,
  profile: { [Name in keyof Profile]: Profile[Name] | undefined },
) {
  const values = Object.fromEntries(names.map((name) => [name, profile[name]]));
  const given = Object.values(values).some((value) => value !== undefined);
  const insert = tx.insert(patientProfiles).values({ id: patient, ...values });
  await (given
    ? insert.onConflictDoUpdate({ target: patientProfiles.id, set: values })
    : insert.onConflictDoNothing());
}

/** Whether others look after them until a birthday. */
async function needsBirthday(tx: Tx, patient: number, adult: string): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'patients.needs-birthday',
    text: `select where ${isLookedAfter('$1', '$2')}`,
    values: [patient, adult],
  });
  return rowCount === 1;
}

/**
 * Writes the given fields of a profile that may be there, of somebody who is locked. A corrected day of birth moves the day on
 * which others look after them no more: that is told anew, and whoever looks after them by it is reminded of their visits. An
 * empty one would end that in silence.
 * @param where.adult the latest day of birth of adults
 * @param where.path of the day of birth, in what was asked for
 * @throws AppError invalid_input (needed_by_guardians)
 */
export async function correctProfile(
  tx: Tx,
  patient: number,
  profile: Parameters<typeof saveProfile>[2],
  { adult, path = 'date_of_birth' }: { adult: string; path?: string },
): Promise<void> {
  const born = profile.date_of_birth;
  if (born === null && (await needsBirthday(tx, patient, adult)))
    throw invalidField(path, 'needed_by_guardians');
  const { rowCount } = born
    ? await tx.execute(sql`
        update guardianships g set end_told_at = null from patient_profiles p
        where g.dependant_id = ${patient} and p.id = g.dependant_id and p.date_of_birth is distinct from ${born}`)
    : { rowCount: 0 };
  await saveProfile(tx, patient, profile);
  if (rowCount) await planReminders(tx, patient);
}

/** Makes the profile of somebody whom the desk registers. */
export async function insertFromDesk(
  tx: Tx,
  patient: number,
  profile: { [Name in 'date_of_birth' | 'gender']?: Profile[Name] | undefined },
  registered_by: number,
): Promise<void> {
  const { date_of_birth, gender } = profile;
  await tx
    .insert(patientProfiles)
    .values({ id: patient, date_of_birth, gender, registered_by, is_from_desk: true });
}

/** What a record does not say itself, its duplicate says. */
export async function fillProfile(tx: Tx, { from, into }: { from: number; into: number }): Promise<void> {
  await tx.execute(sql`
    update patient_profiles i set date_of_birth = coalesce(i.date_of_birth, f.date_of_birth),
      gender = coalesce(i.gender, f.gender), is_from_desk = i.is_from_desk or f.is_from_desk
    from patient_profiles f where i.id = ${into} and f.id = ${from}`);
  await tx.execute(sql`
    update patient_profiles set registered_by = ${into}
    where registered_by = ${from} and id in (select dependant_id from guardianships where guardian_id = ${into})`);
}

/** Forgets what is personal; the row stays for the appointments that name it. */
export async function eraseProfile(tx: Tx, patient: number): Promise<void> {
  await tx
    .update(patientProfiles)
    .set(Object.fromEntries(names.map((name) => [name, null])))
    .where(eq(patientProfiles.id, patient));
}
