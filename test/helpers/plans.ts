import pg from 'pg';
import { vi } from 'vitest';
import type { Db } from '../../src/db/client.ts';

/**
 * Leaves the statistics of all tables to the test. Plans are judged by those that it gathered, or did not, and not by what a busy
 * machine leaves time to gather in between.
 */
export const keepStatistics = (client: { query(text: string): Promise<unknown> }) =>
  client.query(`do $$ declare name text; begin
    for name in select format('%I', relname) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace loop
      execute 'alter table ' || name || ' set (autovacuum_enabled = false)';
    end loop; end $$`);

/** A statement as it was sent. */
export interface Sent {
  name?: string;
  text: string;
  values: unknown[];
}

/** The hand-written statements that `work` sends to the pool, with their values. */
export async function sentBy(db: Db, work: () => PromiseLike<unknown>): Promise<Sent[]> {
  const spy = vi.spyOn(db.$client, 'query');
  try {
    await work();
    return spy.mock.calls.map(([sent]) => sent as unknown as Sent);
  } finally {
    spy.mockRestore();
  }
}

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Node[];
}

export interface Plan {
  /** Every row that was read from a table: passed on, filtered out or checked again. */
  rows: number;
  /** Pages of 8 kB that were looked at. */
  buffers: number;
  milliseconds: number;
  /** Which indexes were used, and which tables were read from end to end. */
  indexes: string[];
  whole: string[];
}

/** How often a plan is taken: made for these values, or once for all. The server chooses after five times. */
export const planModes = ['force_custom_plan', 'force_generic_plan'] as const;

/** Runs a statement as the server would run it prepared, and tells what that took. */
export async function planOf(
  db: Db,
  { text, values }: Sent,
  mode: (typeof planModes)[number],
): Promise<Plan> {
  const client = await db.$client.connect();
  try {
    await client.query(`set plan_cache_mode = ${mode}`);
    await client.query(`prepare explained as ${text}`);
    const parameters = values.length > 0 ? `(${values.map(literal).join(', ')})` : '';
    const { rows } = await client.query(
      `explain (analyze, buffers, format json) execute explained${parameters}`,
    );
    const [explained] = rows[0]['QUERY PLAN'];
    return { ...costOf(explained.Plan), milliseconds: explained['Execution Time'] };
  } finally {
    client.release(true);
  }
}

/** A plan that the server ran, with the statement it was of. */
export interface Ran extends Omit<Plan, 'milliseconds'> {
  text: string;
}

/**
 * Every statement that the server runs while `work` does, those inside of triggers and functions too, as it ran them.
 * @param db a pool of one connection, which `work` uses
 */
export async function ranDuring(
  db: Db,
  mode: (typeof planModes)[number],
  work: () => PromiseLike<unknown>,
): Promise<Ran[]> {
  const ran: Ran[] = [];
  const hear = ({ message = '' }: { message?: string | undefined }) => {
    if (!/^duration: .* plan:/.test(message)) return;
    const { 'Query Text': text, Plan: top } = JSON.parse(message.slice(message.indexOf('{')));
    ran.push({ ...costOf(top), text });
  };
  const client = await db.$client.connect();
  client.release();
  const { query } = client;
  const send = (...args: unknown[]) => Reflect.apply(query, client, args);
  await send(`
    load 'auto_explain'; set auto_explain.log_level = notice; set auto_explain.log_format = json;
    set auto_explain.log_analyze = on; set auto_explain.log_timing = off; set auto_explain.log_buffers = on;
    set auto_explain.log_nested_statements = on; set auto_explain.log_min_duration = 0`);
  client.on('notice', hear);
  // A statement without a name is planned each time, whatever was asked before it.
  const spy = vi.spyOn(client, 'query').mockImplementation((...args: unknown[]) => {
    const named = (args[0] as { name?: string }).name;
    send(`set plan_cache_mode = ${named ? mode : 'auto'}`);
    return send(...args);
  });
  try {
    await work();
  } finally {
    spy.mockRestore();
    await send('set auto_explain.log_min_duration = -1; reset plan_cache_mode');
    client.off('notice', hear);
  }
  return ran;
}

function costOf(top: Node & Record<'Shared Hit Blocks' | 'Shared Read Blocks', number>) {
  const all = nodesOf(top);
  // A table, or the rows of which a trigger is told.
  const nodes = all.filter(
    (node) => node['Relation Name'] !== undefined || node['Node Type'] === 'Named Tuplestore Scan',
  );
  const read = (node: Node) =>
    node['Actual Loops'] *
    (node['Actual Rows'] +
      (node['Rows Removed by Filter'] ?? 0) +
      (node['Rows Removed by Index Recheck'] ?? 0));
  return {
    rows: Math.round(nodes.reduce((sum, node) => sum + read(node), 0)),
    buffers: top['Shared Hit Blocks'] + top['Shared Read Blocks'],
    indexes: all.flatMap((node) => node['Index Name'] ?? []),
    whole: nodes.flatMap((node) => (node['Node Type'] === 'Seq Scan' ? (node['Relation Name'] ?? []) : [])),
  };
}

const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return pg.escapeLiteral(value.toISOString());
  if (Array.isArray(value)) return pg.escapeLiteral(`{${value.join()}}`);
  return pg.escapeLiteral(String(value));
}
