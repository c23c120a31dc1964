// Tests `@auth0/auth0-react`: the application of `applications/auth0-react.jsx`, used in Chromium.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { setUpChromium, signInOn } from './browser.js';
import { ada, page as client, tenant } from './tenant.js';

const browser = setUpChromium('applications/auth0-react.jsx');

async function openPage(path = '') {
  const page = await (await browser.launchContext()).newPage();
  await page.goto(`${client.url}${path}`);
  return page;
}

const click = (page, name) => page.getByRole('button', { name, exact: true }).click();
const sees = (page, text) => page.getByText(text, { exact: true }).waitFor();

async function openSignedInPage() {
  const page = await openPage();
  await click(page, 'Log in');
  await signInOn(page, ada.email);
  await sees(page, 'Hello Ada Example');
  return page;
}

test('signs in by redirect, and gets an access token', async () => {
  const page = await openSignedInPage();
  assert.equal(page.url(), client.url);
  await click(page, 'Count my logins');
  await sees(page, '3 logins');
  await page.context().close();
});

test('signs in by popup', async () => {
  const page = await openPage();
  const popup = page.waitForEvent('popup');
  await click(page, 'Log in with a popup');
  await signInOn(await popup, ada.email);
  await sees(page, 'Hello Ada Example');
  await page.context().close();
});

test('is signed in after a reload, silently', async () => {
  const page = await openSignedInPage();
  const navigations = [];
  page.on('framenavigated', (frame) => frame === page.mainFrame() && navigations.push(frame.url()));
  await page.reload();
  await sees(page, 'Hello Ada Example');
  assert.deepEqual(navigations, [client.url]);
  await click(page, 'Count my logins');
  await sees(page, '3 logins');
  await page.context().close();
});

test('protects a page, and comes back to it', async () => {
  const page = await openPage('account');
  await signInOn(page, ada.email);
  await sees(page, `The account of ${ada.email}`);
  assert.equal(page.url(), `${client.url}account`);
  await page.context().close();
});

test('shows why a sign-in was refused', async () => {
  const page = await openPage();
  await click(page, 'Log in for another API');
  await sees(page, 'access_denied: Service not found: https://api.example.test/');
  await click(page, 'Log in');
  await signInOn(page, ada.email);
  await sees(page, 'Hello Ada Example');
  await page.context().close();
});

test('logs out', async () => {
  const page = await openSignedInPage();
  await click(page, 'Log out');
  await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
  assert.equal(page.url(), client.url);
  await click(page, 'Log in');
  await page.getByLabel('Password').waitFor();
  assert.equal(new URL(page.url()).origin, tenant);
  await page.context().close();
});
