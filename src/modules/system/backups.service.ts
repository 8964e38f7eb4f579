import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Message } from '../../core/messages.ts';
import { NOT_ARCHIVED } from '../../db/backup/following.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';

interface BackupsDependencies {
  db: Db;
  clock: Clock;
  log: Log;
  backup_dir: string | undefined;
  backup_jobs: boolean;
  users: { activeAdmins: (tx: Tx) => Promise<number[]> };
  messages: { enqueue: (tx: Tx, message: Message) => Promise<unknown> };
}

/** The commands that a person types as well; each in a process of its own, whose memory goes back to the system. */
const COMMANDS = {
  backup: ['backup', '--existing', '--archived'],
  rehearsal: ['backup-rehearse', '--archived'],
} as const;

export type Backups = ReturnType<typeof createBackups>;

/** Backups and rehearsals in the background, and who is told when one fails. */
export function createBackups({
  db,
  clock,
  log,
  backup_dir,
  backup_jobs,
  users,
  messages,
}: BackupsDependencies) {
  async function tell(failed: keyof typeof COMMANDS | 'archive'): Promise<void> {
    const { date } = clock.wall();
    await transaction(db, async (tx) => {
      for (const user_id of await users.activeAdmins(tx))
        await messages.enqueue(tx, {
          user_id,
          kind: 'backup_failed',
          key: `backup_failed:${failed}:${date}`,
          params: { rehearsal: String(failed === 'rehearsal'), unarchived: String(failed === 'archive') },
        });
    });
  }

  /** Tries once: the next night, or week, tries again, and admins know by then. */
  async function run(command: keyof typeof COMMANDS): Promise<void> {
    if (backup_dir === undefined || !backup_jobs) return;
    const { code, said } = await runCommand(COMMANDS[command]);
    const says = said.trim().split('\n').at(-1);
    if (code === 0) return log.info({ command, says }, 'the backups are well');
    log.error({ command, says }, 'the backups are not well');
    await tell(code === NOT_ARCHIVED ? 'archive' : command);
  }

  return { backUp: () => run('backup'), rehearse: () => run('rehearsal') };
}

/** It reads the same settings as this process, and prints lines for people, without anybody's data. */
async function runCommand([name, ...flags]: readonly string[]): Promise<{
  code: number | null;
  said: string;
}> {
  const file = fileURLToPath(new URL(`../../cli/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [file, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000);
    });
  const [code] = await once(child, 'close');
  return { code, said };
}
