import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { binaries, EmbeddedDatabaseError, type ServerUser } from './files.ts';

/** Starting and stopping the server itself, by whoever has its lock (db/embedded). */

export interface Place {
  base: string;
  /** The server's own folder within. */
  data: string;
  user: ServerUser;
  settings: readonly string[];
  prepare: (() => Extras | undefined) | undefined;
}

export interface Extras {
  /** As `name=value`. */
  settings: readonly string[];
  /** What its processes find in their environment. */
  env: Record<string, string>;
}

/** What a second process needs to join. */
export interface Ticket {
  port: number;
  password: string;
  /** The process that has the server, to be named to people. */
  owner: number;
}

export interface RunningServer {
  stop(): Promise<void>;
}

export const START_LIMIT = 60_000;
/** Once whoever had a server is gone, it ends by itself sooner than this. */
const ENDS_WITHIN = 2_000;

export const newPassword = (): string => randomBytes(24).toString('hex');

/** @param announce runs before the server starts, once it is known where */
export async function startServer(
  place: Place,
  ticket: Ticket,
  announce: () => void,
): Promise<RunningServer> {
  const { base, data, user } = place;
  const bin = binaries(base, user);
  const deadline = performance.now() + START_LIMIT;
  await endOfTheLast(data, deadline);
  if (!existsSync(join(data, 'PG_VERSION'))) initialise(base, data, bin, user, ticket.password);
  announce();

  let stopping = false;
  let server = await launched(bin, place, ticket, deadline);
  // Should the postmaster itself be killed, bring it back on the same port, as an init system would.
  const keepAlive = () =>
    server.child.once('exit', () => {
      if (stopping) return;
      setTimeout(() => {
        if (stopping) return;
        server = launch(bin, place, ticket.port);
        keepAlive();
      }, 500);
    });
  keepAlive();
  await createDatabase(ticket);
  return {
    async stop() {
      stopping = true;
      if (server.child.exitCode !== null) return;
      const ended = new Promise((done) => server.child.once('exit', done));
      server.child.stdin?.end();
      await ended;
    },
  };
}

/** Processes of a server that has just ended may still hold its memory: then it is tried again. */
const STILL_IN_USE = /pre-existing shared memory block|lock file ".*" (?:already exists|is empty)/;

async function launched(bin: string, place: Place, ticket: Ticket, deadline: number): Promise<Launched> {
  for (;;) {
    const server = launch(bin, place, ticket.port);
    try {
      await ready(server, ticket, deadline);
      return server;
    } catch (error) {
      server.child.stdin?.end();
      if (!STILL_IN_USE.test(server.log) || performance.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

/**
 * Waits for the end of a server that whoever had it before has left behind, and ends it if it does not by itself. Its
 * number alone proves nothing: after a kill -9 or a power cut it may have become anybody's.
 */
async function endOfTheLast(data: string, deadline: number): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const since = performance.now();
  for (;;) {
    if (!existsSync(file)) return;
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    if (!isServerOf(data, pid)) return rmSync(file, { force: true });
    if (performance.now() > deadline)
      throw new EmbeddedDatabaseError(
        `The embedded database does not end: end process ${pid} and start again.`,
      );
    if (performance.now() - since > ENDS_WITHIN) interrupt(pid);
    await sleep(100);
  }
}

function interrupt(pid: number): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch {
    // It has just ended.
  }
}

/** Whether a living process is a PostgreSQL on this folder, by its command; where none can be had, by its number. */
function isServerOf(data: string, pid: number): boolean {
  if (!isAlive(pid)) return false;
  const command = commandOf(pid);
  return command === undefined || (command.includes('postgres') && command.includes(data));
}

function commandOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // No such system, or no such process any more.
  }
  if (process.platform === 'win32') return undefined;
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8', cwd: '/' });
  } catch {
    return undefined;
  }
}

/**
 * PostgreSQL under a small shell that holds our pipe: when this process goes away for whatever reason, kill -9
 * included, the pipe closes and the server stops cleanly. In a session of its own it gets no Ctrl-C before us.
 */
function launch(bin: string, { data, user, settings, prepare }: Place, port: number): Launched {
  const extras = prepare?.();
  const script =
    '"$@" & p=$!; trap "" INT TERM HUP; exec 3<&0; (cat <&3 >/dev/null; kill -INT $p) & c=$!; wait $p; kill -9 $c';
  const flags = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    ...settings,
    ...(extras?.settings ?? []),
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
    env: { LC_ALL: 'C', PATH: process.env.PATH, ...extras?.env },
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

async function ready(server: Launched, ticket: Ticket, deadline: number): Promise<void> {
  while (!(await answers(ticket, 'postgres'))) {
    if (server.child.exitCode !== null || performance.now() > deadline) {
      const reason = /(?:FATAL|PANIC): {2}(.*)/.exec(server.log)?.[1] ?? server.log.trim().split('\n').at(-1);
      throw new EmbeddedDatabaseError(`The embedded database did not start: ${reason ?? 'no reason given'}.`);
    }
    await sleep(20);
  }
}

/** Made beside its place and moved there whole: nothing that is there is touched, and what failed leaves nothing. */
function initialise(base: string, data: string, bin: string, user: ServerUser, password: string): void {
  const made = `${data}.new`;
  rmSync(made, { recursive: true, force: true });
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
    ...['-D', made, '-U', 'clinic', '-A', 'scram-sha-256', `--pwfile=${secret}`, '--no-sync'],
    ...flags,
  ];
  try {
    execFileSync(join(bin, 'initdb'), command, {
      cwd: '/',
      env: { LC_ALL: 'C', PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
      ...user.ids,
    });
    renameSync(made, data);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new EmbeddedDatabaseError(`The embedded database could not be made in ${data}: ${output}`);
  } finally {
    rmSync(secret, { force: true });
  }
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

export const urlOf = ({ port, password }: Pick<Ticket, 'port' | 'password'>, database = 'clinic') =>
  `postgres://clinic:${password}@127.0.0.1:${port}/${database}`;

export async function answers(ticket: Ticket, database = 'clinic'): Promise<boolean> {
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

/** Until whatever has just left a port is gone from it. */
const PORT_FREED_WITHIN = 5_000;

/**
 * Below the range from which the system takes ports for outgoing connections, which may collide.
 * @param wanted taken if it becomes free within some seconds
 */
export async function freePort(wanted?: number): Promise<number> {
  const deadline = performance.now() + PORT_FREED_WITHIN;
  while (wanted !== undefined && performance.now() < deadline) {
    if (await isFree(wanted)) return wanted;
    await sleep(100);
  }
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return port;
  }
  throw new EmbeddedDatabaseError('No free port between 20000 and 32000.');
}

const isFree = (port: number) =>
  new Promise<boolean>((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
  });
