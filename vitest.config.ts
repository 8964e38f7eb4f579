import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Half an hour, as in test/patience.ts. */
const HANGS = 1_800_000;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/setup.ts',
    setupFiles: './test/patience.ts',
    pool: 'forks',
    // Vitest would leave one core free. Tests wait for the database, for processes and for time as much as they work.
    maxWorkers: availableParallelism() + 1,
    // They end what hangs, and nothing that is slow: see test/patience.ts.
    testTimeout: HANGS,
    hookTimeout: HANGS,
  },
});
