import { defineConfig, devices } from '@playwright/test';

import { launchOptions } from './fixtures/browser.ts';
import type { Options } from './fixtures/index.ts';

export default defineConfig<object, Options>({
  testDir: 'tests',
  outputDir: 'test-results',
  // Every test signs in as somebody of its own, so that any two may run at the same time.
  fullyParallel: true,
  workers: 2,
  // A test that passes only when run again has found something.
  retries: 0,
  forbidOnly: true,
  // Limits, not waits: no test gets near them but on a machine that is far slower than those it was written on.
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/report.json' }]],
  globalSetup: './fixtures/built.ts',
  use: {
    ...devices['Desktop Chrome'],
    launchOptions,
    actionTimeout: 30_000,
    navigationTimeout: 30_000,
    contextOptions: { reducedMotion: 'reduce' },
    // How the page was at each step is in the trace without a film of it, which would be made of every test that passes.
    trace: { mode: 'retain-on-failure', screenshots: false },
    screenshot: 'only-on-failure',
  },
  projects: [
    { name: 'same-origin', use: { deployment: 'same-origin' }, grepInvert: /@static-host/ },
    { name: 'static-host', use: { deployment: 'static-host' }, grep: /@anywhere|@static-host/ },
  ],
});
