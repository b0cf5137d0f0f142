import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    include: ['test/**/*.test.ts', 'gadgets/*/test/*.test.ts'],
    exclude: ['test/vm/**'],
    testTimeout: 20_000,
  },
});
