import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { childrenOf } from '../../bench/processes.ts';
import { startProcess, temporaryFolder } from '../helpers/process.ts';
import { isWhole } from '../size.ts';

const folder = temporaryFolder();
afterAll(folder.remove);

function bench(...args: string[]) {
  const quick = ['--toy', '--data', folder.dir, '--seconds', '0.3', '--rounds', '1', '--connections', '2'];
  const started = startProcess(['bench/index.ts', ...quick, ...args], {});
  onTestFinished(() => void started.child.kill('SIGKILL'));
  return started;
}

const descendants = (pid: number): number[] =>
  childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);
const lives = (pid: number) => existsSync(`/proc/${pid}`);

test('the benchmark fills a world, and measures requests beside their limits, tokens, polling and streams', async () => {
  // More streams than one address may have connections.
  const started = bench('--only', 'slots,book,examine,tokens,polling,streams', '--streams', '1001');
  expect(await started.exited, started.output()).toBe(0);
  const output = started.output();
  for (const request of ['free slots of a day', 'booking distinct slots'])
    expect(output).toMatch(new RegExp(`\\| ${request} +\\| +2 \\| +\\d+ % \\| +\\d+ % \\| +[\\d.,]+ × \\|`));
  // A fast machine has used up the few slots of a toy world before it measures.
  expect(output).toMatch(
    /\| booking a service with a room +\| +2 \|.*\| (costs [\d.,]+ × a plain one, 1.25 × at most: (yes|NO)|nothing was measured) +\|/,
  );
  // A part of a run is no result.
  expect(output).not.toContain('Written to');

  for (const row of ['no token is looked at', 'a shared secret \\(HS256\\)', 'an elliptic curve \\(ES256\\)'])
    expect(output).toMatch(new RegExp(`\\| ${row} +\\|( +[\\d.,]+ \\|){4}`));
  for (const title of ['doctors’ list', 'free slots of a day', 'an appointment'])
    expect(output).toMatch(
      new RegExp(`\\| ${title} +\\| with If-None-Match \\(304\\) \\|( +[\\d.,]+ \\|){4} +\\d+ % \\|`),
    );

  const cells = (count: number) => `(?: +[\\d.,-]+ \\|){${count}}`;
  for (const audience of ['a clinic', 'desks alone'])
    expect(output).toMatch(new RegExp(`\\| all of ${audience} +\\|${cells(4)} +(yes|NO) \\|`));
  expect(output).toMatch(new RegExp(`\\| none +\\|${cells(5)}`));
  expect(output).toMatch(new RegExp(`\\| all of a clinic +\\|${cells(5)} +[\\d.,]+ × \\| +(yes|NO) +\\|`));
  expect(output).toMatch(/\| desks alone, a booking now and then \| +\d+ \| +1,001 \| +[\d.]+ \|/);
});

test.runIf(isWhole)(
  'another commit is checked out and measured beside this one, and this one beside itself',
  async () => {
    const started = bench('--only', 'slots', '--against', 'HEAD');
    expect(await started.exited, started.output()).toBe(0);
    const output = started.output();
    const ratio = String.raw`[\d.,]+ \([\d.,]+\)`;
    const rounds = String.raw`[\d.,]+–[\d.,]+ \([\d.,]+–[\d.,]+\)`;
    expect(output).toMatch(
      new RegExp(`\\| free slots of a day +\\| +2 \\| ${ratio} +\\| ${rounds} +\\| ${ratio} `),
    );
    for (const target of ['this', '[0-9a-f]{12}', 'this again'])
      expect(output).toMatch(new RegExp(`\\| free slots of a day +\\| +2 \\| ${target} +\\|`));
  },
);

test('a commit that is not there is refused in one line', async () => {
  const started = bench('--only', 'slots', '--against', 'no-such-commit');
  expect(await started.exited).toBe(1);
  expect(started.output()).toMatch(/The benchmark failed: .*no-such-commit/);
});

test('the world is loaded once, and Ctrl-C leaves nothing running', async () => {
  const started = bench('--only', 'slots', '--seconds', '30');
  await started.printed(/free slots of a day, 2 connections/);
  expect(started.output()).not.toContain('toy world');
  const family = descendants(started.child.pid ?? 0);
  // The server, the limits, the load, PostgreSQL's shell and PostgreSQL with its own.
  expect(family.length).toBeGreaterThan(8);
  started.child.kill('SIGINT');
  expect(await started.exited).toBe(130);
  for (let tries = 0; family.some(lives) && tries < 50; tries += 1) await sleep(100);
  expect(family.filter(lives)).toEqual([]);
  expect(existsSync(join(folder.dir, 'bench-toy/postgres/postmaster.pid'))).toBe(false);
});
