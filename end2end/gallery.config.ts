import { defineConfig, devices } from '@playwright/test';

import { launchOptions } from './fixtures/browser.ts';

/** `npm run gallery`: a picture of every state of the product, in `gallery/`. */
export default defineConfig({
  testDir: '.',
  testMatch: 'gallery.ts',
  outputDir: 'test-results',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  timeout: 60_000,
  reporter: 'list',
  globalSetup: './fixtures/built.ts',
  use: {
    ...devices['Desktop Chrome'],
    launchOptions,
    contextOptions: { reducedMotion: 'reduce' },
  },
});
