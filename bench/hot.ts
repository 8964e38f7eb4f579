import { cost, type Measured, measure, type Pace, type Target } from './measure.ts';
import type { Helper } from './processes.ts';
import { figure, percent, say, table } from './report.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import type { Site } from './site.ts';

/** The hot requests beside their limits, and a large world beside a small one. */

export interface HotOptions extends Pace {
  only: readonly string[];
  connections: readonly number[];
}

type Results = [Scenario, Measured[][]][];

export async function measureAll(
  load: Helper,
  { only, connections, ...pace }: HotOptions,
  targetsOf: (scenario: Scenario) => Target[],
): Promise<Results> {
  const results: Results = [];
  for (const name of only) {
    const scenario = scenarios[name];
    if (!scenario) throw new Error(`there is no ${name}: ${Object.keys(scenarios).join(', ')}`);
    const measured: Measured[][] = [];
    for (const count of scenario.connections ?? connections) {
      say(`  ${scenario.title}, ${count} connections`);
      measured.push(await measure(load, scenario, targetsOf(scenario), count, pace));
    }
    results.push([scenario, measured]);
  }
  return results;
}

const HEAD = ['request', 'connections', 'of', 'requests/s', 'p50 ms', 'p95 ms', 'p99 ms', 'bytes'];
const COSTS = ['server µs', 'database µs', 'memory MB', '409'];

export const figures = (results: Results) =>
  table(
    [...HEAD, ...COSTS],
    results.flatMap(([{ title }, measured]) =>
      measured
        .flat()
        .map((one) => [
          title,
          String(one.connections),
          one.target,
          ...[one.rate, one.p50, one.p95, one.p99, one.bytes].map(figure),
          ...[one.server_us, one.database_us, one.memory].map(figure),
          one.refused > 0 ? figure(one.refused) : '',
        ]),
    ),
  );

export const named = (measured: readonly Measured[], name: string) =>
  measured.find(({ target }) => target === name);

/** @returns the figures and what they are of their limits, as Markdown */
export async function hotRequests(load: Helper, site: Site, options: HotOptions): Promise<string> {
  const targetsOf = ({ limits, beside }: Scenario): Target[] => [
    ...limits.map((name) => ({ name, site, server: site[name], constant: name === 'bare' })),
    ...(beside ? [{ name: beside.name, site, server: site.api, asks: beside.asks(site.stock) }] : []),
    { name: 'API', site, server: site.api },
  ];
  const results = await measureAll(load, options, targetsOf);
  const ratios = results.flatMap(([scenario, measured]) =>
    measured.map((targets) => {
      const [api, floor, bare] = ['API', 'floor', 'bare'].map((name) => named(targets, name));
      const of = (limit: Measured | undefined) => (api && limit ? percent(api.rate / limit.rate) : '');
      const times = api && floor ? `${figure(api.p99 / floor.p99)} ×` : '';
      return [
        scenario.title,
        String(api?.connections),
        of(bare),
        of(floor),
        times,
        api ? verdicts(scenario, targets, api) : '',
      ];
    }),
  );
  return [
    '## Of its limits',
    table(
      ['request', 'connections', 'of bare Fastify', 'of the floor', 'p99 of the floor’s', 'to be reached'],
      ratios,
    ),
    '## Figures',
    figures(results),
  ].join('\n\n');
}

const verdicts = ({ goal, beside }: Scenario, targets: readonly Measured[], api: Measured): string =>
  [goal && verdict(goal, targets, api), beside && dearer(beside, targets, api)].filter(Boolean).join('; ');

function verdict(goal: NonNullable<Scenario['goal']>, targets: readonly Measured[], api: Measured): string {
  const limit = named(targets, goal.of);
  if (!limit) return '';
  const { of, share, p99 = Number.POSITIVE_INFINITY } = goal;
  const reached = api.rate >= share * limit.rate && api.p99 <= p99 * limit.p99;
  const tail = Number.isFinite(p99) ? `, p99 ${p99} ×` : '';
  return `${percent(share)} of ${of}${tail}: ${reached ? 'yes' : 'NO'}`;
}

function dearer(
  beside: NonNullable<Scenario['beside']>,
  targets: readonly Measured[],
  api: Measured,
): string {
  const other = named(targets, beside.name);
  if (!other) return '';
  const times = cost(api) / cost(other);
  // The stock of a small world may be used up before.
  if (!Number.isFinite(times)) return 'nothing was measured';
  return `costs ${figure(times)} × ${beside.name}, ${beside.times} × at most: ${times <= beside.times ? 'yes' : 'NO'}`;
}

/** How much slower a hot request may be in the large world. */
const FLAT = 1.3;

/** @returns p95 of every hot request in the large world and in the small one, as Markdown */
export async function twoWorlds(
  load: Helper,
  small: Site,
  large: Site,
  options: HotOptions,
): Promise<string> {
  const targets = [small, large].map((site) => ({ name: site.size.name, site, server: site.api }));
  const results = await measureAll(load, options, () => targets);
  const ratios = results.flatMap(([{ title }, measured]) =>
    measured.map((both) => {
      const [one, other] = [named(both, small.size.name), named(both, large.size.name)];
      const times = one && other ? other.p95 / one.p95 : Number.NaN;
      const reached = times <= FLAT ? 'yes' : 'NO';
      return [
        title,
        String(one?.connections),
        figure(one?.p95),
        figure(other?.p95),
        `${figure(times)} ×`,
        reached,
      ];
    }),
  );
  return [
    '## p95 of the large world against the small one',
    table(
      [
        'request',
        'connections',
        `${small.size.name} ms`,
        `${large.size.name} ms`,
        'p95',
        `${FLAT} × at most`,
      ],
      ratios,
    ),
    '## Figures',
    figures(results),
  ].join('\n\n');
}
