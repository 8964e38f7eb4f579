import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { archiveWal } from '../db/backup/wal.ts';

/**
 * The server's `archive_command`. It imports nothing that npm installs, reads no settings but BACKUP_KEY, and ends with 0
 * only once the file is on the disk.
 */

const USAGE =
  'Usage: node src/cli/archive-wal.ts --to DIR [--key-file FILE] %p %f; or BACKUP_KEY in the environment.';

const fail = (line: string): never => {
  process.stderr.write(`clinic archive: ${line}\n`);
  process.exit(1);
};

try {
  const { values, positionals } = parseArgs({
    options: { to: { type: 'string' }, 'key-file': { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    process.exit(0);
  }
  const [path, name, ...more] = positionals;
  if (!values.to || !path || !name || more.length > 0) fail(USAGE);
  const file = values['key-file'];
  const key = file ? readFileSync(file, 'utf8').trim() : process.env.BACKUP_KEY;
  await archiveWal(values.to ?? '', key, path ?? '', name ?? '');
} catch (error) {
  const code = error instanceof Error && 'code' in error ? `${error.code}: ` : '';
  fail(`${code}${error instanceof Error ? error.message : 'failed'}`);
}
