import { test as base, firefox, webkit } from '@playwright/test';

import type { Person } from '../fixtures/people.ts';
import { type Deployment, runWorker, type Worker } from '../fixtures/worker.ts';
import type { Engine, Window } from './engine.ts';
import { startFirefox } from './firefox.ts';
import { startPlaywright } from './playwright.ts';
import { startWebKit } from './webkit.ts';

/** The options of a project. */
export interface Options {
  engineName: 'firefox' | 'webkit';
  deployment: Deployment;
}

/** Starts an engine: in the program of the system that the environment names, else in Playwright's own build. */
function startEngine(name: Options['engineName']): Promise<Engine> {
  const { LINKED_ACCOUNTS_FIREFOX, LINKED_ACCOUNTS_WEBKIT, LINKED_ACCOUNTS_WEBKIT_DRIVER } = process.env;
  if (name === 'firefox') {
    return LINKED_ACCOUNTS_FIREFOX ? startFirefox(LINKED_ACCOUNTS_FIREFOX) : startPlaywright(firefox);
  }
  return LINKED_ACCOUNTS_WEBKIT && LINKED_ACCOUNTS_WEBKIT_DRIVER
    ? startWebKit(LINKED_ACCOUNTS_WEBKIT_DRIVER, LINKED_ACCOUNTS_WEBKIT)
    : startPlaywright(webkit);
}

interface TestFixtures {
  engine: Engine;
  window: Window;
  person: Person;
}

export const test = base.extend<TestFixtures, Options & { worker: Worker }>({
  engineName: ['firefox', { option: true, scope: 'worker' }],
  deployment: ['same-origin', { option: true, scope: 'worker' }],

  worker: [async ({ deployment }, use) => runWorker(deployment, use), { scope: 'worker', timeout: 90_000 }],

  engine: async ({ engineName }, use) => {
    const engine = await startEngine(engineName);
    await use(engine);
    await engine.close();
  },

  window: async ({ engine }, use) => use(await engine.window()),
  person: async ({ worker }, use) => use(worker.claimPerson('ordinary')),
});
