import type { Db, Tx } from '../../../db/client.ts';
import { and, eq, inArray, isNull } from '../../../db/drizzle.ts';
import { addJob } from '../../../db/queue/jobs.ts';
import { doctorProfiles, users } from '../../../db/schema/index.ts';

const isThere = (person: number) => and(eq(users.id, person), isNull(users.deleted_at));
const isDoctor = (doctor: number) => and(isThere(doctor), eq(users.role, 'doctor'));

/** Whether somebody is a doctor, whether or not they may sign in or be booked. */
export async function isAnyDoctor(db: Db, doctor: number): Promise<boolean> {
  const rows = await db.select({ id: users.id }).from(users).where(isDoctor(doctor));
  return rows.length > 0;
}

/**
 * The name of a doctor's photo, null where there is none. Locks the person, as their erasure does, then the profile.
 * @param former also of whoever was a doctor: their profile stays, and its photo is served until it is removed
 * @returns undefined for whoever is no doctor
 */
export async function lockPhoto(
  tx: Tx,
  doctor: number,
  { former }: { former: boolean },
): Promise<{ photo: string | null } | undefined> {
  const [row] = await tx
    .select({ photo: doctorProfiles.photo })
    .from(users)
    .innerJoin(doctorProfiles, eq(doctorProfiles.id, users.id))
    .where(former ? isThere(doctor) : isDoctor(doctor))
    .for('no key update');
  return row;
}

export async function setPhoto(tx: Tx, doctor: number, photo: string | null): Promise<void> {
  await tx.update(doctorProfiles).set({ photo }).where(eq(doctorProfiles.id, doctor));
}

/** Has the files of a photo removed, once and if this commits. */
export const removeLater = (tx: Tx, photo: string): Promise<void> =>
  addJob(tx, { task: 'remove_photo', payload: { photo } });

/** Which of these photos are anybody's. */
export async function namedOf(db: Db, photos: readonly string[]): Promise<Set<string>> {
  const rows = await db
    .select({ photo: doctorProfiles.photo })
    .from(doctorProfiles)
    .where(inArray(doctorProfiles.photo, [...photos]));
  return new Set(rows.flatMap(({ photo }) => photo ?? []));
}
