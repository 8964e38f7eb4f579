import pg from 'pg';
import type { LoadOrder, LoadResult } from './load.ts';
import type { Helper, Server } from './processes.ts';
import { median } from './report.ts';
import type { Scenario } from './scenarios.ts';
import type { Site } from './site.ts';
import type { Ask, Part, TokenKeys } from './wire.ts';

/** Measuring one request at several targets side by side: in turns, round after round, the median of each figure. */

export interface Target {
  name: string;
  site: Site;
  server: Server;
  /** Whether it answers without asking the database. */
  constant?: boolean;
  /** What it is asked in place of the scenario's own: each once where something is written, else round and round. */
  asks?: readonly Ask[];
  /** Who signs the tokens that it is sent; by default the site's secret. */
  token_keys?: TokenKeys;
  /** What is still to be seen of what was written, before it is undone. */
  after?: (() => Promise<void>) | undefined;
}

export interface Pace {
  rounds: number;
  seconds: number;
}

export interface Measured extends Omit<LoadResult, 'statuses' | 'broken'> {
  target: string;
  connections: number;
  /** Answers that were refusals and honest: 409. */
  refused: number;
  /** Requests a second of each round, in the order of the rounds. */
  rates: number[];
}

const WARM = 1;

/** Processor time of the server and its database together, for one request. */
export const cost = ({ server_us, database_us }: Measured): number => server_us + database_us;

/** @throws Error as soon as an answer is none of those expected, or a connection breaks */
export async function measure(
  load: Helper,
  scenario: Scenario,
  targets: readonly Target[],
  connections: number,
  { rounds, seconds }: Pace,
): Promise<Measured[]> {
  const results = new Map<Target, LoadResult[]>(targets.map((target) => [target, []]));
  // A run that was cut off has left what it did.
  for (const site of new Set(targets.map((target) => target.site))) await bringBack(site, scenario);
  for (let round = 0; round < rounds; round += 1)
    // Each is first and last in its turn: whatever drifts in the machine meets all alike.
    for (const target of round % 2 ? [...targets].reverse() : targets) {
      const { site, server } = target;
      const order: LoadOrder = {
        base: server.base,
        secret: site.secret,
        token_keys: target.token_keys,
        parts: partsFor(target, scenario, connections),
        connections,
        warm: Math.min(WARM, seconds),
        seconds,
        amount: scenario.amount?.(connections),
        server: server.pid,
        database: site.postmaster,
      };
      const result = await load.ask<LoadResult>(order);
      await target.after?.();
      if (scenario.writes && !target.constant) {
        await bringBack(site, scenario);
        await site.reset();
      }
      server.forgetLog();
      check(scenario, target, result);
      results.get(target)?.push(result);
    }
  return [...results].map(([{ name }, runs]) => ({ target: name, connections, ...middle(runs) }));
}

/** What a scenario leaves that no reset of a site brings back; triggers stay out of it, as of the reset itself. */
async function bringBack({ database_url }: Site, { undo }: Scenario): Promise<void> {
  if (!undo) return;
  const client = new pg.Client({ connectionString: database_url });
  await client.connect();
  await client.query(`set session_replication_role = replica; ${undo}`);
  await client.end();
}

/** A constant can be asked for again and again, and so fast that distinct slots would run out. */
function partsFor({ asks, constant, site }: Target, scenario: Scenario, connections: number): Part[] {
  if (asks) return [{ weight: 1, once: scenario.writes, asks }];
  const parts = scenario.parts(site.stock, connections);
  return constant ? parts.map((part) => ({ ...part, once: false })) : parts;
}

function check(scenario: Scenario, { name }: Target, { statuses, broken }: LoadResult): void {
  const wrong = Object.entries(statuses).filter(([status]) => !scenario.expected.includes(Number(status)));
  if (broken > 0 || wrong.length > 0)
    throw new Error(
      `${scenario.title}, ${name}: unexpected answers ${JSON.stringify(Object.fromEntries(wrong))}, ${broken} broken connections`,
    );
  if (scenario.amount && scenario.expected.includes(201)) {
    const asked = Object.values(statuses).reduce((sum, count) => sum + count, 0);
    if ((statuses[201] ?? 0) * (scenario.connections?.[0] ?? 1) !== asked)
      throw new Error(
        `${scenario.title}, ${name}: ${statuses[201]} won among ${asked}: not one for each slot`,
      );
  }
}

function middle(runs: readonly LoadResult[]): Omit<Measured, 'target' | 'connections'> {
  const of = (name: Exclude<keyof LoadResult, 'statuses'>) => median(runs.map((run) => run[name]));
  return {
    rate: of('rate'),
    p50: of('p50'),
    p95: of('p95'),
    p99: of('p99'),
    bytes: of('bytes'),
    server_us: of('server_us'),
    database_us: of('database_us'),
    memory: of('memory'),
    refused: median(runs.map(({ statuses }) => statuses[409] ?? 0)),
    rates: runs.map(({ rate }) => rate),
  };
}
