import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { measure } from './measure.ts';
import type { CrowdOrder, Phase, PhaseOrder } from './people.ts';
import { type Helper, memory, startHelper } from './processes.ts';
import { figure, say, table } from './report.ts';
import { mixedDay, scenarios } from './scenarios.ts';
import type { Site } from './site.ts';

export interface CrowdOptions {
  people: number;
  seconds: number;
}

/** Seconds that people think between two requests. */
const CALM: [number, number] = [2, 5];
/** How many files a process has open beside its connections. */
const OWN_FILES = 200;
/** A phase is ten measurements long: a crowd thinks longer than a measurement lasts. */
const LONG = 10;
/** A second is calm again when its slowest hundredth is no slower than so many times what it was before. */
const RECOVERED = 2;

/**
 * The mixed day by many people at once, then by people who do not stop to think, then calmly again.
 * @returns what happened, as Markdown
 * @throws Error when anything but an honest refusal happens while they are calm
 */
export async function crowd(load: Helper, site: Site, { people, seconds }: CrowdOptions): Promise<string> {
  const files = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
  if (files < people + OWN_FILES)
    throw new Error(
      `a process may open ${files} files here: raise it (ulimit -n ${people + OWN_FILES}) first`,
    );
  const { mixed } = scenarios;
  if (!mixed) throw new Error('there is no mixed day');

  // Warm first, so that what the connections weigh is theirs alone.
  await measure(load, mixed, [{ name: 'API', site, server: site.api }], 64, { rounds: 1, seconds });
  await sleep(2_000);
  const before = memory(site.api.pid);
  const helper = startHelper('people.ts');
  const order: CrowdOrder = { base: site.api.base, secret: site.secret, parts: mixedDay(site.stock), people };
  say(`  ${people} people arrive`);
  await helper.ask(order);
  await sleep(1_000);
  const idle = memory(site.api.pid);

  const during = async (think: PhaseOrder['think'], length: number) => {
    const phase = await helper.ask<Phase>({ think, seconds: length } satisfies PhaseOrder);
    site.api.forgetLog();
    return { ...phase, memory: memory(site.api.pid) };
  };
  say('  the mixed day');
  await during(CALM, CALM[1]);
  const calm = await during(CALM, seconds * LONG);
  say('  everybody at once, without a pause');
  const pushed = await during([0, 0], seconds * LONG);
  say('  calm again');
  const after = await during(CALM, seconds * LONG);
  await helper.stop();
  await site.reset();

  const wrong = Object.keys(calm.statuses).filter((status) => !['200', '201', '204', '409'].includes(status));
  if (calm.broken > 0 || wrong.length > 0)
    throw new Error(
      `${people} calm people saw ${JSON.stringify(calm.statuses)}, ${calm.broken} broken connections`,
    );
  const settled = after.seconds.findIndex((p99) => p99 <= Math.max(50, RECOVERED * calm.p99));
  const row = (title: string, phase: typeof calm) => [
    title,
    ...[phase.rate, phase.p50, phase.p95, phase.p99].map(figure),
    Object.entries(phase.statuses)
      .map(([status, count]) => `${status}: ${figure(count)}`)
      .join(', '),
    figure(phase.retry_after),
    String(phase.broken),
    figure(phase.memory),
  ];
  return [
    table(
      ['phase', 'requests/s', 'p50 ms', 'p95 ms', 'p99 ms', 'answers', 'Retry-After', 'broken', 'memory MB'],
      [
        row(`${people} people, ${CALM.join(' to ')} s to think`, calm),
        row('the same people, no pause at all', pushed),
        row('calm again', after),
      ],
    ),
    `Memory: ${figure(before)} MB before they came, ${figure(idle)} MB once ${people} connections stood idle, ` +
      `${figure(((idle - before) * 1_024) / people)} kB each; ${figure(((calm.memory - before) * 1_024) / people)} kB ` +
      'each while they ask.',
    settled < 0
      ? `It did not recover within ${seconds * LONG} s.`
      : `It recovered within ${settled + 1} s: a second’s p99 was back below ${figure(Math.max(50, RECOVERED * calm.p99))} ms.`,
  ].join('\n\n');
}
