import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { describeLeftOut, leftOut } from './test/fast.ts';

/** Half an hour, as in test/patience.ts. */
const HANGS = 1_800_000;

/** What npm run test:long runs, and how long; a setting of the environment goes before these. */
const LONG = {
  include: [
    'test/races/**/*.test.ts',
    'test/model/**/*.test.ts',
    'test/outage/**/*.test.ts',
    'test/messages/worker.test.ts',
    'test/backup/**/*.test.ts',
    'test/cluster/**/*.test.ts',
  ],
  env: { RACE_ROUNDS: '2000', MODEL_RUNS: '2000', OUTAGE_SECONDS: '30', LOSSES: '21' },
};

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
      setupFiles: './test/patience.ts',
      pool: 'forks',
      // Fast: what a worker has loaded serves all of its files. Loading the application anew for each takes longer than most.
      isolate: !isFast,
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
