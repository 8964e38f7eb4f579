import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { describeLeftOut, isSlow, leftOut } from './test/fast.ts';

/** A quarter of an hour, as in test/patience.ts. */
const HANGS = 900_000;

/** What npm run test:long runs, and how long; a setting of the environment goes before these. */
const LONG = {
  include: [
    'test/races/**/*.test.ts',
    'test/model/**/*.test.ts',
    'test/outage/**/*.test.ts',
    'test/messages/worker.test.ts',
    'test/backup/**/*.test.ts',
    'test/cluster/**/*.test.ts',
    'test/bench/**/*.test.ts',
    'test/browser/demo.test.ts',
    'test/api/{cursors,updated-since}.test.ts',
    'test/accounts/{attack,timing}.test.ts',
    'test/webhooks/killed.test.ts',
    'test/pages/{book,desk}.test.ts',
    'test/plans/**/*.test.ts',
    'test/scheduling/{export,search-plan,statistics}.test.ts',
  ],
  env: {
    SIZE: '1',
    RACE_ROUNDS: '2000',
    MODEL_RUNS: '2000',
    OUTAGE_SECONDS: '30',
    LOSSES: '21',
    LOG_BOOKINGS: '100000',
    PAGED_ROWS: '100000',
    COPY_SECONDS: '600',
    READERS: 'all',
    DELIVERIES: '1000',
  },
};

/** Slow files begin first, so that none is left over at the end, when the other workers have nothing to do any more. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isFirst = (file: TestSpecification) => isSlow(relative(import.meta.dirname, file.moduleId));
    const sorted = await super.sort(files);
    return [...sorted.filter(isFirst), ...sorted.filter((file) => !isFirst(file))];
  }
}

/** npm test runs everything, `--mode fast` what the inner loop can wait for, `--mode long` what a landing cannot. */
export default defineConfig(({ mode }) => {
  const isFast = mode === 'fast';
  const isLong = mode === 'long';
  if (isFast) process.stdout.write(`${describeLeftOut(import.meta.dirname)}\n`);
  return {
    test: {
      include: isLong ? LONG.include : ['test/**/*.test.ts'],
      exclude: [...configDefaults.exclude, ...(isFast ? leftOut.flatMap(({ files }) => files) : [])],
      env: isLong ? { ...LONG.env, ...settingsOf(Object.keys(LONG.env)) } : {},
      globalSetup: './test/setup.ts',
      setupFiles: ['./test/patience.ts', './test/leaving.ts', './test/declared.ts'],
      sequence: { sequencer: SlowFirst },
      pool: 'forks',
      // What a worker has loaded serves all of its files: loading the application anew for each took longer than most of them.
      // So a test leaves behind what it found: spies, traces, the environment.
      isolate: false,
      // Vitest would leave one core free. Tests wait for the database, for processes and for time as much as they work.
      maxWorkers: availableParallelism() + 1,
      // They end what hangs, and nothing that is slow: see test/patience.ts.
      testTimeout: isLong ? 8 * HANGS : HANGS,
      hookTimeout: HANGS,
      expect: { poll: { timeout: HANGS } },
    },
  };
});

/** Those of these settings that the environment has. */
function settingsOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
