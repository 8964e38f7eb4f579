import type { PageRequest } from '../../../core/page.ts';
import { COUNT_LIMIT } from '../../../core/page.ts';
import type { Locale } from '../../../core/words.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../../db/client.ts';
import { eq } from '../../../db/drizzle.ts';
import { fetchPage } from '../../../db/page.ts';
import { specializationNames, specializations } from '../../../db/schema/index.ts';
import { nameOrder } from '../../../db/search.ts';
import { isBookable } from '../../availability/people.sql.ts';
import type { Specialization } from './specializations.schemas.ts';

/** Some of the clinic's specializations, whose doctors are counted all at once. @param page which, as a query for their rows */
const counted = (page: string) => `
  with page as materialized (${page}), practising as (
    select d.specialization_id as id, count(*)::integer as doctors
    from doctor_profiles d join users u on u.id = d.id
    where d.specialization_id in (select id from page) and ${isBookable('u', 'd')}
    group by d.specialization_id
  ), s as (select page.*, coalesce(practising.doctors, 0) as doctors from page left join practising using (id))`;
const shown = `s.id, s.name, json_build_object('uz', s.name_uz, 'ru', s.name_ru, 'en', s.name_en) as names, s.doctors`;

/** One page by name, as the reader's language has it and orders it. */
export function listSpecializations(db: Db, reader: Locale, page: PageRequest) {
  const order = `${nameOrder(`coalesce(s.name_${reader}, s.name)`, reader)}, s.id`;
  return fetchPage<Specialization & { count: number }>(page, async ({ limit, offset }) => {
    const { rows } = await clientOf(db).query<Specialization & { count: number }>({
      name: `specializations.list:${reader}`,
      text: `
        ${counted(`select * from specializations s order by ${order} limit $1 offset $2`)}
        select ${shown}, (select count(*)::integer from (select from specializations limit ${COUNT_LIMIT}) counted) as count
        from s order by ${order}`,
      values: [limit, offset],
    });
    return rows;
  });
}

export async function findSpecialization(
  executor: Executor,
  id: number,
): Promise<Specialization | undefined> {
  const { rows } = await clientOf(executor).query<Specialization>({
    name: 'specializations.find',
    text: `${counted('select * from specializations where id = $1')} select ${shown} from s`,
    values: [id],
  });
  return rows[0];
}

/** Which one a text means, and keeps it from being joined to another one or renamed until the transaction ends. */
export async function lockNamed(tx: Tx, said: string): Promise<number | undefined> {
  const locked = async () => {
    const { rows } = await clientOf(tx).query<{ id: number }>({
      name: 'specializations.lock-named',
      text: `
        select s.id from specialization_names n join specializations s on s.id = n.specialization_id
        where n.folded = search_fold($1) for share of s`,
      values: [said],
    });
    return rows[0]?.id;
  };
  // One that was joined to another while this waited for it is found no more: the other has its names by now.
  return (await locked()) ?? (await locked());
}

/** Keeps them from whoever chooses one meanwhile. @returns those that there are */
export async function lock(tx: Tx, ids: readonly number[]): Promise<number[]> {
  const { rows } = await clientOf(tx).query<{ id: number }>({
    name: 'specializations.lock',
    text: 'select id from specializations where id = any($1::integer[]) order by id for update',
    values: [ids],
  });
  return rows.map(({ id }) => id);
}

type Names = { [Name in Locale as `name_${Name}`]?: string | null | undefined };

/** @throws the refusal by `specialization_names_pkey` */
export async function insert(tx: Tx, columns: { name: string } & Names): Promise<number> {
  const [row] = await tx.insert(specializations).values(columns).returning({ id: specializations.id });
  return row?.id ?? 0;
}

/** @throws the refusal by `specialization_names_pkey` */
export async function update(
  tx: Tx,
  id: number,
  columns: { name?: string | undefined } & Names,
): Promise<void> {
  await tx.update(specializations).set(columns).where(eq(specializations.id, id));
}

/** Gives every name of one to another, and by a trigger the doctors, services and wishes that are called so. */
export async function joinTo(tx: Tx, id: number, into: number): Promise<void> {
  await tx
    .update(specializationNames)
    .set({ specialization_id: into })
    .where(eq(specializationNames.specialization_id, id));
  await tx.delete(specializations).where(eq(specializations.id, id));
}
