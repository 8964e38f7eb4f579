import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/setup.ts',
    pool: 'forks',
    // Vitest would leave one core free. Tests wait for the database, for processes and for time as much as they work.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
