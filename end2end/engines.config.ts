import { defineConfig } from '@playwright/test';

import type { Options } from './engines/fixtures.ts';

/** The tests in the engines that people have besides Chromium's. */
export default defineConfig<object, Options>({
  testDir: 'engines',
  testMatch: '*.spec.ts',
  outputDir: 'test-results/engines',
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
  globalSetup: './servers/build.ts',
  projects: (['firefox', 'webkit'] as const).flatMap((engineName) => [
    { name: engineName, use: { engineName, deployment: 'same-origin' }, grepInvert: /@static-host/ },
    { name: `${engineName}, static host`, use: { engineName, deployment: 'static-host' }, grep: /@static-host/ },
  ]),
});
