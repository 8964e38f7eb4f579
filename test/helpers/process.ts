import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const NODE_COMPILE_CACHE = join(root, 'node_modules/.cache/node');

/** A process of the project as a person would start it, with nothing of this test run's environment. */
export interface Started {
  child: ChildProcess;
  /** All it has printed so far, on both streams. */
  output(): string;
  /** Resolves with the first match once it has been printed; rejects if the process ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  exited: Promise<number | null>;
}

/** @param files how many it may have open, connections included */
export function startProcess(args: string[], env: Record<string, string>, files?: number): Started {
  const limited = ['sh', '-c', `ulimit -Sn ${files} && ulimit -Hn ${files} && exec "$0" "$@"`];
  const [command = '', ...rest] = [...(files === undefined ? [] : limited), process.execPath, ...args];
  const child = spawn(command, rest, {
    cwd: root,
    // With compiled code kept from one start to the next, as `npm start` does.
    env: { PATH: process.env.PATH ?? '', DOTENV_CONFIG_PATH: '/nonexistent', NODE_COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      child.emit('printed');
    });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    output: () => text,
    exited,
    async printed(pattern) {
      for (;;) {
        const match = pattern.exec(text);
        if (match) return match;
        const ended = await Promise.race([once(child, 'printed').then(() => false), exited.then(() => true)]);
        if (ended && !pattern.test(text)) throw new Error(`it ended without printing ${pattern}:\n${text}`);
      }
    },
  };
}

export interface RunningServer extends Started {
  base: string;
}

/** The API process on a free port; cheap passwords, no demo data and no hurry, unless `env` says otherwise. */
export async function startServer(env: Record<string, string>, files?: number): Promise<RunningServer> {
  const started = startProcess(
    ['src/main/server.ts'],
    { PORT: '0', BCRYPT_COST: '4', DEMO_DATA: 'false', MAX_WAIT_SECONDS: '60', ...env },
    files,
  );
  const [, base = ''] = await started.printed(/Listening on (http:\/\/\S+)/);
  return { ...started, base };
}

/** A folder for an embedded database of the test's own. */
export function temporaryFolder(): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'clinic-process-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
