import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join, relative } from 'node:path';
import { POOL_MAX, type Site } from './site.ts';

/** RESULTS.md: one part for each kind of run, each as it was last measured. */

/** The parts, each by the kind of run that measures it. */
export const TITLES = {
  small: 'The small world',
  large: 'The large world beside it',
  crowd: 'Five thousand at once',
} as const;

const file = join(import.meta.dirname, 'RESULTS.md');
const listed = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
>;
/** Each is listed with its exact version. */
const versionOf = (name: string) => listed.dependencies[name] ?? listed.devDependencies[name];

/** What a run was measured with, as Markdown. */
export function circumstances({ about, size }: Site, load_before: number): string {
  const { server_version = '', ...settings } = about;
  const [cpu] = cpus();
  const versions = ['fastify', 'drizzle-orm', 'pg', 'zod', 'autocannon'].map(
    (name) => `${name} ${versionOf(name)}`,
  );
  return [
    `- ${new Date().toISOString().slice(0, 16)} UTC; ${cpus().length} × ${cpu?.model.trim()}, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}; load average ${load_before.toFixed(2)} before the run`,
    `- Node ${process.versions.node}, PostgreSQL ${server_version}, ${versions.join(', ')}`,
    `- PostgreSQL as it comes: ${Object.entries(settings)
      .map(([name, setting]) => `${name} ${setting}`)
      .join(', ')}`,
    `- The API: one process, NODE_ENV=production, RATE_LIMIT=off, MAX_WAIT_SECONDS=60 (3 for the crowd), WORKER=external with no worker running, log level ` +
      `info into a file, ${POOL_MAX} connections to the database. The load generator and the database run on the same cores.`,
    `- World “${size.name}”: ${size.doctors.toLocaleString('en-US')} doctors, ${size.patients.toLocaleString('en-US')} patients`,
  ].join('\n');
}

export const loadAverage = () => loadavg()[0] ?? 0;

/** Puts a part into RESULTS.md in place of the one that is there; the others stay as they were measured. */
export function writeResults(title: string, text: string): string {
  const written = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const parts = new Map(written.split(/^(?=# )/m).map((part) => [part.split('\n', 1)[0], part.trim()]));
  parts.set(HEADING, `${HEADING}\n\n${EXPLAINED}`);
  parts.set(`# ${title}`, `# ${title}\n\n${text}`);
  const inOrder = [HEADING, ...Object.values(TITLES).map((name) => `# ${name}`)];
  writeFileSync(file, `${inOrder.flatMap((heading) => parts.get(heading) ?? []).join('\n\n')}\n`);
  return relative(process.cwd(), file);
}

const HEADING = '# What `npm run bench` measured';

const EXPLAINED = `*Bare* is Fastify that answers a constant of the same size through a response schema. *The floor* is bare
Fastify that runs the API’s own statements, captured from it, through plain \`pg\`, prepared, with a pool of the same
size, without token, validation and logging; for a login it is one comparison of bcrypt. All are measured in the same
run, in turns, and each figure is the median of its rounds. *µs* are of processor time for each request.`;
