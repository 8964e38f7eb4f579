import { setTimeout as sleep } from 'node:timers/promises';
import { measure } from './measure.ts';
import type { CrowdOrder, Phase, PhaseOrder } from './people.ts';
import { checkFiles, type Helper, memory, startHelper } from './processes.ts';
import { figure, percent, say, table } from './report.ts';
import { mixedDay, scenarios } from './scenarios.ts';
import type { Site } from './site.ts';

export interface CrowdOptions {
  people: number;
  seconds: number;
}

/** Connections that keep the machine busy without a line of those who wait. */
const FEW = 32;
/** What they ask for, as a share of what the machine can do. */
const CALM = 0.5;
const PUSHED = [2, 4];
/** A phase is five measurements long, after one that does not count. */
const LONG = 5;
/** A second is well when nobody is refused and its p99 is no more than so many times what it was before. */
const WELL = 2;
/** What nobody calls slow, in ms. */
const QUICK = 100;
const HONEST = ['200', '201', '204', '409'];

type Measured = Phase & { memory: number };

/**
 * The mixed day by many people at once, then by the same who ask for more than the machine can do, then calmly again.
 * @returns what happened, as Markdown
 * @throws Error when anything but an honest refusal happens, at its end
 */
export async function crowd(load: Helper, site: Site, { people, seconds }: CrowdOptions): Promise<string> {
  // They all come from one address, which may have half of them.
  checkFiles(2 * (people + FEW));
  const { mixed } = scenarios;
  if (!mixed) throw new Error('there is no mixed day');

  say('  what the machine can do');
  const [limit] = await measure(load, mixed, [{ name: 'API', site, server: site.api }], FEW, {
    rounds: 1,
    seconds: seconds * 2,
  });
  const rate = limit?.rate ?? 0;
  await sleep(2_000);
  const before = memory(site.api.pid);
  const helper = startHelper('people.ts');
  const order: CrowdOrder = { base: site.api.base, secret: site.secret, parts: mixedDay(site.stock), people };
  say(`  ${people} people arrive`);
  await helper.ask(order);
  await sleep(1_000);
  const idle = memory(site.api.pid);

  /** Half to one and a half times as long as makes so many people ask for that share. */
  const thinking = (share: number): PhaseOrder['think'] => {
    const mean = people / (rate * share);
    return [mean / 2, mean * 1.5];
  };
  const during = async (share: number, length: number): Promise<Measured> => {
    const phase = await helper.ask<Phase>({ think: thinking(share), seconds: length } satisfies PhaseOrder);
    site.api.forgetLog();
    return { ...phase, memory: memory(site.api.pid) };
  };
  const faults: string[] = [];
  say('  the mixed day');
  await during(CALM, seconds);
  const calm = await during(CALM, seconds * LONG);
  faults.push(...check(`at ${CALM} of the limit`, calm, HONEST));
  const rows = [row(`${CALM} of the limit`, calm)];
  const recoveries: string[] = [];
  const wanted = Math.max(QUICK, WELL * calm.p99);
  for (const share of PUSHED) {
    say(`  ${share} times as much as the machine can do`);
    await during(share, seconds);
    const pushed = await during(share, seconds * LONG);
    faults.push(...check(`at ${share} times the limit`, pushed, [...HONEST, '503']));
    rows.push(row(`${share} × the limit`, pushed));
    say('  calm again');
    const after = await during(CALM, seconds * LONG);
    faults.push(...check(`after ${share} times the limit`, after, [...HONEST, '503']));
    rows.push(row('calm again', after));
    const second = wellAgain(after, wanted);
    if (second === undefined) faults.push(`it was not well again soon after ${share} times the limit`);
    recoveries.push(`after ${share} × the limit from second ${second} on`);
  }
  await helper.stop();
  await site.reset();

  const each = (megabytes: number) => figure(((megabytes - before) * 1_024) / people);
  const text = [
    `${people} connections, each kept by a person who asks, thinks and asks again. With ${figure(rate)} requests a ` +
      `second, as ${FEW} connections without a pause get them (p99 ${figure(limit?.p99)} ms), as the limit, people think ` +
      `${thinking(CALM).map(figure).join(' to ')} s at ${CALM} of it. Whoever is refused thinks no longer for that, and ` +
      'wants the same again. Times are of what was not refused; every 503 had its `Retry-After`.',
    table(
      [
        'asked for',
        'asked/s',
        'done/s',
        'refused',
        'p50 ms',
        'p95 ms',
        'p99 ms',
        'refusal p99 ms',
        'answers',
        'people’s core',
        'memory MB',
      ],
      rows,
    ),
    `Well again, for three seconds without a refusal and with a p99 below ${figure(wanted)} ms: ${recoveries.join(', ')}.`,
    `Memory: ${figure(before)} MB before they came, ${figure(idle)} MB once ${people} connections stood idle, ` +
      `${each(idle)} kB each; ${each(calm.memory)} kB each while they ask.`,
  ].join('\n\n');
  if (faults.length === 0) return text;
  say(`\n${text}\n`);
  throw new Error(faults.join('; '));
}

function row(title: string, phase: Measured): string[] {
  return [
    title,
    ...[phase.asked, phase.done].map(figure),
    percent(1 - phase.done / phase.asked),
    ...[phase.p50, phase.p95, phase.p99, phase.refusal].map(figure),
    Object.entries(phase.statuses)
      .map(([status, count]) => `${status}: ${count.toLocaleString('en-US')}`)
      .join(', '),
    percent(phase.busy),
    figure(phase.memory),
  ];
}

/** Says what is wrong: other answers than those, refusals that do not say until when, broken connections. */
function check(
  when: string,
  { statuses, retry_after, broken }: Phase,
  expected: readonly string[],
): string[] {
  const wrong = Object.keys(statuses).filter((status) => !expected.includes(status));
  if (broken === 0 && wrong.length === 0 && retry_after === (statuses[503] ?? 0)) return [];
  return [
    `${when} there were ${JSON.stringify(statuses)}, ${retry_after} with Retry-After, and ${broken} broken connections`,
  ];
}

/** The first of three seconds in which nobody was refused and every p99 was below `wanted` ms. */
function wellAgain({ seconds }: Phase, wanted: number): number | undefined {
  const isWell = seconds.map(({ p99, refused }) => refused === 0 && p99 <= wanted);
  const first = isWell.findIndex((_, at) => isWell[at] && isWell[at + 1] && isWell[at + 2]);
  return first < 0 ? undefined : first + 1;
}
