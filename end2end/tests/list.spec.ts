import { readFileSync } from 'node:fs';

import { demoUsers } from '../fixtures/built.ts';
import { demoTest as test, expect, expectNoSidewaysScroll, isManagement } from '../fixtures/index.ts';

interface Identity {
  provider: string;
  user_id: string | number;
  connection: string;
}

/** The people of the demo, as the server seeds them. */
const seeded: { user_id: string; identities: Identity[] }[] = JSON.parse(readFileSync(demoUsers, 'utf8'));

/** How to sign in as somebody of the demo, and what must be shown then. */
interface Shown {
  /** The account's id. */
  id: string;
  /** Address and password, or the provider and the person to choose there. */
  way: { password: [string, string] } | { standIn: [string, string] };
  /** What stands in the header. */
  header: string;
  /** Texts of the main row. */
  main: string[];
  /** The accessible names of the Unlink buttons, in their order. */
  unlink: string[];
}

const HUBERT =
  'Hubert Blaine Adolph Bartholomew Cornelius Desmond Everard Ferdinand ' +
  'Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh the Younger of Nether Wallop';

const PEOPLE: Record<string, Shown> = {
  'two Google logins, a numeric GitHub id and a company id with a slash': {
    id: 'auth0|65a000000000000000000001',
    way: { password: ['ada@example.com', 'ada-demo'] },
    header: 'ada@example.com',
    main: ['Password', 'Ada Lovelace', 'ada@example.com'],
    unlink: [
      'Unlink Google, ada.lovelace@gmail.example',
      'Unlink Google, ada@analytical-engine.example',
      'Unlink GitHub, ada@users.github.example',
      'Unlink Company login, ada.lovelace@acme.example',
    ],
  },
  'twelve logins of every kind': {
    id: 'auth0|65a000000000000000000002',
    way: { password: ['grace@example.com', 'grace-demo'] },
    header: 'grace@example.com',
    main: ['Password', 'Grace Hopper', 'grace@example.com'],
    unlink: [
      'Unlink Google, grace.hopper@gmail.example',
      'Unlink GitHub, grace@users.github.example',
      'Unlink GitHub, mark-one@navy.example',
      'Unlink Facebook, grace@facebook.example',
      'Unlink Apple, x7k2mq9p4z@privaterelay.example',
      'Unlink Microsoft, grace.hopper@outlook.example',
      'Unlink Twitter, amazinggrace',
      'Unlink LinkedIn, grace@linkedin.example',
      'Unlink Company login, ghopper@acme.example',
      'Unlink E-mail code, grace@navy.example',
      'Unlink Text message, +12025550119',
    ],
  },
  'one login': {
    id: 'auth0|65a000000000000000000003',
    way: { password: ['alan@example.com', 'alan-demo'] },
    header: 'alan@example.com',
    main: ['Password', 'Alan Turing', 'alan@example.com'],
    unlink: [],
  },
  'a Google account with a linked password': {
    id: 'google-oauth2|107208181926000000003',
    way: { password: ['katherine@example.com', 'katherine-demo'] },
    header: 'katherine.johnson@gmail.example',
    main: ['Google', 'Katherine Johnson', 'katherine.johnson@gmail.example'],
    unlink: ['Unlink Password, katherine@example.com', 'Unlink GitHub, katherine@users.github.example'],
  },
  'a name in Arabic': {
    id: 'auth0|65a000000000000000000005',
    way: { password: ['layla@example.net', 'layla-demo'] },
    header: 'layla@example.net',
    main: ['Password', 'ليلى الخوارزمي', 'layla@example.net'],
    unlink: ['Unlink Apple, q3v8n5t1ws@privaterelay.example', 'Unlink Facebook, layla@facebook.example'],
  },
  'a name in Hebrew': {
    id: 'auth0|65a000000000000000000006',
    way: { password: ['adina@example.org', 'adina-demo'] },
    header: 'adina@example.org',
    main: ['Password', 'עדינה שמיר', 'adina@example.org'],
    unlink: ['Unlink Google, adina.shamir@gmail.example'],
  },
  'addresses that are not verified': {
    id: 'auth0|65a000000000000000000007',
    way: { password: ['linus@example.org', 'linus-demo'] },
    header: 'linus@example.org',
    main: ['Password', 'Linus Bergström', 'linus@example.org', 'This e-mail address is not verified.'],
    unlink: ['Unlink Twitter, linusb', 'Unlink LinkedIn, linus@linkedin.example'],
  },
  'a very long name and address': {
    id: 'auth0|65a000000000000000000008',
    way: { password: ['hubert@example.com', 'hubert-demo'] },
    header: 'hubert@example.com',
    main: ['Password', HUBERT, 'hubert@example.com'],
    unlink: [
      'Unlink LinkedIn, hubert.blaine.wolfeschlegelsteinhausenbergerdorff.the.younger.of' +
        '@a-rather-long-subdomain.of-an-even-longer-domain.linkedin.example',
      'Unlink Microsoft, hubert@outlook.example',
    ],
  },
  'no name at all': {
    id: 'auth0|65a000000000000000000009',
    way: { password: ['nobody@example.com', 'nobody-demo'] },
    header: 'nobody@example.com',
    main: ['Password', 'nobody@example.com'],
    unlink: [
      'Unlink Text message, +12025550147',
      'Unlink E-mail code, no.name@example.test',
      'Unlink Google, no.name@gmail.example',
    ],
  },
  'a pinned company login': {
    id: 'auth0|65a000000000000000000010',
    way: { password: ['mary@example.com', 'mary-demo'] },
    header: 'mary@example.com',
    main: ['Password', 'Mary Jackson', 'mary@example.com'],
    unlink: ['Unlink Microsoft Entra ID, mary.jackson@globex.example', 'Unlink Google, mary.jackson@gmail.example'],
  },
  'a company login as the main one': {
    id: 'samlp|acme-saml|ops/kenji',
    way: { standIn: ['Acme Corp', 'kenji.tanaka@acme.example'] },
    header: 'kenji.tanaka@acme.example',
    main: ['Company login', 'Acme SAML', '田中 健二', 'kenji.tanaka@acme.example'],
    unlink: ['Unlink Microsoft, kenji@outlook.example'],
  },
  'a numeric GitHub id as the main login': {
    id: 'github|5121951',
    way: { standIn: ['GitHub', 'radia@users.github.example'] },
    header: 'radia@users.github.example',
    main: ['GitHub', 'Radia Perlman', 'radia@users.github.example', 'This e-mail address is not verified.'],
    unlink: ['Unlink Text message, +12025550188'],
  },
};

test('everybody of the demo is covered here', () => {
  expect(Object.values(PEOPLE).map(({ id }) => id)).toEqual(seeded.map((user) => user.user_id));
});

for (const [what, shown] of Object.entries(PEOPLE)) {
  test(`the list of somebody with ${what} is complete, in order, and fits a small screen`, async ({
    app,
    hosted,
    page,
  }) => {
    await app.open();
    await app.signIn.click();
    if ('password' in shown.way) {
      await hosted.signInAs(...shown.way.password);
    } else {
      const [provider, who] = shown.way.standIn;
      await (await hosted.continueWith(provider)).choose(who);
    }
    await app.showsTheList();

    const identities = seeded.find((user) => user.user_id === shown.id)!.identities;
    await expect.poll(() => app.keys()).toEqual(identities.map(({ provider, user_id }) => `${provider}|${user_id}`));
    await expect(app.header).toContainText(shown.header);
    for (const text of shown.main) {
      await expect(app.mainLogin).toContainText(text);
    }
    await expect(app.mainLogin).toContainText('The main login holds your account, so it stays.');
    const buttons = app.linkedLogins.getByRole('button', { name: /^Unlink/ });
    expect(await buttons.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))).toEqual(shown.unlink);
    await expect(app.mainLogin.getByRole('button')).toBeDisabled();
    await expect(page.getByText('No other login is linked to this account.')).toBeVisible({
      visible: shown.unlink.length === 0,
    });

    for (const width of [320, 768]) {
      await page.setViewportSize({ width, height: 700 });
      await expectNoSidewaysScroll(page);
    }
  });
}

test('a name from right to left keeps its direction to itself', async ({ app, hosted }) => {
  await app.open();
  await app.signIn.click();
  await hosted.signInAs('layla@example.net', 'layla-demo');
  const name = app.mainLogin.getByText('ليلى الخوارزمي');
  await expect(name).toHaveCSS('direction', 'rtl');
  await expect(app.mainLogin).toHaveCSS('direction', 'ltr');
});

test('pictures come from the page itself, and initials stand in for the others', async ({ app, hosted, page }) => {
  await app.open();
  await app.signIn.click();
  await hosted.signInAs('ada@example.com', 'ada-demo');
  await app.showsTheList();
  const picture = app.mainLogin.locator('img');
  await expect(picture).toHaveJSProperty('complete', true);
  expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  await expect(app.rows.nth(2).locator('img')).toHaveCount(0);
  await expect(app.rows.nth(2)).toContainText('AL');
  await expect(page.locator('img[src^="http"]:not([src^="' + new URL(page.url()).origin + '"])')).toHaveCount(0);
});

test('the login page and a stand-in fit a small screen', async ({ app, hosted, page }) => {
  await page.setViewportSize({ width: 320, height: 700 });
  await app.open();
  await expect(app.signIn).toBeVisible();
  await expectNoSidewaysScroll(page);
  await app.signIn.click();
  await expect(hosted.heading).toBeVisible();
  await expectNoSidewaysScroll(page);
  await hosted.continueWith('LinkedIn');
  await expectNoSidewaysScroll(page);
});

test('the dialog and a failure fit a small screen, however long the names', async ({ app, hosted, page, watch }) => {
  watch.expectStatus(500);
  await page.setViewportSize({ width: 320, height: 700 });
  await app.open();
  await app.signIn.click();
  await hosted.signInAs('hubert@example.com', 'hubert-demo');
  await app.showsTheList();
  // Nothing is unlinked: the people of the demo are shared.
  await page.route(isManagement, (route) => route.fulfill({ status: 500, body: 'x'.repeat(300) }));
  await page.getByRole('button', { name: /^Unlink LinkedIn/ }).click();
  await expect(app.dialog).toBeVisible();
  await expectNoSidewaysScroll(page);
  const dialog = (await app.dialog.boundingBox())!;
  expect(dialog.x).toBeGreaterThanOrEqual(0);
  expect(dialog.x + dialog.width).toBeLessThanOrEqual(320);
  for (const button of await app.dialog.getByRole('button').all()) {
    await expect(button).toBeInViewport({ ratio: 1 });
  }
  await app.dialog.getByRole('button', { name: 'Unlink LinkedIn' }).click();
  await app.notice.getByText('Technical details').click();
  await expect(app.notice.locator('pre')).toBeVisible();
  await expectNoSidewaysScroll(page);
});
