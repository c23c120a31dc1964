import { defineConfig, devices } from '@playwright/test';

import { launchOptions } from './browser/launch.ts';

/** `npm run gallery` writes screenshots of every state of the product to `gallery/`. */
export default defineConfig({
  testDir: '.',
  testMatch: 'gallery.ts',
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
    serviceWorkers: 'block',
    contextOptions: { reducedMotion: 'reduce' },
  },
});
