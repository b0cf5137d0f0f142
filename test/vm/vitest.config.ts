import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    include: ['test/vm/**/*.test.ts'],
    testTimeout: 30_000,
    // Fetching a kernel, booting it and running every case in it.
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
