/** One configuration for all tests; test/support/global-setup.ts starts the real PostgreSQL and Redis that they share. */
import { configDefaults, defineConfig } from 'vitest/config';

// Minutes each: `npm run test:long` runs them, before an issue is resolved.
const LONG = 'test/long/**/*.test.ts';

export default defineConfig({
  test: {
    include: process.env.LONG_TESTS === '1' ? [LONG] : ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.mjs'],
    exclude: [...configDefaults.exclude, ...(process.env.LONG_TESTS === '1' ? [] : [LONG])],
    globalSetup: ['test/support/global-setup.ts'],
    // Processes, not threads: tests kill gateways and launch servers that end with their parent.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
  },
});
