import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Isolates run in host processes that the tests start, never in vitest's own workers.
const shared = { pool: 'forks', testTimeout: 30_000, hookTimeout: 30_000, retry: 0 } as const;

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/package/**', 'test/hostile/full/**'],
        },
      },
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
