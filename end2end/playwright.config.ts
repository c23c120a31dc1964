import { defineConfig, devices } from '@playwright/test';

import { launchOptions } from './browser/launch.ts';
import type { Options } from './fixtures/index.ts';

export default defineConfig<object, Options>({
  testDir: 'tests',
  outputDir: 'test-results',
  // Every test signs in as a person of its own, so any two tests can run at the same time.
  fullyParallel: true,
  workers: 2,
  // A test that fails only sometimes has found a fault, so nothing is retried.
  retries: 0,
  forbidOnly: true,
  // Limits, not waits: only a test on a very slow machine gets near them.
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/report.json' }]],
  globalSetup: './servers/build.ts',
  use: {
    ...devices['Desktop Chrome'],
    launchOptions,
    // What a service worker answers no route of a test sees. Its own tests allow it.
    serviceWorkers: 'block',
    actionTimeout: 30_000,
    navigationTimeout: 30_000,
    contextOptions: { reducedMotion: 'reduce' },
    // The trace has a DOM snapshot of each step. Screenshots as well would cost time in every test that passes.
    trace: { mode: 'retain-on-failure', screenshots: false },
    screenshot: 'only-on-failure',
  },
  projects: [
    { name: 'same-origin', use: { deployment: 'same-origin' }, grepInvert: /@static-host/ },
    { name: 'static-host', use: { deployment: 'static-host' }, grep: /@anywhere|@static-host/ },
  ],
});
