import type { FastifyInstance } from 'fastify';
import { buildApp } from '../app.ts';
import { type Config, ConfigError } from '../config.ts';
import { demo } from '../core/demo.ts';
import { AppError } from '../core/errors.ts';
import { loggable } from '../db/errors.ts';
import { limitConnections } from './connections.ts';
import { demoAccounts } from './demo/data.ts';
import { fillDatabase } from './fill.ts';
import { AdminError } from './first-admin.ts';
import { startJobs } from './jobs.ts';
import { exitWith } from './process.ts';
import { type Started, start } from './start.ts';

/** The API process: settings, database, application, listen; a signal closes it in good order. */

async function main(): Promise<void> {
  const started = await start();
  const { config, db, clock } = started;
  const app = await buildApp(started);
  started.onStop(() => app.close());

  const fill = () => fillDatabase(db, config);
  const sayAway = sayOnce(app);
  const ready = await started
    .attempt(fill, sayAway)
    .catch((error) => started.giveUp(reasonNotToStart(error)));
  limitConnections(app, config);
  await app
    .listen({ host: config.host, port: config.port })
    .catch((error) => started.giveUp(reasonNotToListen(error, config)));
  print(`Listening on ${baseUrl(app)} (Swagger UI: ${baseUrl(app)}/api/docs/)`);
  if (config.pages)
    print(`Patients book at ${baseUrl(app)}/book/, the clinic works at ${baseUrl(app)}/desk/`);
  if (ready) await printDemo(started);
  else await waitForDatabase(started, fill, sayAway);
  if (config.worker !== 'internal' || started.isStopping()) return;
  const { report } = started;
  const jobs = startJobs({ db, clock, log: app.log, config, report });
  started.onStop(jobs.stop);
}

async function waitForDatabase(
  started: Started,
  fill: () => Promise<void>,
  sayAway: (error: unknown) => void,
): Promise<void> {
  const isThere = await started
    .insist(fill, sayAway)
    .catch((error) => started.giveUp(reasonNotToStart(error)));
  if (!isThere) return;
  print('The database is there.');
  await printDemo(started);
}

/** Says once that the database is away, however often it is tried. */
function sayOnce(app: FastifyInstance): (error: unknown) => void {
  let said = false;
  return (error) => {
    const reason = loggable(error);
    app.log.debug({ error: reason }, 'the database is away');
    if (said) return;
    said = true;
    // No such table, or what a newer version needs is missing.
    if (reason.sqlstate === '42P01' || error instanceof AppError)
      print(
        'The database is not up to date: run npm run db:migrate. Until then requests are answered with 503.',
      );
    else
      print(
        `The database cannot be reached (${reason.sqlstate ?? reason.code ?? 'no answer'}): check DATABASE_URL and ` +
          'that the server runs. Requests are answered with 503 until it is there.',
      );
  };
}

function reasonNotToStart(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof AdminError) return `ADMIN_USERNAME and ADMIN_PASSWORD make no admin: ${error.message}`;
  return `Cannot start: ${JSON.stringify(loggable(error))}`;
}

function reasonNotToListen(error: unknown, { host, port }: Config): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use: end the other process, or set PORT to a free one (PORT=0 takes any).`;
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `Cannot listen on ${host} port ${port} (${code}): check HOST and PORT.`;
  return reasonNotToStart(error);
}

function baseUrl(app: FastifyInstance): string {
  const address = app.server.address();
  if (typeof address !== 'object' || address === null) return '';
  const host = address.address === '0.0.0.0' || address.address === '::' ? 'localhost' : address.address;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

/**
 * Those that one can still sign in with; checking passwords takes a moment, in which requests are answered already. Where the
 * database does not answer in time they are not named: a server that listens goes on.
 */
async function printDemo({ db, config, log }: Started): Promise<void> {
  if (!config.demo_data) return;
  const accounts = await demoAccounts(db, config).catch((error) => {
    log.warn({ error: loggable(error) }, 'the demo accounts could not be looked up');
    return [];
  });
  if (accounts.length === 0) return;
  print(`Demo accounts, all with the password ${demo.password}:`);
  for (const { role, username } of accounts) print(`  ${role.padEnd(12)} ${username}`);
}

const print = (line: string) => process.stdout.write(`${line}\n`);

await main().catch((error) => exitWith(error instanceof Error ? error.message : 'Cannot start.'));
