import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { binaries, EmbeddedDatabaseError, type ServerUser } from '../embedded/files.ts';
import { BackupError } from './envelope.ts';

/** Runs a server on restored files, where nobody but us reaches it: on a socket in a folder of its own. */

interface RecoveryOptions {
  data: string;
  user: ServerUser;
  /** The programs' folder of a PostgreSQL of the same major version. */
  bin: string;
  /** As whom and to which database one connects. */
  role: string;
  database: string;
  /** Stops at the last commit before or at this moment; without it at the log's end. */
  at: Date | undefined;
}

interface Recovered {
  url: string;
  /** When the last transaction committed that is in it; undefined where none came after the base. */
  last_commit: Date | undefined;
  /** Whether the log ended before the moment that was asked for: then all of it is there. */
  ended_early: boolean;
  stop(): Promise<void>;
}

/** What the copy must not do, whatever the server did that it comes from. */
const ALONE = [
  "listen_addresses=''",
  'archive_mode=off',
  'hot_standby=off',
  'synchronous_standby_names=',
  'primary_conninfo=',
  'shared_preload_libraries=',
  'ssl=off',
  'lc_messages=C',
  'log_timezone=UTC',
  'timezone=UTC',
  'logging_collector=off',
  'log_destination=stderr',
  'log_min_messages=log',
  "log_line_prefix=''",
  'restore_command=false',
  'recovery_target_timeline=latest',
  'recovery_target_action=promote',
];

const ENDED_EARLY = /recovery ended before configured recovery target was reached/;

/**
 * Lets the server on these files play its log back, and open for writing.
 * @throws BackupError with the server's own reason
 */
export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const { data, user, bin, role, database, at } = options;
  const socket = mkdtempSync(join(tmpdir(), 'clinic-restore-'));
  const hba = join(socket, 'pg_hba.conf');
  writeFileSync(hba, 'local all all trust\n');
  writeFileSync(join(data, 'recovery.signal'), '');
  if (user.ids)
    for (const path of [socket, hba, join(data, 'recovery.signal')])
      chownSync(path, user.ids.uid, user.ids.gid);
  const url = `postgres://${encodeURIComponent(role)}@/${encodeURIComponent(database)}?host=${encodeURIComponent(socket)}`;
  const settings = [...ALONE, `unix_socket_directories=${socket}`, `hba_file=${hba}`];
  const clean = () => {
    process.off('exit', clean);
    rmSync(socket, { recursive: true, force: true });
  };
  process.once('exit', clean);
  try {
    // By its offset in digits: as it starts, the server knows no names of zones yet, Z included.
    const target = at ? [`recovery_target_time=${at.toISOString().replace('Z', '+00')}`] : [];
    let server = launch(bin, data, user, [...settings, ...target]);
    let ended_early = false;
    if (!(await opened(server, url)) && at && ENDED_EARLY.test(server.log)) {
      // Nothing committed after the moment: the end of the log is what was asked for.
      ended_early = true;
      writeFileSync(join(data, 'recovery.signal'), '');
      server = launch(bin, data, user, settings);
      await opened(server, url);
    }
    if (server.child.exitCode !== null)
      throw new BackupError(`The restored server did not start: ${reasonOf(server.log)}`);
    const [, commit] = /last completed transaction was at log time (\S+ \S+)/.exec(server.log) ?? [];
    return {
      url,
      last_commit: commit ? new Date(commit.replace(' ', 'T').replace(/\+00$/, 'Z')) : undefined,
      ended_early,
      async stop() {
        const ended = once(server.child, 'exit');
        server.child.stdin?.end();
        await ended;
        clean();
      },
    };
  } catch (error) {
    clean();
    throw error;
  }
}

interface Launched {
  child: ChildProcess;
  log: string;
}

/** Ends with our end of the pipe, however this process ends. */
const HELD =
  '"$@" & p=$!; trap "" INT TERM HUP; exec 3<&0; (cat <&3 >/dev/null; kill -INT $p) & c=$!; wait $p; code=$?; kill -9 $c; exit $code';

function launch(bin: string, data: string, user: ServerUser, settings: string[]): Launched {
  const flags = settings.flatMap((setting) => ['-c', setting.replace(/=''$/, '=')]);
  const child = spawn('sh', ['-c', HELD, 'sh', join(bin, 'postgres'), '-D', data, ...flags], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { LC_ALL: 'C', PATH: process.env.PATH, TZ: 'UTC' },
    ...user.ids,
  });
  const launched: Launched = { child, log: '' };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    launched.log += text;
  });
  return launched;
}

/** @returns false where the server has ended instead */
async function opened({ child }: Launched, url: string): Promise<boolean> {
  while (child.exitCode === null) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    try {
      await client.connect();
      return true;
    } catch {
      await sleep(50);
    } finally {
      await client.end().catch(() => {});
    }
  }
  return false;
}

function reasonOf(log: string): string {
  const lines = log.trim().split('\n');
  return lines.findLast((line) => /FATAL|PANIC|ERROR/.test(line)) ?? lines.at(-1) ?? 'it said nothing';
}

/** Where Debian, PostgreSQL's own packages and Homebrew keep the programs of a version. */
const PLACES = (major: number) => [
  `/usr/lib/postgresql/${major}/bin`,
  `/usr/pgsql-${major}/bin`,
  `/opt/homebrew/opt/postgresql@${major}/bin`,
  `/usr/local/opt/postgresql@${major}/bin`,
];

/**
 * The folder of a `postgres` of this major version: the one that is named, the project's own, or the machine's.
 * @param base where the project's own may be copied to, if its user cannot run it elsewhere
 */
export function programsOf(
  major: number,
  { named, base, user }: { named?: string | undefined; base: string; user: ServerUser },
): string {
  const own = () => {
    try {
      return binaries(base, user);
    } catch (error) {
      if (error instanceof EmbeddedDatabaseError) return undefined;
      throw error;
    }
  };
  const isRight = (bin: string | undefined): bin is string =>
    bin !== undefined && existsSync(join(bin, 'postgres')) && majorOf(bin) === major;
  const found = named ? [named] : [...PLACES(major), own()];
  const bin = found.find(isRight);
  if (!bin)
    throw new BackupError(
      `There is no PostgreSQL ${major} here, which these files need: install it, or name its programs with --bin DIR.`,
    );
  return bin;
}

function majorOf(bin: string): number {
  const text = execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8', cwd: '/' });
  return Number(/(\d+)/.exec(text)?.[1]);
}
