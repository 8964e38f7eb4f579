import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The processes of a run: each is known here, so that the end of the run is the end of them all. */

const root = resolve(import.meta.dirname, '..');
const running = new Set<ChildProcess>();

/** Ends whatever is still running, and waits for it. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(end));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const cutOff = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(cutOff);
}

function known(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

export interface Server {
  base: string;
  pid: number;
  /** Empties its log, which would grow by a gigabyte in a long run. */
  forgetLog: () => void;
  stop: () => Promise<void>;
}

/** What the environment of every measured process has of ours: nothing but the path. */
export const plain = (env: Record<string, string>) => ({
  PATH: process.env.PATH ?? '',
  DOTENV_CONFIG_PATH: '/nonexistent',
  ...env,
});

/** How `npm start` runs node, in package.json. */
export const asStarted = {
  flags: ['--max-semi-space-size=4'],
  env: { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node') },
};

export interface ServerOptions {
  env: Record<string, string>;
  /** Where its standard output goes, log included: a file, as a process under an init system would have it. */
  log: string;
  /** Options of node itself, such as --cpu-prof. */
  node?: readonly string[];
}

/** The API as in production. */
export async function startServer({ env, log, node = [] }: ServerOptions): Promise<Server> {
  const output = openSync(log, 'w+');
  const child = known(
    spawn(process.execPath, [...asStarted.flags, ...node, join(root, 'src/main/server.ts')], {
      cwd: root,
      env: plain({
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        PORT: '0',
        RATE_LIMIT: 'off',
        ...asStarted.env,
        ...env,
      }),
      stdio: ['ignore', output, 'inherit'],
    }),
  );
  closeSync(output);
  for (;;) {
    const [, base] = /Listening on (http:\/\/\S+)/.exec(readFileSync(log, 'utf8')) ?? [];
    if (base)
      return { base, pid: child.pid ?? 0, forgetLog: () => truncateSync(log), stop: () => end(child) };
    if (child.exitCode !== null) throw new Error(`the server did not start: ${readFileSync(log, 'utf8')}`);
    await sleep(10);
  }
}

export interface Helper {
  pid: number;
  /** Sends an order and waits for its answer; one at a time. */
  ask: <Answer>(order: unknown) => Promise<Answer>;
  stop: () => Promise<void>;
}

/** Another process of the benchmark. It lives no longer than this one: its channel closes with us. */
export function startHelper(file: string, log?: string): Helper {
  const output = log === undefined ? 'inherit' : openSync(log, 'w');
  const child = known(
    fork(join(import.meta.dirname, file), { env: plain({}), stdio: ['ignore', output, 'inherit', 'ipc'] }),
  );
  if (typeof output === 'number') closeSync(output);
  return {
    pid: child.pid ?? 0,
    stop: () => end(child),
    ask: <Answer>(order: unknown) =>
      new Promise<Answer>((done, failed) => {
        const onExit = () => failed(new Error(`${file} ended`));
        child.once('exit', onExit);
        child.once('message', (message: { answer?: Answer; error?: string }) => {
          child.off('exit', onExit);
          if (message.error === undefined) done(message.answer as Answer);
          else failed(new Error(`${file}: ${message.error}`));
        });
        child.send(order as object);
      }),
  };
}

/** The other side of `ask`. */
export function answerOrders<Order>(answer: (order: Order) => Promise<unknown>): void {
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C reaches every process of the terminal; the one that started us says when to end.
  process.on('SIGINT', () => {});
  process.on('message', (order: Order) => {
    answer(order).then(
      (done) => process.send?.({ answer: done }),
      (error) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
    );
  });
}

/** Files that a process has open beside its connections. */
const OWN_FILES = 200;

/** @throws Error when a process may not open so many connections */
export function checkFiles(connections: number): void {
  const files = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
  const wanted = connections + OWN_FILES;
  if (files < wanted)
    throw new Error(`a process may open ${files} files here: raise it (ulimit -n ${wanted}) first`);
}

/**
 * Microseconds of processor time that a process has used; Linux only, 0 elsewhere. Where the kernel counts each thread's it is
 * exact; otherwise it goes in steps of 10 ms, in which a few cheap answers cost nothing.
 */
export function processorTime(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const exact = threads.reduce((sum, thread) => sum + timeOfThread(pid, thread), 0);
    if (exact > 0) return exact;
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return 0;
  }
}

function timeOfThread(pid: number, thread: string): number {
  try {
    const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1_000;
  } catch {
    // It has ended, or the kernel does not count.
    return 0;
  }
}

/**
 * MB of memory that a process has; Linux only, 0 elsewhere.
 * @param kind all of it, what is its own, or what it has mapped of files and shares with every process that does so too
 */
export function memory(pid: number, kind: 'VmRSS' | 'RssAnon' | 'RssFile' = 'VmRSS'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`${kind}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** The processes that a process has started and that still run: a PostgreSQL's backends. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}
