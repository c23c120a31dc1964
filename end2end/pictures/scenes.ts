import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, type Page } from '@playwright/test';

import type { HostedLogin } from '../pages/hosted-login.ts';
import type { LinkedAccounts } from '../pages/linked-accounts.ts';

/** A state of the page that the README pictures in both colour schemes, as `NAME-light.png` and `NAME-dark.png`. */
export interface Scene {
  name: string;
  size: { width: number; height: number };
  /** Brings the page from the list of the demo's Ada to the state. Must not change her account: tests share it. */
  show(app: LinkedAccounts): Promise<void>;
}

/** What a picture depends on, in a form that is the same on every machine, which pixels are not. */
export interface Fingerprint {
  /** SHA-256 of the style sheets, in hexadecimal. */
  styles: string;
  /** The lines of the accessibility snapshot. */
  accessibility: string[];
}

const GITHUB = { key: 'github|18151210', name: 'GitHub', label: 'ada@users.github.example' };

export const scenes: Scene[] = [
  {
    name: 'list',
    size: { width: 1280, height: 790 },
    show: async (app) => app.expectList(),
  },
  {
    name: 'dialog',
    size: { width: 768, height: 790 },
    show: async (app) => {
      await app.unlinkButton(GITHUB).click();
      await expect(app.dialog).toBeVisible();
    },
  },
  {
    name: 'linking',
    size: { width: 768, height: 560 },
    show: async (app) => {
      const heading = app.page.getByRole('heading', { level: 2, name: 'Link another login' });
      await expect(app.linkButton('LinkedIn')).toBeEnabled();
      await heading.evaluate((element) => window.scrollTo(0, element.getBoundingClientRect().top - 24));
    },
  },
];

/** Signs Ada in and brings the page to a scene. */
export async function showScene(scene: Scene, app: LinkedAccounts, hosted: HostedLogin): Promise<void> {
  await app.page.setViewportSize(scene.size);
  await app.open();
  await app.signInButton.click();
  await hosted.signIn('ada@example.com', 'ada-demo');
  await app.expectList();
  await scene.show(app);
}

/** Returns the path of a picture, or of another file beside it. */
export const picturePath = (file: string): string => join(import.meta.dirname, file);

/** Computes the fingerprint of what a page shows. */
export async function fingerprint(page: Page): Promise<Fingerprint> {
  const sheets = await page.locator('style').allTextContents();
  expect(sheets, 'the page has style sheets of its own').not.toHaveLength(0);
  const snapshot = await page.locator('body').ariaSnapshot();
  return {
    styles: createHash('sha256').update(sheets.map(withoutLayout).join('\n')).digest('hex'),
    // The server's port is another one on every start.
    accessibility: snapshot.replaceAll(new URL(page.url()).origin, 'http://ORIGIN').split('\n'),
  };
}

/** Reads the fingerprint that was recorded with a scene's pictures; `undefined` when there is none. */
export async function recordedFingerprint(scene: Scene): Promise<Fingerprint | undefined> {
  const text = await readFile(picturePath(`${scene.name}.json`), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Fingerprint);
}

/** Removes comments and optional white space from a style sheet, so that neither makes a picture out of date. */
function withoutLayout(sheet: string): string {
  return sheet
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,]) ?/g, '$1')
    .replaceAll(';}', '}')
    .trim();
}
