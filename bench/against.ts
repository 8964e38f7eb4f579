import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { figures, type HotOptions, measureAll, named } from './hot.ts';
import type { Measured, Target } from './measure.ts';
import { type Helper, startServer } from './processes.ts';
import { figure, say, table } from './report.ts';
import type { Scenario } from './scenarios.ts';
import type { Site } from './site.ts';
import type { Size } from './world.ts';

/** This build beside another commit's, and beside a second process of its own: what differs there is chance. */

const root = resolve(import.meta.dirname, '..');

/** Another commit's benchmark, by its own code. */
export interface Build {
  /** The commit, in 12 digits. */
  name: string;
  /** Opens its site: its own server, its own database, filled by its own loader. Neither build knows the other's tables. */
  open: (size: Size['name'], env: Record<string, string>) => Promise<Site>;
  /** Ends its processes, also those of a site that is still being opened. */
  stopAll: () => Promise<void>;
}

/**
 * Checks a commit out below `data`.
 * @param commit anything that git takes for one
 * @throws Error when there is no such commit, or when it is older than the sites of this benchmark
 */
export async function loadBuild(commit: string, data: string): Promise<Build> {
  const name = checkedOut(commit, data);
  const theirs = <Module>(file: string): Promise<Module> =>
    import(pathToFileURL(join(folderOf(name, data), 'bench', file)).href);
  const { openSite } = await theirs<typeof import('./site.ts')>('site.ts');
  const { stopAll } = await theirs<typeof import('./processes.ts')>('processes.ts');
  return { name, stopAll, open: (size, env) => openSite(size, join(data, 'builds', `${name}-data`), env) };
}

const folderOf = (name: string, data: string) => join(data, 'builds', name);

function checkedOut(commit: string, data: string): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const hash = git('rev-parse', '--verify', '--end-of-options', `${commit}^{commit}`);
  const name = hash.slice(0, 12);
  const folder = folderOf(name, data);
  if (existsSync(folder)) return name;
  say(`Checking out ${name}`);
  // It gets its name when it is whole: whatever was cut off is begun again.
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const archive = execFileSync('git', ['archive', hash], { cwd: root, maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-x', '-C', unfinished], { input: archive });
  const lock = (of: string) => readFileSync(join(of, 'package-lock.json'), 'utf8');
  if (lock(unfinished) === lock(root))
    symlinkSync(join(root, 'node_modules'), join(unfinished, 'node_modules'));
  else execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: unfinished, stdio: 'inherit' });
  renameSync(unfinished, folder);
  return name;
}

/** @returns the hot requests of both builds and the ratio between them, as Markdown */
export async function against(
  load: Helper,
  site: Site,
  other: { name: string; site: Site },
  options: HotOptions,
): Promise<string> {
  const again = await startServer({ env: site.env, log: `${site.log}.again` });
  const targets: Target[] = [
    { name: 'this', site, server: site.api },
    { name: other.name, site: other.site, server: other.site.api },
    { name: 'this again', site, server: again },
  ];
  const results = await measureAll(load, options, () => targets);
  await again.stop();
  const ratios = results.flatMap(([scenario, measured]) =>
    measured.flatMap((all) => ratiosOf(scenario, all, other.name)),
  );
  return [
    `## Against ${other.name}`,
    'Each ratio is this build to the other, and in brackets a second process of this build to the first: how far two ' +
      'alike came apart in this run. The range is that of the rounds.',
    table(HEAD, ratios),
    '## Figures',
    figures(results),
  ].join('\n\n');
}

const HEAD = ['request', 'connections', 'requests/s', 'rounds', 'p99', 'server µs', 'database µs'];

function ratiosOf({ title }: Scenario, all: readonly Measured[], name: string): string[][] {
  const [mine, theirs, again] = ['this', name, 'this again'].map((target) => named(all, target));
  if (!mine || !theirs || !again) return [];
  const ratio = (of: (one: Measured) => number) =>
    `${times(of(mine) / of(theirs))} (${times(of(again) / of(mine))})`;
  return [
    [
      title,
      String(mine.connections),
      ratio(({ rate }) => rate),
      `${range(mine, theirs)} (${range(again, mine)})`,
      ratio(({ p99 }) => p99),
      ratio(({ server_us }) => server_us),
      ratio(({ database_us }) => database_us),
    ],
  ];
}

const times = (ratio: number) => (Number.isFinite(ratio) ? figure(ratio) : '–');

/** The least and the greatest ratio of two rounds that were measured beside each other. */
function range(one: Measured, other: Measured): string {
  const ratios = one.rates.map((rate, round) => rate / (other.rates[round] ?? Number.NaN));
  return `${times(Math.min(...ratios))}–${times(Math.max(...ratios))}`;
}
