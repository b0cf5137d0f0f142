import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    include: ['test/**/*.test.ts', 'gadgets/*/test/*.test.ts'],
    exclude: ['test/vm/**'],
    // Long enough for a machine that does much else: nothing waits this long when all is well.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
