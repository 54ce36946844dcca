/** One configuration for all tests; test/support/global-setup.ts starts the real PostgreSQL and Redis that they share. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.mjs'],
    globalSetup: ['test/support/global-setup.ts'],
    // Processes, not threads: tests kill gateways and launch servers that end with their parent.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
  },
});
