import { invalidField } from '../../core/errors.ts';
import type { Page, PageRequest } from '../../core/page.ts';
import { photoOf } from '../../core/photos.ts';
import type { Locale } from '../../core/words.ts';
import type { Db, Executor, Tx } from '../../db/client.ts';
import { and, eq, isNull, type SQL, sql } from '../../db/drizzle.ts';
import { countUpToLimit, fetchPage, limit, offset } from '../../db/page.ts';
import { doctorProfiles, users } from '../../db/schema/index.ts';
import { byName, finds } from '../../db/search.ts';
import { query, statement } from '../../db/sql.ts';
import { isDoctorHere, isLetIn } from '../availability/people.sql.ts';
import type { Doctor } from './doctors.schemas.ts';
import { removeLater } from './photos/photos.repository.ts';
import { lockNamed } from './specializations/specializations.repository.ts';

const fields = {
  id: users.id,
  first_name: users.first_name,
  last_name: users.last_name,
  specialization: doctorProfiles.specialization,
  specialization_id: doctorProfiles.specialization_id,
  experience_years: doctorProfiles.experience_years,
  gender: doctorProfiles.gender,
  photo: doctorProfiles.photo,
};

/** As a profile is shown: its photo by its addresses. */
const shown = <Row extends { photo: string | null }>(row: Row) => ({ ...row, photo: photoOf(row.photo) });

/** Who stands in the directory and can be booked: an active doctor who was let in. */
const isDoctor = sql.raw(isDoctorHere('users'));
const isIn = sql.raw(isLetIn('doctor_profiles'));
const listed = and(isDoctor, isIn);

interface Filters {
  search: readonly string[];
  specialization?: string | undefined;
  reader: Locale;
}

/** One page of the directory by name. Every searched word must stand in the name or the specialization. */
export async function listDoctors(
  db: Db,
  { search, specialization, reader }: Filters,
  page: PageRequest,
): Promise<Page<Doctor>> {
  const name = `doctors.list:${reader}:${search.length}:${specialization ? 'specialization' : ''}`;
  const list = statement(name, () => {
    // The two halves of a search stand in two tables: each is asked through its own trigram index.
    const matches = (word: SQL) => sql`(
      select id from users where role = 'doctor'
        and ${finds(sql`search_text(coalesce(first_name, '') || ' ' || coalesce(last_name, ''))`, word, 'once')}
      union
      select id from doctor_profiles where ${finds(sql`search_text(coalesce(specialization, ''))`, word, 'once')})`;
    // Both the page and its count ask for what was found: it is looked for once, and not for each doctor anew.
    const found = query.$with('found', { id: users.id }).as(
      sql.join(
        search.map((_, index) => matches(sql`${sql.placeholder(`word${index}`)}`)),
        sql` intersect `,
      ),
    );
    const begun = search.length > 0 ? query.with(found) : query;
    const narrowed = [
      search.length > 0 ? sql`${users.id} in (select id from found)` : undefined,
      specialization
        ? sql`${users.id} in (select id from doctor_profiles
            where search_fold(specialization) = (select specialization_fold(${sql.placeholder('specialization')})))`
        : undefined,
    ];
    const matching = query
      .select({ one: sql`1` })
      .from(users)
      .innerJoin(doctorProfiles, eq(doctorProfiles.id, users.id))
      .where(and(listed, ...narrowed));
    // With a limit of one it is read for one doctor after another, in the order of the index of names: to join them all at
    // once the server would sort them all.
    const profile = query
      .select({
        specialization: doctorProfiles.specialization,
        specialization_id: doctorProfiles.specialization_id,
        experience_years: doctorProfiles.experience_years,
        gender: doctorProfiles.gender,
        photo: doctorProfiles.photo,
      })
      .from(doctorProfiles)
      .where(and(eq(doctorProfiles.id, users.id), isIn))
      .limit(1)
      .as('profile');
    return begun
      .select({
        id: users.id,
        first_name: users.first_name,
        last_name: users.last_name,
        specialization: profile.specialization,
        specialization_id: profile.specialization_id,
        experience_years: profile.experience_years,
        gender: profile.gender,
        photo: profile.photo,
        count: countUpToLimit(matching),
      })
      .from(users)
      .crossJoinLateral(profile)
      .where(and(isDoctor, ...narrowed))
      .orderBy(byName(users.last_name, reader), byName(users.first_name, reader), users.id)
      .limit(limit)
      .offset(offset);
  });
  const words = Object.fromEntries(search.map((word, index) => [`word${index}`, word]));
  const found = await fetchPage(page, (window) => list(db, { ...words, specialization, ...window }));
  return { ...found, rows: found.rows.map(shown) };
}

const id = sql.placeholder('id');

const find = statement('doctors.find', () =>
  query
    .select(fields)
    .from(users)
    .innerJoin(doctorProfiles, eq(doctorProfiles.id, users.id))
    .where(and(eq(users.id, id), listed)),
);

/** A doctor of the directory. */
export async function findDoctor(db: Db, doctor: number): Promise<Doctor | undefined> {
  const [row] = await find(db, { id: doctor });
  return row && shown(row);
}

/** Whether somebody works here as a doctor, let in yet or not. */
export async function isActiveDoctor(db: Db, doctor: number): Promise<boolean> {
  const rows = await db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, doctor), isDoctor));
  return rows.length > 0;
}

const profileOf = statement('doctors.profile', () =>
  query
    .select({ ...fields, user: users.id, approved_at: doctorProfiles.approved_at })
    .from(users)
    .innerJoin(doctorProfiles, eq(doctorProfiles.id, users.id))
    .where(and(eq(users.id, id), isNull(users.deleted_at))),
);

/** A doctor's own profile. */
export async function findProfile(executor: Executor, doctor: number) {
  const [row] = await profileOf(executor, { id: doctor });
  return row && shown(row);
}

type Columns = Pick<typeof doctorProfiles.$inferInsert, 'specialization' | 'experience_years' | 'gender'>;

/**
 * Writes the given fields of a profile, and makes the profile where there is none. The clinic's list spells the
 * specialization; one that is not in it is added, if its writer may.
 * @param options.waiting whether a new profile waits for an admin's approval
 * @param options.field where the specialization stands in the request of whoever may not add one; null for an admin
 * @throws AppError invalid_input (unknown_specialization)
 */
export async function saveProfile(
  tx: Tx,
  doctor: number,
  profile: { [Name in keyof Columns]: Columns[Name] | undefined },
  { waiting = false, field = null }: { waiting?: boolean; field?: string | null } = {},
): Promise<void> {
  const { specialization, experience_years, gender } = profile;
  const values = { specialization, experience_years, gender };
  // Before the profile itself, as whoever renames or joins specializations does.
  const known = specialization == null || (await lockNamed(tx, specialization)) !== undefined;
  if (!known && field !== null) throw invalidField(field, 'unknown_specialization');
  const given = Object.values(values).some((value) => value !== undefined);
  const insert = tx
    .insert(doctorProfiles)
    .values({ id: doctor, ...values, ...(waiting && { approved_at: null }) });
  await (given
    ? insert.onConflictDoUpdate({ target: doctorProfiles.id, set: values })
    : insert.onConflictDoNothing());
}

/** @returns whether they had been waiting for it */
export async function approve(tx: Tx, doctor: number, at: Date): Promise<boolean> {
  const approved = await tx
    .update(doctorProfiles)
    .set({ approved_at: at.toISOString() })
    .where(and(eq(doctorProfiles.id, doctor), isNull(doctorProfiles.approved_at)))
    .returning({ id: doctorProfiles.id });
  return approved.length > 0;
}

/**
 * Forgets what is personal; the row stays for the appointments that name it, and the specialization for the patients,
 * to whom it says which visit that was. The files of a photo go once this has committed.
 */
export async function eraseProfile(tx: Tx, doctor: number): Promise<void> {
  // Nobody puts another photo meanwhile: that locks the person, as whoever erases them has done.
  const { rows } = await tx.execute<{ photo: string }>(sql`
    with before as (
      select photo from doctor_profiles where id = ${doctor}
    ), erased as (
      update doctor_profiles set experience_years = null, gender = null, photo = null where id = ${doctor}
    )
    select photo from before where photo is not null`);
  for (const { photo } of rows) await removeLater(tx, photo);
}
