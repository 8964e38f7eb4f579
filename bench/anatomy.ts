import { dirname, join } from 'node:path';
import { measure, type Pace, type Target } from './measure.ts';
import { type Helper, type Server, startHelper, startServer } from './processes.ts';
import { figure, say, table } from './report.ts';
import { scenarios } from './scenarios.ts';
import { POOL_MAX, type Site } from './site.ts';
import type { Stage, StageOrder } from './stages.ts';

const CONNECTIONS = 16;

/** What is done up to each stage, in the words of the table. */
const words: Record<Stage, string> = {
  http: 'HTTP: Fastify that answers a constant text',
  token: '+ token: signature, claims, whether the session has ended',
  validation: '+ validation: JSON body, path and query through zod',
  serialization: '+ serialization: the answer checked and written by its schema',
  logging: '+ logging: a line for each request',
  driver: '+ driver: pg, the statement prepared by name',
  repository: '+ ORM: placeholders filled in, rows into objects',
};

/** @returns where a request's time goes, in microseconds, as Markdown */
export async function anatomy(load: Helper, site: Site, pace: Pace): Promise<string> {
  const helpers = new Map<Stage, Helper>();
  const targets: Target[] = [];
  const { slots, book } = site.routes;
  if (!slots || !book) throw new Error('there is nothing to take apart');
  for (const stage of Object.keys(words) as Stage[]) {
    const helper = startHelper('stages.ts', join(dirname(site.log), `${stage}.log`));
    const { database_url, secret } = site;
    const order: StageOrder = { stage, database_url, pool_max: POOL_MAX, secret, routes: { slots, book } };
    const base = await helper.ask<string>(order);
    helpers.set(stage, helper);
    const server: Server = { base, pid: helper.pid, stop: helper.stop, forgetLog: () => {} };
    targets.push({ name: stage, site, server, constant: stage !== 'driver' && stage !== 'repository' });
  }
  // What is answered from memory is measured beside it.
  const env = { ...site.env, ANSWERS_REMEMBERED: '0' };
  const asking = await startServer({ env, log: join(dirname(site.log), 'asking.log') });
  targets.push({ name: 'API', site, server: asking });
  const driver = helpers.get('driver');

  const columns: {
    title: string;
    used: Map<string, number>;
    waiting: number;
    database: number;
    remembering: number | undefined;
  }[] = [];
  for (const name of ['slots', 'book']) {
    const scenario = scenarios[name];
    if (!scenario || !driver) continue;
    say(`  anatomy of ${scenario.title}`);
    const measured = await measure(load, scenario, targets, CONNECTIONS, pace);
    const alone = targets.filter((target) => target.name === 'driver');
    await driver.ask(null);
    await measure(load, scenario, alone, 1, { ...pace, rounds: 1 });
    const round_trip = await driver.ask<number>(null);
    const used = new Map(measured.map(({ target, server_us }) => [target, server_us]));
    const driver_us = (used.get('driver') ?? 0) - (used.get('logging') ?? 0);
    const [remembering] = await measure(
      load,
      scenario,
      [{ name, site, server: site.api }],
      CONNECTIONS,
      pace,
    );
    columns.push({
      title: scenario.title,
      used,
      waiting: Math.max(0, round_trip - driver_us),
      database: measured.at(-1)?.database_us ?? 0,
      remembering: name === 'slots' ? remembering?.server_us : undefined,
    });
  }
  await Promise.all([...helpers.values(), asking].map((helper) => helper.stop()));

  const row = (title: string, value: (column: (typeof columns)[number]) => number | undefined) => [
    title,
    ...columns.map((column) => figure(value(column))),
  ];
  const rows = [
    ...(Object.entries(words) as [Stage, string][]).map(([stage, text]) =>
      row(text, ({ used }) => used.get(stage)),
    ),
    row('**the API itself**: + guards, headers, ids, audit, hooks', ({ used }) => used.get('API')),
    row('the API process where the answer is remembered', ({ remembering }) => remembering),
    row('database: processor time of its processes', ({ database }) => database),
    row('database: time waited for it, one request at a time', ({ waiting }) => waiting),
  ];
  return `${EXPLAINED}\n\n${table(['µs of a request', ...columns.map(({ title }) => title)], rows)}`;
}

const EXPLAINED = `Bare Fastify is given the API's own stages one after the other, each in a process of its own under the
same load of ${CONNECTIONS} connections. A row says how much processor time a request takes there with its stage and all before it,
garbage collection included. The last of them is the API itself. Two rows that differ by a few µs are within the noise:
the later one may well be the cheaper. Time waited for the database is how long a statement takes at one connection, less what the driver uses of it.`;
