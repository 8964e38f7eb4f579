import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../src/db/embedded/embedded.ts';
import { serverUser } from '../src/db/embedded/files.ts';
import { migrateDatabase } from '../src/db/migrate.ts';
import { filled, type Program, startProgram } from './local.ts';
import { type Machine, openNetwork } from './machines.ts';

/**
 * npm run cluster: two PostgreSQL 15 under Patroni, with etcd, HAProxy before them, two API processes and nginx, from Debian's
 * packages. Each server of the database is a machine of its own where this one allows it, so that it can be lost.
 */

const PATH = `${process.env.PATH ?? ''}:/usr/sbin`;
const PROGRAMS = { nginx: 'nginx', patroni: 'patroni', etcd: 'etcd-server', haproxy: 'haproxy' };
const POSTGRES = '/usr/lib/postgresql/15/bin/postgres';

/** Which of Debian's packages are not here. */
export function missingPackages(): string[] {
  const missing = Object.entries(PROGRAMS).flatMap(([name, packaged]) => {
    try {
      execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore', env: { PATH } });
      return [];
    } catch {
      return [packaged];
    }
  });
  return existsSync(POSTGRES) ? missing : [...missing, 'postgresql-15'];
}

/** One of the two servers of the database. */
export interface Node {
  machine: Machine;
  /** Of Patroni. */
  api: string;
  patroni: Program;
  /**
   * Whether Patroni says that it is this; false too where it says nothing. `synchronous` is a replica that may take over: it has
   * all that was answered, and etcd knows.
   */
  is(role: 'primary' | 'replica' | 'synchronous'): Promise<boolean>;
}

export interface Cluster {
  origin: string;
  nodes: [Node, Node];
  apis: [Program, Program];
  /** The primary, whichever it is, through HAProxy; as the API's role. */
  url: string;
  /** etcd, by HTTP. */
  etcd: string;
  stop(): Promise<void>;
}

export async function startCluster({ env = {} }: { env?: Record<string, string> } = {}): Promise<Cluster> {
  const user = serverUser();
  const dir = mkdtempSync(join(tmpdir(), 'clinic-cluster-'));
  chmodSync(dir, 0o755);
  const network = openNetwork();
  const running: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const program of running.reverse()) await program.stop().catch(() => {});
    await network.remove();
    rmSync(dir, { recursive: true, force: true });
  };
  const own = (path: string) => {
    if (user.ids) chownSync(path, user.ids.uid, user.ids.gid);
    return path;
  };
  const file = (name: string, text: string) => {
    writeFileSync(join(dir, name), text, { mode: 0o600 });
    return own(join(dir, name));
  };
  const folder = (name: string) => {
    mkdirSync(join(dir, name), { mode: 0o700 });
    return own(join(dir, name));
  };
  // A machine's user is set within its namespace, which only root enters.
  const as = user.ids
    ? ['setpriv', `--reuid=${user.ids.uid}`, `--regid=${user.ids.gid}`, '--clear-groups']
    : [];
  const launch = async (options: Parameters<typeof startProgram>[0]) => {
    const program = await startProgram(options);
    running.push(program);
    return program;
  };

  try {
    const password = randomBytes(24).toString('hex');
    const keeper = network.machine('e');
    const [client, peer] = [await freePort(), await freePort()];
    const etcd = `http://${keeper.address}:${client}`;
    await launch({
      command: [
        ...[
          ...keeper.prefix,
          ...as,
          'etcd',
          '--name',
          'one',
          '--data-dir',
          folder('etcd'),
          '--log-level',
          'error',
        ],
        ...['--listen-client-urls', etcd, '--advertise-client-urls', etcd],
        ...['--listen-peer-urls', `http://${keeper.address}:${peer}`],
        ...['--initial-advertise-peer-urls', `http://${keeper.address}:${peer}`],
        ...['--initial-cluster', `one=http://${keeper.address}:${peer}`, '--unsafe-no-fsync'],
      ],
      env: { ETCD_UNSUPPORTED_ARCH: process.arch },
    });

    const node = async (name: string): Promise<Node & { port: number }> => {
      const machine = network.machine(name);
      const [port, rest] = [await freePort(), await freePort()];
      const api = `http://${machine.address}:${rest}`;
      const values: Record<string, string> = {
        NAME: name,
        ETCD: `'${keeper.address}:${client}'`,
        DATA: join(folder(name), 'data'),
        PGPASS: join(dir, name, 'pgpass'),
        SOCKET: join(dir, name),
        PASSWORD: password,
        NETWORK: network.range,
        'ADDRESS:8008': `${machine.address}:${rest}`,
        'ADDRESS:5432': `${machine.address}:${port}`,
      };
      let yaml = filled('patroni.yaml', {});
      for (const [word, value] of Object.entries(values))
        yaml = yaml.replace(/^#.*\n/gm, '').replaceAll(word, value);
      const patroni = await launch({
        command: [...machine.prefix, ...as, 'patroni', file(`${name}.yaml`, yaml)],
        env: { HOME: join(dir, name), LC_ALL: 'C.UTF-8' },
      });
      const is = (role: string) =>
        fetch(`${api}/${role}`, { signal: AbortSignal.timeout(1_000) }).then(
          ({ ok }) => ok,
          () => false,
        );
      return { machine, api, patroni, is, port };
    };
    const one = await node('one');
    await until(() => one.is('primary'));
    const two = await node('two');
    await until(() => two.is('replica'));

    const door = await freePort();
    const server = ({ machine, port, api }: Node & { port: number }) =>
      `${machine.address}:${port} check port ${new URL(api).port}`;
    const cfg = filled('haproxy.cfg', {
      'bind 0.0.0.0:5432': `bind 127.0.0.1:${door}`,
      'database-1:5432 check port 8008': server(one),
      'database-2:5432 check port 8008': server(two),
    });
    await launch({ command: ['haproxy', '-db', '-f', file('haproxy.cfg', cfg)], port: door, ids: user.ids });
    const url = await createDatabase(`postgres://postgres:${password}@127.0.0.1:${door}/postgres`);
    await migrateDatabase(url);

    const shared = {
      PATH,
      DOTENV_CONFIG_PATH: '/nonexistent',
      DATABASE_URL: url,
      MIGRATE_ON_START: 'false',
      JWT_SECRET: randomBytes(48).toString('base64url'),
      TRUST_PROXY: '127.0.0.1',
      DATA_DIR: join(dir, 'data'),
      ...env,
    };
    const api = async () => {
      const port = await freePort();
      return launch({
        command: [process.execPath, 'src/main/server.ts'],
        port,
        env: { ...shared, PORT: String(port) },
      });
    };
    const apis: [Program, Program] = [await api(), await api()];
    const front = await freePort();
    const upstream = (server: string) => `server ${server} max_fails=3 fail_timeout=2s;`;
    const conf = filled('nginx.conf', {
      [upstream('api-replicas:3000 resolve')]: apis
        .map(({ port }) => upstream(`127.0.0.1:${port}`))
        .join('\n    '),
      'listen 8080': `listen 127.0.0.1:${front}`,
    });
    const nginx = [
      'nginx',
      '-p',
      folder('nginx'),
      '-e',
      'stderr',
      '-c',
      file('nginx.conf', conf),
      '-g',
      'daemon off;',
    ];
    await launch({ command: nginx, port: front, ids: user.ids });
    return { origin: `http://127.0.0.1:${front}`, nodes: [one, two], apis, url, etcd, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A role and a database of the API's own. @returns how it reaches them */
async function createDatabase(superuser: string): Promise<string> {
  const password = randomBytes(24).toString('hex');
  // Until HAProxy has asked, it takes turns between the two, the replica too.
  let in_a_row = 0;
  while (in_a_row < 4) in_a_row = (await isWritable(superuser)) ? in_a_row + 1 : 0;
  const client = await connected(superuser);
  try {
    await client.query(`create role clinic login password '${password}'`);
    await client.query('create database clinic owner clinic');
  } finally {
    await client.end();
  }
  const url = new URL(superuser);
  Object.assign(url, { username: 'clinic', password, pathname: '/clinic' });
  return url.href;
}

async function isWritable(url: string): Promise<boolean> {
  const client = await connected(url);
  try {
    const { rows } = await client.query('select not pg_is_in_recovery() as is_writable');
    return rows[0]?.is_writable === true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function connected(url: string): Promise<pg.Client> {
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      return client;
    } catch {
      await client.end().catch(() => {});
      await sleep(200);
    }
  }
}

export async function until(met: () => Promise<boolean>): Promise<void> {
  while (!(await met())) await sleep(200);
}

if (import.meta.main) {
  const missing = missingPackages();
  if (missing.length > 0) {
    process.stderr.write(
      `Not here: ${missing.join(', ')}. On Debian: apt-get install ${missing.join(' ')}\n`,
    );
    process.exit(1);
  }
  const starting = startCluster();
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      void starting.then((cluster) => cluster.stop()).then(() => process.exit(0));
    });
  const { origin, nodes } = await starting;
  process.stdout.write(`Listening on ${origin} (Swagger UI: ${origin}/api/docs/)\n`);
  for (const { machine, api } of nodes) process.stdout.write(`  ${machine.name}: ${api}/cluster\n`);
  process.stdout.write('Ctrl-C stops it all.\n');
}
