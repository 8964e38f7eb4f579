import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { binaries, EmbeddedDatabaseError, reachable, type ServerUser, serverUser } from './embedded-files.ts';

export { EmbeddedDatabaseError };

/**
 * A real PostgreSQL of the project's own, for development and tests: the binaries come from npm, the data stays in a
 * folder. Nothing here runs when DATABASE_URL is set.
 */
export interface Embedded {
  /** Connects to the database named `clinic`. */
  url: string;
  /** Stops the server cleanly if this process started it. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Where data and connection details are kept; made if absent. */
  dir: string;
  /** Further settings of the server, as `name=value`; tests switch durability off. */
  settings?: readonly string[];
}

/** What a second process needs to join, and to know whether the owner still lives. */
interface Ticket {
  port: number;
  password: string;
  owner: number;
}

const START_LIMIT = 60_000;

/**
 * Starts the embedded server, or joins the one that another process (the API) has running on the same folder.
 * @throws EmbeddedDatabaseError with one line that says what to do
 */
export async function openEmbedded({ dir, settings = [] }: EmbeddedOptions): Promise<Embedded> {
  const user = serverUser();
  const base = reachable(resolve(dir), user);
  const data = join(base, 'postgres');
  const deadline = Date.now() + START_LIMIT;
  while (isRunning(data)) {
    const ticket = readTicket(base);
    if (ticket && isAlive(ticket.owner) && (await answers(ticket)))
      return { url: urlOf(ticket), stop: async () => {} };
    // Its owner has just gone and it is stopping, or it is only starting: both end soon.
    if (Date.now() > deadline)
      throw new EmbeddedDatabaseError(
        `The embedded database in ${base} is stuck; end its process and start again.`,
      );
    await sleep(100);
  }
  return start(base, data, user, settings);
}

async function start(
  base: string,
  data: string,
  user: ServerUser,
  settings: readonly string[],
): Promise<Embedded> {
  const bin = binaries(base, user);
  const password = readTicket(base)?.password ?? randomBytes(24).toString('hex');
  const ticket: Ticket = { port: await freePort(), password, owner: process.pid };
  if (!existsSync(join(data, 'PG_VERSION'))) initialise(base, data, bin, user, password);
  rmSync(join(data, 'postmaster.pid'), { force: true });
  writeFileSync(join(base, 'connection.json'), JSON.stringify(ticket), { mode: 0o600 });

  let stopping = false;
  let server = launch(bin, data, ticket.port, user, settings);
  try {
    await ready(server, ticket);
  } catch (error) {
    server.child.stdin?.end();
    throw error;
  }
  // Should the postmaster itself be killed, bring it back on the same port, as an init system would.
  const keepAlive = () =>
    server.child.once('exit', () => {
      if (stopping) return;
      setTimeout(() => {
        server = launch(bin, data, ticket.port, user, settings);
        keepAlive();
      }, 500);
    });
  keepAlive();
  await createDatabase(ticket);
  return {
    url: urlOf(ticket),
    async stop() {
      stopping = true;
      if (server.child.exitCode !== null) return;
      const ended = new Promise((done) => server.child.once('exit', done));
      server.child.stdin?.end();
      await ended;
    },
  };
}

/**
 * PostgreSQL under a small shell that holds our pipe: when this process goes away for whatever reason, kill -9
 * included, the pipe closes and the server stops cleanly. In a session of its own it gets no Ctrl-C before us.
 */
function launch(
  bin: string,
  data: string,
  port: number,
  user: ServerUser,
  settings: readonly string[],
): Launched {
  const script =
    '"$@" & p=$!; trap "" INT TERM HUP; exec 3<&0; (cat <&3 >/dev/null; kill -INT $p) & c=$!; wait $p; kill -9 $c';
  const flags = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    ...settings,
  ];
  const server = [
    join(bin, 'postgres'),
    '-D',
    data,
    '-p',
    String(port),
    ...flags.flatMap((flag) => ['-c', flag]),
  ];
  const child = spawn('sh', ['-c', script, 'postgres', ...server], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { LC_ALL: 'C', PATH: process.env.PATH },
    ...user.ids,
  });
  const launched: Launched = { child, log: '' };
  // Read to the end of its days: a full pipe would stop the server.
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    launched.log = (launched.log + text).slice(-2_000);
  });
  return launched;
}

/** The server's process, and the end of what it has said. */
interface Launched {
  child: ChildProcess;
  log: string;
}

async function ready(server: Launched, ticket: Ticket): Promise<void> {
  const deadline = Date.now() + START_LIMIT;
  while (!(await answers(ticket, 'postgres'))) {
    if (server.child.exitCode !== null || Date.now() > deadline) {
      const reason = /(?:FATAL|PANIC): {2}(.*)/.exec(server.log)?.[1] ?? server.log.trim().split('\n').at(-1);
      throw new EmbeddedDatabaseError(`The embedded database did not start: ${reason ?? 'no reason given'}.`);
    }
    await sleep(20);
  }
}

function initialise(base: string, data: string, bin: string, user: ServerUser, password: string): void {
  const secret = join(base, 'initial-password');
  writeFileSync(secret, password, { mode: 0o600 });
  if (user.ids) chownSync(secret, user.ids.uid, user.ids.gid);
  // Locale as C.UTF-8 by name: with the machine's own, encoding and letters would depend on the machine, and
  // with plain C the trigram index sees no Cyrillic.
  const flags = [
    '--encoding=UTF8',
    '--locale=C',
    '--lc-ctype=C.UTF-8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  const command = [
    ...['-D', data, '-U', 'clinic', '-A', 'scram-sha-256', `--pwfile=${secret}`, '--no-sync'],
    ...flags,
  ];
  try {
    execFileSync(join(bin, 'initdb'), command, {
      cwd: '/',
      env: { LC_ALL: 'C', PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
      ...user.ids,
    });
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new EmbeddedDatabaseError(`The embedded database could not be made in ${data}: ${output}`);
  } finally {
    rmSync(secret, { force: true });
  }
}

function isRunning(data: string): boolean {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return false;
  return isAlive(Number.parseInt(readFileSync(file, 'utf8'), 10));
}

/** A zombie, which nobody reaped in a container without an init, does not count. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}

function readTicket(base: string): Ticket | undefined {
  try {
    return JSON.parse(readFileSync(join(base, 'connection.json'), 'utf8')) as Ticket;
  } catch {
    return undefined;
  }
}

const urlOf = ({ port, password }: Ticket, database = 'clinic') =>
  `postgres://clinic:${password}@127.0.0.1:${port}/${database}`;

async function answers(ticket: Ticket, database = 'clinic'): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlOf(ticket, database), connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function createDatabase(ticket: Ticket): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(ticket, 'postgres') });
  await client.connect();
  try {
    await client.query('create database clinic');
  } catch (error) {
    // It is there, or comes from the server that this one follows.
    if (!(error instanceof pg.DatabaseError && ['42P04', '25006'].includes(error.code ?? ''))) throw error;
  } finally {
    await client.end();
  }
}

/** Below the range from which the system takes ports for outgoing connections, which may collide. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise<boolean>((done) => {
      const probe = createServer();
      probe.once('error', () => done(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
    });
    if (free) return port;
  }
  throw new EmbeddedDatabaseError('No free port between 20000 and 32000.');
}
