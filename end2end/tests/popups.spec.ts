import type { BrowserContext, Page } from '@playwright/test';

import { recordManagementRequests } from '../browser/requests.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';
import { HostedLogin, StandIn } from '../pages/hosted-login.ts';
import { openStandInPopup, uniqueEmail } from '../pages/linking.ts';

const OUT_OF_SIGHT = 'This page cannot see the window any more.';

/** Has the tenant's pages, and those of providers, cut themselves off from the page that opened them. */
const cutOff = (context: BrowserContext) =>
  context.route(/\/(authorize|u|login)(\/|\?|$)/, async (route) => {
    const response = await route.fetch({ maxRedirects: 0 });
    await route.fulfill({
      response,
      headers: { ...response.headers(), 'cross-origin-opener-policy': 'same-origin' },
    });
  });

/** Clicks, and returns the window that opens; one that is cut off is no popup of the page any more. */
async function openWindow(context: BrowserContext, click: () => Promise<void>): Promise<Page> {
  const [opened] = await Promise.all([context.waitForEvent('page'), click()]);
  return opened;
}

test.describe('a window that is cut off from the page', () => {
  test('is listened to, and the login is linked', async ({ app, context, page, signedIn: person }) => {
    await cutOff(context);
    const email = uniqueEmail(person, 'coop');
    const opened = await openWindow(context, () => app.linkButton('LinkedIn').click());
    await expect(page.getByText(OUT_OF_SIGHT)).toBeVisible();
    await expect(app.notice).toBeHidden();
    await new StandIn(opened).signInAsNewUser('Co Op', email);
    await expect(app.status).toContainText(`LinkedIn (${email}) is linked to this account now.`);
    await expect(page.getByText(OUT_OF_SIGHT)).toBeHidden();
  });

  test.describe('for a fresh sign-in', () => {
    test.use({ settings: { freshSignIn: 50 } });

    test('is listened to, and the login is unlinked', async ({ app, context, page, signedIn: person }) => {
      await cutOff(context);
      await page.clock.install({ time: Date.now() + 55_000 });
      const google = person.linked[0]!;
      const opened = await openWindow(context, () => app.unlink(google));
      await expect(app.row(google)).toContainText(OUT_OF_SIGHT);
      await new HostedLogin(opened).reauthenticate(person.email, PASSWORD);
      await expect(app.status).toContainText(`Google (${google.label}) was unlinked.`);
    });
  });
});

test('a window that was closed can be opened again or given up, in the section where it was opened', async ({
  app,
  page,
  signedIn: person,
}) => {
  const requests = recordManagementRequests(page);
  const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').click());
  await expect(page.getByRole('button', { name: 'Show the window' })).toBeInViewport();
  await standIn.page.close();
  await expect(page.getByText(OUT_OF_SIGHT)).toBeVisible();
  const again = await openStandInPopup(page, () => page.getByRole('button', { name: 'Open it again' }).click());
  await expect(again.heading).toBeVisible();
  await expect(page.getByText('Go on in the window that opened.')).toBeVisible();
  const closed = again.page.waitForEvent('close');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await closed;
  await expect(app.linkButton('LinkedIn')).toBeEnabled();
  await expect(page.locator('#link-another')).toBeFocused();
  await expect(app.notice).toBeHidden();
  expect(requests).toEqual([]);
  await app.expectIdentities([person.primary, ...person.linked]);
});

test.describe('a window for a fresh sign-in', () => {
  test.use({ settings: { freshSignIn: 50 } });

  test('is cancelled in the row, which keeps its login', async ({ app, page, signedIn: person }) => {
    await page.clock.install({ time: Date.now() + 55_000 });
    const google = person.linked[0]!;
    const [popup] = await Promise.all([page.waitForEvent('popup'), app.unlink(google)]);
    await expect(app.row(google)).toContainText('Go on in the window that opened.');
    await expect(app.unlinkButton(google)).toHaveText('Waiting…');
    await app.row(google).getByRole('button', { name: 'Show the window' }).click();
    const closed = popup.waitForEvent('close');
    await app.row(google).getByRole('button', { name: 'Cancel' }).click();
    await closed;
    await expect(app.unlinkButton(google)).toBeFocused();
    await expect(app.unlinkButton(google)).toHaveText('Unlink');
    await expect(app.notice).toBeHidden();
    await app.expectIdentities([person.primary, ...person.linked]);
  });
});

test('the window of Undo is cancelled where the login is listed, and asked for again there', async ({
  app,
  page,
  signedIn: person,
}) => {
  const google = person.linked[0]!;
  await app.unlink(google);
  await Promise.all([page.waitForEvent('popup'), page.getByRole('button', { name: 'Undo', exact: true }).click()]);
  const row = page.getByRole('list', { name: 'Recently unlinked' }).getByRole('listitem');
  await expect(row).toContainText('Go on in the window that opened.');
  await expect(row.getByRole('button', { name: 'Show the window' })).toBeFocused();
  await row.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.locator('#unlinked')).toBeFocused();
  await expect(app.notice).toBeHidden();
  const again = page.getByRole('button', { name: `Link again: Google, ${google.label}` });
  const [popup] = await Promise.all([page.waitForEvent('popup'), again.click()]);
  await new StandIn(popup).signInAsNewUser('Some Body', uniqueEmail(person, 'else'));
  await expect(row.getByRole('alert')).toContainText('That was another login');
});

test('nothing that can be clicked is under a notice, at any width', async ({ app, page, signedIn: person }) => {
  const notice = page.locator('.toast');
  for (const [place, width] of [360, 768, 1280].entries()) {
    await page.setViewportSize({ width, height: 700 });
    const login = person.linked[place]!;
    await app.unlink(login);
    await expect(app.status).toContainText(login.label);
    await expect(page.getByRole('button', { name: 'Undo', exact: true })).toBeInViewport();
    const covered = await notice.evaluate((notice) => {
      const box = notice.getBoundingClientRect();
      const controls = [...document.querySelectorAll('button, a, input, summary')];
      return controls
        .filter((control) => !notice.contains(control))
        .map((control) => [control, control.getBoundingClientRect()] as const)
        .filter(([, { width, height }]) => width > 0 && height > 0)
        .filter(
          ([, other]) =>
            other.left < box.right && other.right > box.left && other.top < box.bottom && other.bottom > box.top,
        )
        .map(([control]) => control.textContent);
    });
    expect(covered, `${width} pixels`).toEqual([]);
  }
});
