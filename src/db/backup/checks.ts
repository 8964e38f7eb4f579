import type pg from 'pg';

/** Whether a restored database is whole. It is a copy that nobody uses, so that checks may lock and rebuild. */

export interface Findings {
  /** What is wrong, by the names of tables, constraints and indexes alone. */
  problems: string[];
  counts: Record<string, number>;
  indexes: number;
  constraints: number;
  newest_booking: string | null;
}

const COUNTED = ['users', 'appointments', 'timeslots', 'messages', 'audit_entries'];

export async function examineCopy(client: pg.Client): Promise<Findings> {
  const problems: string[] = [];
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      const { code = '' } = error as { code?: string };
      problems.push(`${what} (${code})`);
    }
  };
  const counts: Record<string, number> = {};
  for (const table of COUNTED)
    await attempt(`${table} cannot be counted`, async () => {
      const { rows } = await client.query(`select count(*)::int as count from ${table}`);
      counts[table] = rows[0].count;
    });
  const indexes = await examineIndexes(client, attempt);
  const constraints = await examineConstraints(client, attempt, problems);
  const { rows } = await client.query<{ at: string | null }>(
    `select to_char(max(created_at), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at from appointments`,
  );
  return { problems, counts, indexes, constraints, newest_booking: rows[0]?.at ?? null };
}

type Attempt = (what: string, work: () => Promise<unknown>) => Promise<void>;

/**
 * Every B-tree index against its table, and every table's pages, by amcheck; every index that guards uniqueness or
 * excludes is built anew, which judges all rows again.
 */
async function examineIndexes(client: pg.Client, attempt: Attempt): Promise<number> {
  await client.query('create extension if not exists amcheck');
  const { rows: indexes } = await client.query<{ name: string; method: string; guards: boolean }>(`
    select c.oid::regclass::text as name, a.amname as method, i.indisunique or i.indisexclusion as guards
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'i' and n.nspname !~ '^pg_(toast|temp)' and i.indisvalid and c.relpersistence = 'p'`);
  for (const { name, method, guards } of indexes) {
    if (method === 'btree')
      await attempt(`index ${name} does not fit its table`, () =>
        client.query('select bt_index_check($1::regclass, true)', [name]),
      );
    if (guards && !name.startsWith('pg_'))
      await attempt(`rows break index ${name}`, () => client.query(`reindex index ${name}`));
  }
  const { rows: tables } = await client.query<{ name: string }>(`
    select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'`);
  for (const { name } of tables)
    await attempt(`table ${name} is broken`, async () => {
      const { rows } = await client.query('select from verify_heapam($1::regclass) limit 1', [name]);
      if (rows.length > 0) throw new Error('broken');
    });
  return indexes.length;
}

/** Every check and every reference, judged anew over all rows. */
async function examineConstraints(client: pg.Client, attempt: Attempt, problems: string[]): Promise<number> {
  const { rows } = await client.query<{
    name: string;
    kind: string;
    tab: string;
    definition: string;
    columns: string[];
    target: string;
    targets: string[];
  }>(`
    select conname as name, contype as kind, conrelid::regclass::text as tab,
      pg_get_constraintdef(c.oid) as definition,
      array(select quote_ident(attname) from unnest(conkey) with ordinality k(key, n)
        join pg_attribute on attrelid = conrelid and attnum = key order by n) as columns,
      confrelid::regclass::text as target,
      array(select quote_ident(attname) from unnest(confkey) with ordinality k(key, n)
        join pg_attribute on attrelid = confrelid and attnum = key order by n) as targets
    from pg_constraint c where contype in ('c', 'f') and convalidated and conrelid > 0 and connamespace = 'public'::regnamespace`);
  for (const { name, kind, tab, definition, columns, target, targets } of rows)
    await attempt(`constraint ${name} of ${tab} cannot be judged`, async () => {
      const broken =
        kind === 'c'
          ? `select from ${tab} where not ${/^CHECK (\(.*\))(?: NOT VALID)?(?: NO INHERIT)?$/s.exec(definition)?.[1]} limit 1`
          : `select from ${tab} o where ${columns.map((column) => `o.${column} is not null`).join(' and ')} and not exists
               (select from ${target} t where ${columns.map((column, at) => `t.${targets[at]} = o.${column}`).join(' and ')}) limit 1`;
      if ((await client.query(broken)).rows.length > 0) problems.push(`rows of ${tab} break ${name}`);
    });
  return rows.length;
}
