import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Isolates run in host processes that the tests start, never in vitest's own workers.
const shared = { pool: 'forks', testTimeout: 30_000, hookTimeout: 30_000, retry: 0 } as const;

const config: ViteUserConfig = defineConfig({
  test: {
    // Half of the time of process tests is waiting; the default leaves one of two cores idle.
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/package/**', 'test/hostile/full/**', 'test/**/*.slow.test.ts'],
        },
      },
      // Whole fleets, a browser, hosts that grow old: apart, so that `npm test` stays under a minute or so.
      { test: { ...shared, name: 'slow', include: ['test/**/*.slow.test.ts'], testTimeout: 120_000 } },
      // Every hostile script and thousands of generated ones: minutes, so apart from `npm test`.
      {
        test: {
          ...shared,
          name: 'hostile',
          include: ['test/hostile/full/**/*.test.ts'],
          testTimeout: 600_000,
        },
      },
      // Builds, packs and installs the tarball: minutes of registry traffic at worst, so apart from `npm test`.
      {
        test: {
          ...shared,
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});

export default config;
