import { defineConfig, devices } from '@playwright/test';

import { launchOptions } from './browser/launch.ts';

/** `npm run pictures` takes the pictures of the README anew, in `pictures/`. */
export default defineConfig({
  testDir: '.',
  testMatch: 'pictures.ts',
  outputDir: 'test-results',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  timeout: 60_000,
  reporter: 'list',
  globalSetup: './servers/build.ts',
  use: {
    ...devices['Desktop Chrome'],
    launchOptions,
    contextOptions: { reducedMotion: 'reduce' },
  },
});
