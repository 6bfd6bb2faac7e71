import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/machine.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two test files at once: some start containers, and the smallest machines have two cores.
    maxWorkers: 2,
  },
});
