import { readFileSync } from 'node:fs';

import { expectNoHorizontalScroll } from '../browser/layout.ts';
import { isManagementUrl } from '../browser/requests.ts';
import { demoTest as test, expect } from '../fixtures/index.ts';
import { demoUsers } from '../servers/build.ts';

interface Identity {
  provider: string;
  user_id: string | number;
  connection: string;
}

/** The demo tenant's users, as the server seeds them. */
const seeded: { user_id: string; identities: Identity[] }[] = JSON.parse(readFileSync(demoUsers, 'utf8'));

/** How to sign in as a user of the demo tenant, and what the list shows then. */
interface DemoUser {
  /** The user's id. */
  id: string;
  /** E-mail address and password, or a provider and the label of the user at its stand-in. */
  signIn: { password: [string, string] } | { standIn: [string, string] };
  /** A text of the header. */
  header: string;
  /** Texts of the primary row. */
  primary: string[];
  /** The accessible names of the Unlink buttons, in order. */
  unlinkButtons: string[];
}

const HUBERT =
  'Hubert Blaine Adolph Bartholomew Cornelius Desmond Everard Ferdinand ' +
  'Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh the Younger of Nether Wallop';

const DEMO_USERS: Record<string, DemoUser> = {
  'two Google logins, a numeric GitHub id and a company id with a slash': {
    id: 'auth0|65a000000000000000000001',
    signIn: { password: ['ada@example.com', 'ada-demo'] },
    header: 'ada@example.com',
    primary: ['Password', 'Ada Lovelace', 'ada@example.com'],
    unlinkButtons: [
      'Unlink Google, ada.lovelace@gmail.example',
      'Unlink Google, ada@analytical-engine.example',
      'Unlink GitHub, ada@users.github.example',
      'Unlink Acme Corp, ada.lovelace@acme.example',
    ],
  },
  'twelve logins of every kind': {
    id: 'auth0|65a000000000000000000002',
    signIn: { password: ['grace@example.com', 'grace-demo'] },
    header: 'grace@example.com',
    primary: ['Password', 'Grace Hopper', 'grace@example.com'],
    unlinkButtons: [
      'Unlink Google, grace.hopper@gmail.example',
      'Unlink GitHub, grace@users.github.example',
      'Unlink GitHub, mark-one@navy.example',
      'Unlink Facebook, grace@facebook.example',
      'Unlink Apple, x7k2mq9p4z@privaterelay.example',
      'Unlink Microsoft, grace.hopper@outlook.example',
      'Unlink Twitter, amazinggrace',
      'Unlink LinkedIn, grace@linkedin.example',
      'Unlink Acme Corp, ghopper@acme.example',
      'Unlink E-mail code, grace@navy.example',
      'Unlink Text message, +12025550119',
    ],
  },
  'one login': {
    id: 'auth0|65a000000000000000000003',
    signIn: { password: ['alan@example.com', 'alan-demo'] },
    header: 'alan@example.com',
    primary: ['Password', 'Alan Turing', 'alan@example.com'],
    unlinkButtons: [],
  },
  'a Google account with a linked password': {
    id: 'google-oauth2|107208181926000000003',
    signIn: { password: ['katherine@example.com', 'katherine-demo'] },
    header: 'katherine.johnson@gmail.example',
    primary: ['Google', 'Katherine Johnson', 'katherine.johnson@gmail.example'],
    unlinkButtons: ['Unlink Password, katherine@example.com', 'Unlink GitHub, katherine@users.github.example'],
  },
  'a name in Arabic': {
    id: 'auth0|65a000000000000000000005',
    signIn: { password: ['layla@example.net', 'layla-demo'] },
    header: 'layla@example.net',
    primary: ['Password', 'ليلى الخوارزمي', 'layla@example.net'],
    unlinkButtons: ['Unlink Apple, q3v8n5t1ws@privaterelay.example', 'Unlink Facebook, layla@facebook.example'],
  },
  'a name in Hebrew': {
    id: 'auth0|65a000000000000000000006',
    signIn: { password: ['adina@example.org', 'adina-demo'] },
    header: 'adina@example.org',
    primary: ['Password', 'עדינה שמיר', 'adina@example.org'],
    unlinkButtons: ['Unlink Google, adina.shamir@gmail.example'],
  },
  'addresses that are not verified': {
    id: 'auth0|65a000000000000000000007',
    signIn: { password: ['linus@example.org', 'linus-demo'] },
    header: 'linus@example.org',
    primary: ['Password', 'Linus Bergström', 'linus@example.org', 'This e-mail address is not verified.'],
    unlinkButtons: ['Unlink Twitter, linusb', 'Unlink LinkedIn, linus@linkedin.example'],
  },
  'a very long name and address': {
    id: 'auth0|65a000000000000000000008',
    signIn: { password: ['hubert@example.com', 'hubert-demo'] },
    header: 'hubert@example.com',
    primary: ['Password', HUBERT, 'hubert@example.com'],
    unlinkButtons: [
      'Unlink LinkedIn, hubert.blaine.wolfeschlegelsteinhausenbergerdorff.the.younger.of' +
        '@a-rather-long-subdomain.of-an-even-longer-domain.linkedin.example',
      'Unlink Microsoft, hubert@outlook.example',
    ],
  },
  'no name at all': {
    id: 'auth0|65a000000000000000000009',
    signIn: { password: ['nobody@example.com', 'nobody-demo'] },
    header: 'nobody@example.com',
    primary: ['Password', 'nobody@example.com'],
    unlinkButtons: [
      'Unlink Text message, +12025550147',
      'Unlink E-mail code, no.name@example.test',
      'Unlink Google, no.name@gmail.example',
    ],
  },
  'a pinned company login': {
    id: 'auth0|65a000000000000000000010',
    signIn: { password: ['mary@example.com', 'mary-demo'] },
    header: 'mary@example.com',
    primary: ['Password', 'Mary Jackson', 'mary@example.com'],
    unlinkButtons: ['Unlink Globex, mary.jackson@globex.example', 'Unlink Google, mary.jackson@gmail.example'],
  },
  'a company login as the main one': {
    id: 'samlp|acme-saml|ops/kenji',
    signIn: { standIn: ['Acme Corp', 'kenji.tanaka@acme.example'] },
    header: 'kenji.tanaka@acme.example',
    primary: ['Acme Corp', '田中 健二', 'kenji.tanaka@acme.example'],
    unlinkButtons: ['Unlink Microsoft, kenji@outlook.example'],
  },
  'a numeric GitHub id as the main login': {
    id: 'github|5121951',
    signIn: { standIn: ['GitHub', 'radia@users.github.example'] },
    header: 'radia@users.github.example',
    primary: ['GitHub', 'Radia Perlman', 'radia@users.github.example', 'This e-mail address is not verified.'],
    unlinkButtons: ['Unlink Text message, +12025550188'],
  },
};

test('everybody of the demo is covered here', () => {
  expect(Object.values(DEMO_USERS).map(({ id }) => id)).toEqual(seeded.map((user) => user.user_id));
});

for (const [what, shown] of Object.entries(DEMO_USERS)) {
  test(`the list of somebody with ${what} is complete, in order, and fits a small screen`, async ({
    app,
    hosted,
    page,
  }) => {
    await app.open();
    await app.signInButton.click();
    if ('password' in shown.signIn) {
      await hosted.signIn(...shown.signIn.password);
    } else {
      const [provider, who] = shown.signIn.standIn;
      await (await hosted.continueWith(provider)).chooseUser(who);
    }
    await app.expectList();

    const identities = seeded.find((user) => user.user_id === shown.id)!.identities;
    await expect
      .poll(() => app.identityKeys())
      .toEqual(identities.map(({ provider, user_id }) => `${provider}|${user_id}`));
    await expect(app.header).toContainText(shown.header);
    for (const text of shown.primary) {
      await expect(app.primaryList).toContainText(text);
    }
    await expect(app.primaryList).toContainText('The main login holds your account, so it stays.');
    const buttons = app.linkedList.getByRole('button', { name: /^Unlink/ });
    expect(await buttons.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))).toEqual(
      shown.unlinkButtons,
    );
    await expect(app.primaryList.getByRole('button')).toHaveCount(0);
    await expect(page.getByText('No other login is linked to this account.')).toBeVisible({
      visible: shown.unlinkButtons.length === 0,
    });

    for (const width of [320, 768]) {
      await page.setViewportSize({ width, height: 700 });
      await expectNoHorizontalScroll(page);
    }
  });
}

test('a name from right to left keeps its direction to itself', async ({ app, hosted }) => {
  await app.open();
  await app.signInButton.click();
  await hosted.signIn('layla@example.net', 'layla-demo');
  const name = app.primaryList.getByText('ليلى الخوارزمي');
  await expect(name).toHaveCSS('direction', 'rtl');
  await expect(app.primaryList).toHaveCSS('direction', 'ltr');
});

test('pictures come from the page itself, and initials stand in for the others', async ({ app, hosted, page }) => {
  await app.open();
  await app.signInButton.click();
  await hosted.signIn('ada@example.com', 'ada-demo');
  await app.expectList();
  const picture = app.primaryList.locator('img');
  await expect(picture).toHaveJSProperty('complete', true);
  expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  await expect(app.rows.nth(2).locator('img')).toHaveCount(0);
  await expect(app.rows.nth(2)).toContainText('AL');
  await expect(page.locator('img[src^="http"]:not([src^="' + new URL(page.url()).origin + '"])')).toHaveCount(0);
});

// WCAG 1.4.10: zoom
test('the login page and a stand-in fit a small screen', async ({ app, hosted, page }) => {
  await page.setViewportSize({ width: 320, height: 700 });
  await app.open();
  await expect(app.signInButton).toBeVisible();
  await expectNoHorizontalScroll(page);
  await app.signInButton.click();
  await expect(hosted.heading).toBeVisible();
  await expectNoHorizontalScroll(page);
  await hosted.continueWith('LinkedIn');
  await expectNoHorizontalScroll(page);
});

// WCAG 1.4.10: zoom
test('the dialog and a failure fit a small screen, however long the names', async ({
  app,
  hosted,
  page,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(500);
  await page.setViewportSize({ width: 320, height: 700 });
  await app.open();
  await app.signInButton.click();
  await hosted.signIn('hubert@example.com', 'hubert-demo');
  await app.expectList();
  // The DELETE fails, because tests share the demo tenant's users.
  await page.route(isManagementUrl, (route) => route.fulfill({ status: 500, body: 'x'.repeat(300) }));
  await page.getByRole('button', { name: /^Unlink LinkedIn/ }).click();
  await expect(app.dialog).toBeVisible();
  await expectNoHorizontalScroll(page);
  const dialog = (await app.dialog.boundingBox())!;
  expect(dialog.x).toBeGreaterThanOrEqual(0);
  expect(dialog.x + dialog.width).toBeLessThanOrEqual(320);
  // The buttons hide none of the facts: where both have no room, they come into view by scrolling.
  for (const button of await app.dialog.getByRole('button').all()) {
    await button.scrollIntoViewIfNeeded();
    await expect(button).toBeInViewport({ ratio: 1 });
  }
  await app.dialog.getByRole('button', { name: 'Unlink LinkedIn' }).click();
  await app.notice.getByText('Technical details').click();
  await expect(app.notice.locator('pre')).toBeVisible();
  await expectNoHorizontalScroll(page);
});
