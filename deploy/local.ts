import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Embedded, freePort, openEmbedded } from '../src/db/embedded/embedded.ts';
import { serverUser } from '../src/db/embedded/files.ts';
import { migrateDatabase } from '../src/db/migrate.ts';

/**
 * npm run replicas: several processes as on several machines, without containers. PostgreSQL and a streaming replica,
 * PgBouncer before both, Redis, two API processes, one of background jobs, and nginx in front.
 */

const root = resolve(import.meta.dirname, '..');
/** Debian keeps servers where only root looks. */
const PATH = `${process.env.PATH ?? ''}:/usr/sbin`;

/** What Debian's packages of the same names install; the rest comes with the project. */
const PROGRAMS = ['nginx', 'pgbouncer', 'redis-server'];

/** A program of the site, at its own port. */
export interface Program {
  port: number;
  /** What it has printed since it was started last; of very much the end. */
  output(): string;
  /** kill -9, as when its machine goes. */
  kill(): Promise<void>;
  /** Again, at the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface Site {
  /** Where nginx listens. */
  origin: string;
  apis: [Program, Program];
  primary: Embedded & { dir: string };
  replica: Embedded & { dir: string };
  /** The two databases as the API knows them, through PgBouncer. */
  pooled: { primary: string; replica: string };
  /** Whether this PgBouncer keeps prepared statements. */
  prepared: boolean;
  stop(): Promise<void>;
}

export interface SiteOptions {
  /** Settings of the API and of the background jobs. */
  env?: Record<string, string>;
  /** Connections that PgBouncer has to each of the databases. */
  pool_size?: number;
  /** Further settings of PostgreSQL, as `name=value`. */
  settings?: readonly string[];
  /** The program of PgBouncer. */
  pgbouncer?: string;
}

/** Which programs are not here. */
export const missingPrograms = (): string[] =>
  PROGRAMS.filter((name) => {
    try {
      execFileSync(name, [name === 'nginx' ? '-v' : '--version'], { stdio: 'ignore', env: { PATH } });
      return false;
    } catch {
      return true;
    }
  });

/** Everything in a temporary folder, at free ports of this machine, until `stop`. */
export async function startSite({
  env = {},
  pool_size = 10,
  settings = [],
  pgbouncer = 'pgbouncer',
}: SiteOptions = {}): Promise<Site> {
  const user = serverUser();
  const dir = mkdtempSync(join(tmpdir(), 'clinic-replicas-'));
  if (user.ids) chownSync(dir, user.ids.uid, user.ids.gid);
  const running: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const program of running.reverse()) await program.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  const file = (name: string, text: string) => {
    const path = join(dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    if (user.ids) chownSync(path, user.ids.uid, user.ids.gid);
    return path;
  };
  const launch = async (options: LaunchOptions) => {
    const program = await startProgram(options);
    running.push(program);
    return program;
  };

  try {
    const { primary, replica } = await openDatabases(dir, settings);
    running.push(replica, primary);

    const { username, password } = new URL(primary.url);
    const pooler = await freePort();
    // Before 1.21 it keeps no prepared statements, and knows no setting for them.
    const [, minor = '0'] =
      /PgBouncer 1\.(\d+)/.exec(
        execFileSync(pgbouncer, ['--version'], { encoding: 'utf8', env: { PATH } }),
      ) ?? [];
    const prepared = Number(minor) >= 21;
    const ini = filled('pgbouncer.ini', {
      'host=database port=5432': `host=127.0.0.1 port=${new URL(primary.url).port}`,
      'host=replica port=5432': `host=127.0.0.1 port=${new URL(replica.url).port}`,
      'listen_addr = 0.0.0.0': 'listen_addr = 127.0.0.1',
      'listen_port = 6432': `listen_port = ${pooler}`,
      '/tmp/userlist.txt': file('userlist.txt', `"${username}" "${password}"\n`),
      'default_pool_size = 20': `default_pool_size = ${pool_size}`,
      ...(!prepared && { 'max_prepared_statements = 200\n': '' }),
    });
    await launch({ command: [pgbouncer, file('pgbouncer.ini', ini)], port: pooler, ids: user.ids });
    const pooled = (database: string) => `postgres://${username}:${password}@127.0.0.1:${pooler}/${database}`;

    const redis = await freePort();
    const secret = randomBytes(24).toString('hex');
    const redisConf = `port ${redis}\nbind 127.0.0.1\nsave ""\nappendonly no\nrequirepass ${secret}\n`;
    await launch({
      command: ['redis-server', file('redis.conf', redisConf)],
      port: redis,
      ids: user.ids,
    });

    const shared = {
      PATH,
      DOTENV_CONFIG_PATH: '/nonexistent',
      DATABASE_URL: pooled('clinic'),
      DATABASE_REPLICA_URL: pooled('clinic_replica'),
      DATABASE_DIRECT_URL: primary.url,
      DATABASE_PREPARED: String(prepared),
      REDIS_URL: `redis://:${secret}@127.0.0.1:${redis}`,
      JWT_SECRET: randomBytes(48).toString('base64url'),
      TRUST_PROXY: '127.0.0.1',
      WORKER: 'external',
      DATA_DIR: join(dir, 'data'),
      ...env,
    };
    // One after the other: the first fills an empty database with the demo clinic.
    const api = async () => {
      const port = await freePort();
      const command = [process.execPath, 'src/main/server.ts'];
      return launch({ command, port, env: { ...shared, PORT: String(port) } });
    };
    const apis: [Program, Program] = [await api(), await api()];
    await launch({ command: [process.execPath, 'src/main/worker.ts'], env: shared });

    const front = await freePort();
    const upstream = (server: string) => `server ${server} max_fails=3 fail_timeout=2s;`;
    const conf = filled('nginx.conf', {
      [upstream('api-replicas:3000 resolve')]: apis
        .map(({ port }) => upstream(`127.0.0.1:${port}`))
        .join('\n    '),
      'listen 8080': `listen 127.0.0.1:${front}`,
      'client_max_body_size 64k': `client_max_body_size ${env.BODY_LIMIT_KB ?? 64}k`,
    });
    const nginx = ['nginx', '-p', dir, '-e', 'stderr', '-c', file('nginx.conf', conf), '-g', 'daemon off;'];
    await launch({ command: nginx, port: front, ids: user.ids });
    return {
      origin: `http://127.0.0.1:${front}`,
      apis,
      primary: { ...primary, dir: join(dir, 'primary/postgres') },
      replica: { ...replica, dir: join(dir, 'replica/postgres') },
      pooled: { primary: pooled('clinic'), replica: pooled('clinic_replica') },
      prepared,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A file beside this one with other values in it, each of which must stand there. */
export function filled(name: string, values: Record<string, string>): string {
  let text = readFileSync(join(import.meta.dirname, name), 'utf8');
  for (const [value, other] of Object.entries(values)) {
    if (!text.includes(value)) throw new Error(`there is no "${value}" in deploy/${name}`);
    text = text.replace(value, other);
  }
  return text;
}

/** A server, migrated, and a second one that begins as its copy and follows it from there. */
async function openDatabases(dir: string, more: readonly string[]) {
  const settings = ['wal_keep_size=256MB', ...more];
  const [first, second] = [join(dir, 'primary'), join(dir, 'replica')];
  const fresh = await openEmbedded({ dir: first, settings });
  await migrateDatabase(fresh.url).finally(() => fresh.stop());
  execFileSync('cp', ['-a', first, second]);
  const primary = await openEmbedded({ dir: first, settings });
  const { port, username, password } = new URL(primary.url);
  const followed = `host=127.0.0.1 port=${port} user=${username} password=${password}`;
  appendFileSync(join(second, 'postgres/postgresql.auto.conf'), `primary_conninfo = '${followed}'\n`);
  writeFileSync(join(second, 'postgres/standby.signal'), '');
  return { primary, replica: await openEmbedded({ dir: second, settings }) };
}

interface LaunchOptions {
  command: readonly string[];
  /** Where it listens once it is up; without one it is up at once. */
  port?: number;
  env?: Record<string, string>;
  ids?: { uid: number; gid: number } | undefined;
}

/**
 * Says the program's number, and ends it when our end of the pipe closes, which it does however this process ends. In a
 * session of its own it hears no Ctrl-C before us.
 */
const HELD =
  '"$@" & p=$!; echo "pid $p"; trap "" INT TERM HUP; exec 3<&0; (cat <&3 >/dev/null; kill -9 $p) & c=$!; wait $p; kill -9 $c';

export async function startProgram({ command, port = 0, env = {}, ids }: LaunchOptions): Promise<Program> {
  let child: ChildProcess | undefined;
  let number = 0;
  let text = '';

  async function start(): Promise<void> {
    number = 0;
    text = '';
    const started = spawn('sh', ['-c', HELD, 'sh', ...command], {
      cwd: root,
      detached: true,
      env: { PATH, ...env },
      ...ids,
    });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        text = (text + part).slice(-10_000_000);
        number ||= Number(/^pid (\d+)$/m.exec(text)?.[1] ?? 0);
      });
    while (number === 0 || (port > 0 && !(await answers(port)))) {
      if (started.exitCode !== null) throw new Error(`${command[0]} did not start: ${text}`);
      await sleep(20);
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = once(ending, 'exit');
    process.kill(number, signal);
    const cutOff = setTimeout(() => ending.stdin?.end(), 15_000);
    await gone;
    clearTimeout(cutOff);
  }

  await start();
  return { port, output: () => text, start, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => done(false));
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
  });
}

if (import.meta.main) {
  const missing = missingPrograms();
  if (missing.length > 0) {
    process.stderr.write(
      `Not here: ${missing.join(', ')}. On Debian: apt-get install ${missing.join(' ')}\n`,
    );
    process.exit(1);
  }
  const starting = startSite();
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      // Heard twice, from the terminal and from npm.
      if (stopping) return;
      stopping = true;
      void starting.then((site) => site.stop()).then(() => process.exit(0));
    });
  const { origin, apis } = await starting;
  process.stdout.write(`Listening on ${origin} (Swagger UI: ${origin}/api/docs/)\n`);
  process.stdout.write(
    `${/Demo accounts.*(?:\n {2}.*)+/.exec(apis[0].output())?.[0] ?? ''}\nCtrl-C stops it all.\n`,
  );
}
