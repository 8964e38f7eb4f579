import type { PageRequest } from '../../core/page.ts';
import type { Role } from '../../core/roles.ts';
import type { Db, Executor, Tx } from '../../db/client.ts';
import { and, desc, eq, isNull, ne, not, type SQL, sql } from '../../db/drizzle.ts';
import { countUpToLimit, fetchPage, isOnPage, pageOf } from '../../db/page.ts';
import { doctorProfiles, patientProfiles, users } from '../../db/schema/index.ts';
import { finds } from '../../db/search.ts';
import { query, statement, UNNAMED } from '../../db/sql.ts';
import type { User } from './user.schemas.ts';
import { hasNoSignIn } from './users.rules.ts';

/** What is shown of a person: a new column is shown once it stands here. */
const fields = {
  id: users.id,
  username: users.username,
  role: users.role,
  is_active: users.is_active,
  first_name: users.first_name,
  last_name: users.last_name,
  email: users.email,
  phone: users.phone,
  phone_verified_at: users.phone_verified_at,
  email_verified_at: users.email_verified_at,
  locale: users.locale,
  created_at: users.created_at,
  specialization: doctorProfiles.specialization,
  experience_years: doctorProfiles.experience_years,
  doctor_gender: doctorProfiles.gender,
  approved_at: doctorProfiles.approved_at,
  date_of_birth: patientProfiles.date_of_birth,
  patient_gender: patientProfiles.gender,
};

const withProfiles = () =>
  query
    .select(fields)
    .from(users)
    .leftJoin(doctorProfiles, eq(doctorProfiles.id, users.id))
    .leftJoin(patientProfiles, eq(patientProfiles.id, users.id));

type Row = ReturnType<typeof withProfiles>['_']['result'][number];

function toUser(row: Row): User {
  const { specialization, experience_years, doctor_gender, approved_at, ...others } = row;
  const { date_of_birth, patient_gender, ...user } = others;
  const { id, phone, username } = user;
  const profiles = {
    admin: null,
    receptionist: null,
    doctor: { id, specialization, experience_years, gender: doctor_gender, approved_at },
    patient: { id, phone, date_of_birth, gender: patient_gender },
  };
  return { ...user, username: hasNoSignIn(username) ? null : username, profile: profiles[user.role] };
}

const id = sql.placeholder('id');

const find = statement('users.find', () =>
  withProfiles().where(and(eq(users.id, id), isNull(users.deleted_at))),
);

export async function findUser(executor: Executor, user: number): Promise<User | undefined> {
  const [row] = await find(executor, { id: user });
  return row && toUser(row);
}

/** Over the table of users alone, which is all that is counted; those who wait have an index of their own. */
const isDoctor = ({ approved }: { approved: boolean }) => sql`(${users.role} = 'doctor' and ${users.id} in (
  select id from doctor_profiles where approved_at is ${sql.raw(approved ? 'not null' : 'null')}))`;

interface Filters {
  role?: Role | undefined;
  is_active?: boolean | undefined;
  approved?: boolean | undefined;
  search?: readonly string[] | undefined;
}

/** One page of users, newest first. */
export async function listUsers(db: Db, filters: Filters, page: PageRequest) {
  const words = filters.search ?? [];
  const name = `users.list:${filters.role ? 'role' : ''}:${filters.is_active ?? ''}:${filters.approved ?? ''}:${words.length}`;
  const build = () => {
    const conditions: (SQL | undefined)[] = [
      isNull(users.deleted_at),
      filters.role && eq(users.role, sql.placeholder('role')),
      // Written out, so that the index of the inactive serves.
      filters.is_active === undefined
        ? undefined
        : filters.is_active
          ? sql`${users.is_active}`
          : not(users.is_active),
      filters.approved === undefined ? undefined : isDoctor({ approved: filters.approved }),
      ...words.map((_, index) =>
        finds(sql`${users.searched}`, sql`${sql.placeholder(`word${index}`)}`, 'each'),
      ),
    ];
    const where = and(...conditions);
    const newest = desc(users.id);
    return query
      .select({ ...fields, count: countUpToLimit(query.select({ one: sql`1` }).from(users).where(where)) })
      .from(pageOf(users, where, [newest]))
      .innerJoin(users, isOnPage(users))
      .leftJoin(doctorProfiles, eq(doctorProfiles.id, users.id))
      .leftJoin(patientProfiles, eq(patientProfiles.id, users.id))
      .orderBy(newest);
  };
  const list = statement(name, build, UNNAMED);
  const values = { ...filters, ...Object.fromEntries(words.map((word, index) => [`word${index}`, word])) };
  const found = await fetchPage(page, (window) => list(db, { ...values, ...window }));
  return { ...found, rows: found.rows.map(toUser) };
}

/** The hash of somebody's own password, to have it confirmed; null for an erased person. */
export async function findPasswordHash(executor: Executor, user: number): Promise<string | null> {
  const [row] = await executor
    .select({ password_hash: users.password_hash })
    .from(users)
    .where(eq(users.id, user));
  return row?.password_hash ?? null;
}

type Columns = typeof users.$inferInsert;

export async function insertUser(tx: Tx, values: Columns): Promise<number> {
  const [row] = await tx.insert(users).values(values).returning({ id: users.id });
  if (!row) throw new Error('insert returned no row');
  return row.id;
}

export async function updateUser(
  tx: Tx,
  user: number,
  changes: { [Name in keyof Columns]?: Columns[Name] | undefined },
): Promise<void> {
  if (Object.values(changes).every((value) => value === undefined)) return;
  await tx.update(users).set(changes).where(eq(users.id, user));
}

/** Locks a user's row against every other change of it; undefined when there is none. */
export async function lockUser(tx: Tx, user: number) {
  const [row] = await tx
    .select({
      role: users.role,
      is_active: users.is_active,
      deleted_at: users.deleted_at,
      username: users.username,
      phone: users.phone,
      phone_verified_at: users.phone_verified_at,
      phone_resets_from: users.phone_resets_from,
      email: users.email,
      email_verified_at: users.email_verified_at,
      email_resets_from: users.email_resets_from,
    })
    .from(users)
    .where(eq(users.id, user))
    .for('no key update');
  return row;
}

/** Locks every active admin, so that two cannot step down at once, and tells how many remain without `user`. */
export async function lockOtherAdmins(tx: Tx, user: number): Promise<number> {
  const admins = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.role, 'admin'), users.is_active))
    .orderBy(users.id)
    .for('no key update');
  return admins.filter((admin) => admin.id !== user).length;
}

/** Whether anybody is there at all; demo data and the first admin go into an empty database only. */
export async function hasUsers(executor: Executor, role?: Role): Promise<boolean> {
  const condition = role ? and(eq(users.role, role), isNull(users.deleted_at)) : ne(users.id, 0);
  const rows = await executor.select({ id: users.id }).from(users).where(condition).limit(1);
  return rows.length > 0;
}
