import { defineConfig } from 'vitest/config';
import { LeftOutReporter } from './test/support/left-out-reporter.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', new LeftOutReporter()],
  },
});
