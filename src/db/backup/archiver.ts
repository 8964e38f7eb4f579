import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reachable, type ServerUser, serverUser } from '../embedded/files.ts';
import type { Extras } from '../embedded/server.ts';

/** How the embedded server archives its log: by a command of ours, which it runs as its own user. */

const SCRIPT = fileURLToPath(new URL('../../cli/archive-wal.ts', import.meta.url));
/** Without a change nothing is archived, and after one no later than this. */
const TIMEOUT = '60s';

/**
 * What a server needs that archives into `backup_dir`.
 * @returns undefined for one that was restored: what it was copied from may archive there still, so that it archives nowhere
 * until its own settings say so (restore.ts)
 */
export function archiving(data_dir: string, backup_dir: string, key: string | undefined): Extras | undefined {
  const user = serverUser();
  const base = reachable(resolve(data_dir), user);
  if (archivesNowhere(join(base, 'postgres'))) return undefined;
  const { node, script } = runnable(base, user);
  const command = archiveCommand(node, script, resolve(backup_dir));
  return {
    settings: ['archive_mode=on', `archive_timeout=${TIMEOUT}`, `archive_command=${command}`],
    env: key ? { BACKUP_KEY: key } : {},
  };
}

/** What a server is started with goes before its own settings: whoever restored one has said there that it archives nothing. */
function archivesNowhere(data: string): boolean {
  const auto = join(data, 'postgresql.auto.conf');
  const said = existsSync(auto) ? readFileSync(auto, 'utf8') : '';
  const last = [...said.matchAll(/^\s*archive_mode\s*=?\s*'?(\w+)/gm)].at(-1);
  return last?.[1] === 'off';
}

/** The line for `archive_command`; a percent sign is the server's own there. */
function archiveCommand(node: string, script: string, dir: string): string {
  const quoted = [node, script, dir].map(
    (path) => `'${path.replaceAll("'", "'\\''").replaceAll('%', '%%')}'`,
  );
  return `${quoted[0]} ${quoted[1]} --to ${quoted[2]} %p %f`;
}

/** As it stands in postgresql.conf. */
export const archiveSetting = (dir: string): string =>
  `'${archiveCommand(process.execPath, SCRIPT, dir).replaceAll("'", "''")}'`;

/** This Node and the command, copied to where the server's user can run them, if need be. */
function runnable(base: string, user: ServerUser): { node: string; script: string } {
  const here = { node: process.execPath, script: SCRIPT };
  if (canRun(here, user)) return here;
  const copy = join(base, 'archiver');
  const there = { node: join(copy, 'node'), script: join(copy, 'src/cli/archive-wal.ts') };
  mkdirSync(join(copy, 'src/cli'), { recursive: true });
  const { size } = statSync(process.execPath);
  if (statSync(there.node, { throwIfNoEntry: false })?.size !== size) {
    // Whoever is killed in the middle of it leaves no half of a program under its name.
    copyFileSync(process.execPath, `${there.node}.part`);
    renameSync(`${there.node}.part`, there.node);
  }
  for (const folder of ['backup', 'embedded'])
    cpSync(fileURLToPath(new URL(`../${folder}`, import.meta.url)), join(copy, 'src/db', folder), {
      recursive: true,
    });
  copyFileSync(SCRIPT, there.script);
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }\n');
  return there;
}

function canRun({ node, script }: { node: string; script: string }, user: ServerUser): boolean {
  try {
    execFileSync(node, [script, '--help'], { cwd: '/', stdio: 'ignore', env: {}, ...user.ids });
    return true;
  } catch {
    return false;
  }
}
