import type { Page, PageRequest } from '../../core/page.ts';
import { photoOf } from '../../core/photos.ts';
import { hasNoSignIn } from '../../core/records.ts';
import { type Role, sideOf } from '../../core/roles.ts';
import type { Db, Executor, Tx } from '../../db/client.ts';
import {
  and,
  desc,
  eq,
  getTableColumns,
  inArray,
  isNull,
  lt,
  ne,
  not,
  or,
  type PgColumn,
  type SQL,
  sql,
} from '../../db/drizzle.ts';
import { countUpToLimit, fetchPage, isOnPage, pageOf, pageOfEach } from '../../db/page.ts';
import { doctorProfiles, patientProfiles, users } from '../../db/schema/index.ts';
import { finds } from '../../db/search.ts';
import { query, statement, UNNAMED } from '../../db/sql.ts';
import type { User } from './user.schemas.ts';
import { KEY_USERNAME } from './users.rules.ts';

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
  branches: sql<number[] | null>`case when ${users.role} = 'receptionist' then array(
    select branch_id from receptionist_branches where user_id = ${users.id} order by branch_id) end`,
};
/** Of a profile every column of its table is read; the answer's schema says which of them are shown. */
const { id: _doctor, ...doctorColumns } = getTableColumns(doctorProfiles);
const { id: _patient, ...patientColumns } = getTableColumns(patientProfiles);
const profiles = { ...under('doctor_', doctorColumns), ...under('patient_', patientColumns) };

type Columns = Record<string, PgColumn>;

/** Columns by longer names: both profiles have a gender. */
function under<Prefix extends string, Own extends Columns>(prefix: Prefix, columns: Own) {
  type Longer = { [Name in keyof Own & string as `${Prefix}${Name}`]: Own[Name] };
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [prefix + name, column]),
  ) as Longer;
}

/** What a row has of these columns, by their own names again. */
function of<Own extends Columns>(row: object, prefix: string, columns: Own) {
  type Values = { [Name in keyof Own]: Own[Name]['_']['data'] | null };
  const values = row as Record<string, unknown>;
  return Object.fromEntries(Object.keys(columns).map((name) => [name, values[prefix + name]])) as Values;
}

const withProfiles = () =>
  query
    .select({ ...fields, ...profiles })
    .from(users)
    .leftJoin(doctorProfiles, eq(doctorProfiles.id, users.id))
    .leftJoin(patientProfiles, eq(patientProfiles.id, users.id));

const own = Object.keys(fields) as (keyof typeof fields)[];
type Row = ReturnType<typeof withProfiles>['_']['result'][number];

function toUser(row: Row): User {
  const shown = Object.fromEntries(own.map((name) => [name, row[name]])) as Pick<Row, (typeof own)[number]>;
  const { branches, ...user } = shown;
  const { id, phone, username } = user;
  const side = sideOf(user.role);
  const profile = {
    doctor: {
      role: 'doctor' as const,
      id,
      ...of(row, 'doctor_', doctorColumns),
      photo: photoOf(row.doctor_photo),
    },
    patient: { role: 'patient' as const, id, phone, ...of(row, 'patient_', patientColumns) },
  };
  return {
    ...user,
    username: hasNoSignIn(username) ? null : username,
    profile: side ? profile[side] : branches && { role: 'receptionist' as const, branches },
  };
}

/** Somebody's account, and no program's. */
const isAccount = sql`${users.username} not like ${sql.raw(`'${KEY_USERNAME}%'`)}`;

const id = sql.placeholder('id');

const find = statement('users.find', () =>
  withProfiles().where(and(eq(users.id, id), isNull(users.deleted_at), isAccount)),
);

export async function findUser(executor: Executor, user: number): Promise<User | undefined> {
  const [row] = await find(executor, { id: user });
  return row && toUser(row);
}

/** Of several. One plan for any number would go through all profiles for one of them, too. */
const some = statement(
  'users.some',
  () =>
    withProfiles().where(
      and(sql`${users.id} = any (${sql.placeholder('ids')})`, isNull(users.deleted_at), isAccount),
    ),
  UNNAMED,
);

export const findUsers = async (executor: Executor, ids: readonly number[]): Promise<User[]> =>
  (await some(executor, { ids })).map(toUser);

/** Over the table of users alone, which is all that is counted; those who wait have an index of their own. */
const isDoctor = ({ approved }: { approved: boolean }) => sql`(${users.role} = 'doctor' and ${users.id} in (
  select id from doctor_profiles where approved_at is ${sql.raw(approved ? 'not null' : 'null')}))`;

interface Filters {
  role?: readonly Role[] | undefined;
  is_active?: boolean | undefined;
  approved?: boolean | undefined;
  search?: readonly string[] | undefined;
}

/** One page of users, newest first. */
export async function listUsers(db: Db, filters: Filters, page: PageRequest): Promise<Page<User>> {
  const { cursor } = page;
  const words = filters.search ?? [];
  const roles = filters.role ?? [];
  const name = `users.list:${Math.min(roles.length, 2)}:${filters.is_active ?? ''}:${filters.approved ?? ''}:${words.length}${cursor === undefined ? '' : `:after:${cursor !== null}`}`;
  const build = () => {
    const conditions: (SQL | undefined)[] = [
      isNull(users.deleted_at),
      isAccount,
      cursor ? lt(users.id, sql.placeholder('after_id')) : undefined,
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
    const role = sql.placeholder('role');
    const isOfRole = (one: SQL) => and(...conditions, sql`${users.role} = ${one}`);
    const where =
      roles.length === 0
        ? and(...conditions)
        : isOfRole(roles.length > 1 ? sql`any (${role}::user_role[])` : sql`(${role}::user_role[])[1]`);
    const page =
      roles.length > 1
        ? pageOfEach(
            users,
            isOfRole(sql`each_of.role`),
            sql`(select role from unnest(${role}::user_role[]) as role)`,
          )
        : pageOf(users, where, [desc(users.id)]);
    const newest = desc(users.id);
    return query
      .select({
        ...fields,
        ...profiles,
        count:
          cursor === undefined
            ? countUpToLimit(query.select({ one: sql`1` }).from(users).where(where))
            : sql<number>`0`.as('count'),
      })
      .from(page)
      .innerJoin(users, isOnPage(users))
      .leftJoin(doctorProfiles, eq(doctorProfiles.id, users.id))
      .leftJoin(patientProfiles, eq(patientProfiles.id, users.id))
      .orderBy(newest);
  };
  const list = statement(name, build, UNNAMED);
  const values = { ...filters, ...Object.fromEntries(words.map((word, index) => [`word${index}`, word])) };
  const [after_id] = cursor ?? [];
  const found = await fetchPage(
    page,
    (window) => list(db, { ...values, after_id, ...window }),
    (row) => [row.id],
  );
  return { ...found, rows: found.rows.map(toUser) };
}

/** The hash of somebody's own password, to have it confirmed; undefined for an erased person. */
export async function findPasswordHash(executor: Executor, user: number): Promise<string | null | undefined> {
  const [row] = await executor
    .select({ password_hash: users.password_hash })
    .from(users)
    .where(and(eq(users.id, user), isNull(users.deleted_at)));
  return row?.password_hash;
}

type UserColumns = typeof users.$inferInsert;

export async function insertUser(tx: Tx, values: UserColumns): Promise<number> {
  const [row] = await tx.insert(users).values(values).returning({ id: users.id });
  if (!row) throw new Error('insert returned no row');
  return row.id;
}

export async function updateUser(
  tx: Tx,
  user: number,
  changes: { [Name in keyof UserColumns]?: UserColumns[Name] | undefined },
): Promise<void> {
  if (Object.values(changes).every((value) => value === undefined)) return;
  await tx.update(users).set(changes).where(eq(users.id, user));
}

/** Locks a user's row against every other change of it; undefined when there is none. A program has no account. */
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
    .where(and(eq(users.id, user), isAccount))
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

/**
 * When the accounts of these people were made, to the microsecond: their ids may be given again after a restore. A backup from before
 * a merge still has the other records of the same people: these are named with them.
 */
export async function findMade(
  tx: Tx,
  people: readonly number[],
): Promise<{ id: number; created_at: string }[]> {
  return tx
    .select({ id: users.id, created_at: sql<string>`${users.created_at}::text` })
    .from(users)
    .where(or(inArray(users.id, [...people]), inArray(users.merged_into, [...people])))
    .orderBy(users.id);
}
