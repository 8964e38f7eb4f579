import { against, loadBuild } from './against.ts';
import { anatomy } from './anatomy.ts';
import { crowd } from './crowd.ts';
import { hotRequests, twoWorlds } from './hot.ts';
import { type Options, PARTS, readOptions, USAGE } from './options.ts';
import { polling } from './polling.ts';
import { type Helper, startHelper, stopAll } from './processes.ts';
import { say } from './report.ts';
import { circumstances, loadAverage, TITLES, writeResults } from './results.ts';
import { scenarios } from './scenarios.ts';
import { openSite, type Site } from './site.ts';
import { startUp } from './startup.ts';
import { streams } from './streams.ts';
import { tokens } from './tokens.ts';

/** npm run bench: starts what it needs, measures, says so, and leaves nothing running. */

const sites: Site[] = [];
const stops = [stopAll];

async function open(...args: Parameters<typeof openSite>): Promise<Site> {
  const site = await openSite(...args);
  sites.push(site);
  return site;
}

async function end(status: number): Promise<never> {
  for (const stop of stops) await stop();
  for (const site of sites) await site.stop().catch(() => {});
  process.exit(status);
}

type Part = (load: Helper, site: Site, options: Options) => Promise<string>;
const measuredParts: Record<(typeof PARTS)[number], [title: string, measure: Part]> = {
  anatomy: ['Where the time goes', anatomy],
  tokens: ['What checking a token costs', tokens],
  polling: ['Asking again', polling],
  streams: ['Live streams', streams],
  startup: ['Start', (_load, site) => startUp(site)],
};

async function run(options: Options): Promise<void> {
  const before = loadAverage();
  if (before > 0.5)
    say(`The machine is busy (load average ${before.toFixed(2)}): these figures will not be repeatable.`);
  const build = options.against === undefined ? undefined : await loadBuild(options.against, options.data);
  if (build) stops.push(build.stopAll);
  // A crowd is to be refused what it would wait too long for; whatever else is measured is not.
  const env = {
    // Whoever asks here has one address, however many they stand for.
    CONNECTIONS_PER_ADDRESS: '1000000',
    ...(options.mode !== 'crowd' && { MAX_WAIT_SECONDS: '60' }),
  };
  const site = await open(options.size, options.data, env);
  const load = startHelper('load.ts');
  const hot = { ...options, only: options.names.filter((name) => name in scenarios) };
  const parts: string[] = [];
  const add = (text: string) => {
    parts.push(text);
    say(`\n${text}\n`);
  };
  add(circumstances(site, before));

  if (build) {
    const theirs = await build.open(options.size, env);
    sites.push(theirs);
    add(await against(load, site, { name: build.name, site: theirs }, hot));
  } else if (options.mode === 'crowd') add(await crowd(load, site, options));
  else if (options.mode === 'large') {
    const large = await open('large', options.data, env);
    const flat = { ...hot, only: hot.only.filter((name) => name !== 'login' && name !== 'stampede') };
    add(await twoWorlds(load, site, large, flat));
  } else {
    if (hot.only.length > 0) add(await hotRequests(load, site, hot));
    for (const name of PARTS.filter((one) => options.names.includes(one))) {
      const [title, measured] = measuredParts[name];
      add(`## ${title}\n\n${await measured(load, site, options)}`);
    }
  }
  if (options.whole) say(`Written to ${writeResults(TITLES[options.mode], parts.join('\n\n'))}`);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) say(USAGE);
  else {
    // Twice, from the terminal and from npm: once is enough.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(130));
    await run(options);
  }
  await end(0);
} catch (error) {
  say(`The benchmark failed: ${error instanceof Error ? error.message : error}`);
  await end(1);
}
