import { defineConfig } from 'vitest/config';

// A package takes its whole life in a container, some tests several: on a busy machine that is minutes.
const common = { testTimeout: 900_000, hookTimeout: 900_000, globalSetup: ['test/setup/temporary.ts'] };

export default defineConfig({
  test: {
    // Two test files at once: some start containers, and the smallest machines have two cores.
    maxWorkers: 2,
    projects: [
      // Needs neither root nor a network nor an engine, and no program but a shell's.
      { test: { ...common, name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/**/*.{system,long}.test.ts'] } },
      // Real dpkg, dkms, kernels, docker and podman; the set-up installs what is missing.
      {
        test: {
          ...common,
          name: 'system',
          include: ['test/**/*.system.test.ts'],
          globalSetup: [...common.globalSetup, 'test/setup/machine.ts'],
        },
      },
      // Upgrades of whole kernels by apt: long, and with downloads; by itself only (npm run upgrades).
      { test: { ...common, name: 'upgrades', include: ['test/upgrades/*.ts'], exclude: ['**/in-container.ts'] } },
      // The same machine, for what takes minutes and finds little new: a command of its own (npm run test:long).
      {
        test: {
          ...common,
          name: 'long',
          include: ['test/**/*.long.test.ts'],
          globalSetup: [...common.globalSetup, 'test/setup/machine.ts', 'test/setup/emulator.ts'],
        },
      },
    ],
  },
});
