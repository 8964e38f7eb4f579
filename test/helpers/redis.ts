import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../src/db/embedded/embedded.ts';

/** A real redis-server (Debian's package redis-server), started by the test that needs it. */
export interface RunningRedis {
  url: string;
  /** kill -9, as when a machine goes. */
  kill(): Promise<void>;
  /** Stops answering, without a word; `resume` lets it go on. */
  pause(): void;
  resume(): void;
  /** The same address again, empty. */
  restart(): Promise<void>;
}

export const hasRedis = (): boolean => spawnSync('redis-server', ['--version']).status === 0;

async function start(port: number): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', [...args, '--requirepass', PASSWORD], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8');
  for await (const part of child.stdout.iterator({ destroyOnReturn: false })) {
    text += part;
    if (text.includes('Ready to accept connections')) {
      child.stdout.resume();
      return child;
    }
  }
  throw new Error(`redis-server did not start: ${text}`);
}

const PASSWORD = 'only-for-tests';

export async function startRedis(): Promise<RunningRedis> {
  const port = await freePort();
  let child = await start(port);
  // Whatever becomes of the test run, nothing stays behind.
  process.once('exit', () => child.kill('SIGKILL'));
  return {
    url: `redis://:${PASSWORD}@127.0.0.1:${port}`,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async restart() {
      child = await start(port);
    },
  };
}
