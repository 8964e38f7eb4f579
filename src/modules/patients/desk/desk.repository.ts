import type { Page, PageRequest } from '../../../core/page.ts';
import type { Locale } from '../../../core/words.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../../db/client.ts';
import { fetchPage } from '../../../db/page.ts';
import { nameOrder } from '../../../db/search.ts';
import { rowOf, UNNAMED } from '../../../db/sql.ts';
import { type DeskPatient, MOST_FOUND } from './desk.schemas.ts';

/** A patient as the desk sees them, but for whether messages reach them. */
export type PatientRow = Omit<DeskPatient, 'reachable'>;

const COLUMNS = `
  u.id, u.first_name, u.last_name, u.phone, u.phone_verified_at, u.phone_reached_at, u.email, u.email_verified_at, u.locale,
  p.date_of_birth, p.gender, u.username not like '~%' as has_sign_in, u.is_active, u.created_at`;

interface Filters {
  search: readonly string[];
  phone: string | null;
  born: string | null;
  reader: Locale;
}

/** One page of the patients who fit, by name; on from a place by id, since names change. Of more than MOST_FOUND it knows so many, whichever they are. */
export async function listPatients(
  db: Db,
  { search, phone, born, reader }: Filters,
  page: PageRequest,
): Promise<Page<PatientRow>> {
  const order = (row: string) =>
    `${nameOrder(`${row}.last_name`, reader)}, ${nameOrder(`${row}.first_name`, reader)}, ${row}.id`;
  const { cursor } = page;
  const run = async ({ limit, offset }: { limit: number; offset: number }) => {
    const [by, where] = cursor === undefined ? [order('f'), ''] : ['f.id', 'where f.id > $6'];
    const { rows } = await db.$client.query<PatientRow & { count: number }>({
      name: `patients.list:${cursor === undefined ? reader : 'after'}`,
      text: `
        with found as materialized (
          select f.id, f.first_name, f.last_name from patients_found($1::text[], $2, $3::date, ${MOST_FOUND}) f
        )
        select ${COLUMNS}, (select count(*)::int from found) as count
        from (select f.id from found f ${where} order by ${by} limit $4 offset $5) page
        join users u on u.id = page.id join patient_profiles p on p.id = page.id
        order by ${cursor === undefined ? order('u') : 'u.id'}`,
      values: [search, phone, born, limit, offset, ...(cursor === undefined ? [] : [cursor?.[0] ?? 0])],
    });
    return rows;
  };
  return fetchPage(page, run, ({ id }) => [id]) as Promise<Page<PatientRow>>;
}

export async function findPatient(executor: Executor, patient: number): Promise<PatientRow | undefined> {
  const { rows } = await clientOf(executor).query<PatientRow>({
    name: 'patients.desk',
    text: `
      select ${COLUMNS} from users u join patient_profiles p on p.id = u.id
      where u.id = $1 and u.role = 'patient' and u.deleted_at is null`,
    values: [patient],
  });
  return rows[0];
}

/** Those patients among these whom there are. */
export async function findPatients(db: Db, patients: readonly number[]): Promise<PatientRow[]> {
  const { rows } = await db.$client.query<PatientRow>({
    name: UNNAMED,
    text: `
      select ${COLUMNS} from users u join patient_profiles p on p.id = u.id
      where u.id = any ($1) and u.role = 'patient' and u.deleted_at is null`,
    values: [patients],
  });
  return rows;
}

/** The record into which a patient's was merged, if it was. */
export async function findMergedInto(executor: Executor, patient: number): Promise<number | undefined> {
  const { rows } = await clientOf(executor).query<{ merged_into: number | null }>({
    name: 'patients.merged-into',
    text: 'select merged_into from users where id = $1',
    values: [patient],
  });
  return rows[0]?.merged_into ?? undefined;
}

/** One registration at a time for each phone and each birthday: of two clerks with one person, the second is warned. */
export async function lockRegistering(tx: Tx, of: readonly string[]): Promise<void> {
  await clientOf(tx).query({
    name: 'patients.lock-registering',
    // In one order, whoever asks.
    text: `
      select pg_advisory_xact_lock(key) from (
        select distinct hashtextextended('patients:' || name, 0) as key from unnest($1::text[]) as name order by key
      ) as keys`,
    values: [of],
  });
}

interface Likely {
  name: string;
  phone: string | null;
  date_of_birth: string | null;
}

/** What is said of a person's names, in one form for both scripts. @param row with `first_name` and `last_name` */
const said = (row: string) =>
  `search_fold(coalesce(${row}.first_name, '') || ' ' || coalesce(${row}.last_name, ''))`;

/** The names in it, without those of one letter and what only says whose son or daughter somebody is. */
const wordsOf = (text: string) =>
  `(select array_agg(w) from unnest(string_to_array(${text}, ' ')) w where length(w) > 1 and w not in ('kizi', 'ogli', 'ugli'))`;

/**
 * Two people of one birthday are called alike where they share a name, in either script and order: a married woman keeps her
 * first one. Or where most of what is said of both is the same (trigrams): a slip of the pen leaves 0.6 of it, and strangers
 * have less than 0.3 in common.
 */
const isAlike = (one: string, other: string) =>
  `(${wordsOf(one)} && ${wordsOf(other)} or similarity(${one}, ${other}) >= 0.45)`;

/** As many of them are shown. */
const CANDIDATES = 10;

/** Who is registered with this phone, or was born on this day and is called alike. Twins are, too. */
export async function findLikely(tx: Tx, { name, phone, date_of_birth }: Likely): Promise<PatientRow[]> {
  const { rows } = await clientOf(tx).query<PatientRow>({
    name: 'patients.likely',
    text: `
      select ${COLUMNS}
      from (
        (select id from users where role = 'patient' and phone = $1 order by id desc limit ${CANDIDATES})
        union
        (select b.id from patient_profiles b join lateral ${rowOf('users', 'b.id')} n on true
         where b.date_of_birth = $2 and n.role = 'patient' and n.deleted_at is null
           and ${isAlike(said('n'), '(select search_fold($3))')}
         limit ${CANDIDATES})
      ) found
      join lateral ${rowOf('users', 'found.id')} u on u.role = 'patient' and u.deleted_at is null
      join lateral ${rowOf('patient_profiles', 'found.id')} p on true
      order by u.phone = $1 desc nulls last, u.id limit ${CANDIDATES}`,
    values: [phone, date_of_birth, name],
  });
  return rows;
}
