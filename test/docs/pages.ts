import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
export const readPage = (page: string) => readFileSync(join(root, page), 'utf8');

/** Every page that people read, from the project's root. */
export const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs')).map((file) => `docs/${file}`),
];

/** The blocks of commands of a page, in their order. */
export const blocksOf = (page: string): string[] =>
  [...readPage(page).matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);

/** The helpers `as`, `send` and `value`, with which the tutorial begins. */
export const helpers = (): string => blocksOf('docs/tutorial.md')[0] ?? '';

/** The statuses that a page puts behind its requests. */
export const statusesIn = (text: string): string[] =>
  [...text.matchAll(/# (\d{3})$/gm)].map(([, status = '']) => status);

/** What a page says that its commands print. */
export const printsIn = (text: string): string[] =>
  [...text.matchAll(/# prints: (.+)$/gm)].map(([, words = '']) => words);

/** Runs a script in bash, as a reader pastes it, with nothing of this run's environment but the path. */
export async function bash(
  folder: string,
  script: string,
  env: Record<string, string>,
): Promise<{ stdout: string; stderr: string }> {
  const file = join(folder, 'script.sh');
  writeFileSync(file, script);
  const child = spawn('bash', [file], {
    cwd: folder,
    env: { PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (part) => {
    stdout += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part) => {
    stderr += part;
  });
  await once(child, 'close');
  return { stdout, stderr };
}

export interface Step {
  block: string;
  /** What `send` said on standard error: the status of each request. */
  statuses: string[];
  stdout: string;
}

/** Runs blocks one after another in one shell. `said` is all that they printed. */
export async function runBlocks(
  folder: string,
  { blocks, before = '', env }: { blocks: readonly string[]; before?: string; env: Record<string, string> },
): Promise<{ steps: Step[]; said: string }> {
  const marked = blocks.map((block, index) => `echo "step ${index}"; echo "step ${index}" >&2\n${block}`);
  const { stdout, stderr } = await bash(folder, [before, ...marked].join('\n'), env);
  const parts = (text: string) => text.split(/^step \d+\n/m).slice(1);
  const [printed, statuses] = [parts(stdout), parts(stderr)];
  const steps = blocks.map((block, index) => ({
    block,
    statuses: (statuses[index] ?? 'this step did not run')
      .trim()
      .split(/\s*\n\s*/)
      .filter(Boolean),
    stdout: printed[index] ?? '',
  }));
  return { steps, said: `${stdout}\n${stderr}` };
}
