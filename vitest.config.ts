import { configDefaults, defineConfig } from 'vitest/config';

/** Tests that start the built program as a process. */
const withProgram = 'test/{e2e,chaos}/**/*.test.{ts,tsx}';

export default defineConfig({
  test: {
    // Processes, not threads: signals and process.chdir belong to a main thread, and threads were no quicker.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{src,scripts,test}/**/*.test.{ts,tsx}'],
          exclude: [...configDefaults.exclude, withProgram],
        },
      },
      {
        extends: true,
        test: { name: 'program', include: [withProgram], globalSetup: ['scripts/build-if-stale.ts'] },
      },
    ],
  },
});
