import type { Locator } from '@playwright/test';

import { isManagementUrl } from '../browser/requests.ts';
import { overrideSettings, withoutConnectionStates, withPasswordsClosed } from '../browser/settings.ts';
import { expect, PASSWORD, test as base } from '../fixtures/index.ts';
import { linkNewIdentity } from '../pages/linking.ts';

/** The person of these tests has an identity of a pinned connection. */
const test = base.extend({
  person: async ({ worker }, use) => use(worker.claimPerson('withPinnedLogin')),
});

/** Fails unless the button is disabled by ARIA only, so that it can have the focus, and its description is `reason`. */
async function expectDisabledWithReason(button: Locator, reason: string): Promise<void> {
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  await expect(button).toHaveAccessibleDescription(reason);
  await button.focus();
  await expect(button).toBeFocused();
}

test('the main login says why it stays, and has no button for what it cannot do', async ({ app, signedIn: person }) => {
  const row = app.row(person.primary);
  await expect(row).toContainText('The main login holds your account, so it stays.');
  await expect(row.getByRole('button')).toHaveCount(0);
  await app.selectSeveralButton.click();
  await expect(row.getByRole('checkbox')).toHaveCount(0);
});

test('a login that a company manages says so, and only its administrator can unlink it', async ({
  app,
  page,
  signedIn: person,
}) => {
  const [twitter, globex] = person.linked;
  await expect(app.row(globex!)).toContainText('Managed by your company');
  await expectDisabledWithReason(app.unlinkButton(globex!), 'Only your administrator can unlink this.');
  await page.keyboard.press('Space');
  await expect(app.status).toContainText('Only your administrator can unlink this.');
  await expect(app.dialog).toBeHidden();
  await expect(app.unlinkButton(twitter!)).toBeEnabled();
});

test(
  'the page takes the word of the tenant for what its settings do not tell',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person, consoleGuard }) => {
    consoleGuard.expectStatus(403);
    const globex = person.linked[1]!;
    await overrideSettings(page, withoutConnectionStates);
    await page.reload();
    await app.unlink(globex);
    await expect(app.status).toHaveText(
      `Globex (${globex.label}) was not unlinked. Only your administrator can unlink this.`,
    );
    await expectDisabledWithReason(app.unlinkButton(globex), 'Only your administrator can unlink this.');
    await expect(app.notice).toBeHidden();
    await page.reload();
    await app.expectIdentities([person.primary, ...person.linked]);
  },
);

test('the last way in stays until another login is linked', async ({ app, page, signedIn: person }) => {
  const [twitter, globex, linkedin] = person.linked;
  await overrideSettings(page, (settings) => withPasswordsClosed(withoutConnectionStates(settings)));
  await page.reload();
  await app.unlink(twitter!);
  await app.expectIdentities([person.primary, globex!, linkedin!]);
  await overrideSettings(page, (settings) => {
    const { connections = [], ...rest } = withPasswordsClosed(settings) as { connections?: { name: string }[] };
    return { ...rest, connections: connections.map((one) => (one.name === 'globex' ? { ...one, closed: true } : one)) };
  });
  await page.reload();
  const reason = 'Nothing else would open this account. Link another login first.';
  await expectDisabledWithReason(app.unlinkButton(linkedin!), reason);
  await expect(app.row(linkedin!)).toContainText('Last way in');
  await page.keyboard.press('Enter');
  await expect(app.status).toContainText(reason);
  await app.row(linkedin!).getByRole('link', { name: 'Link another login first' }).click();
  await expect(page.locator('#link-another')).toBeFocused();
});

test('a refusal of the last way in leads to linking another login', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(403);
  const twitter = person.linked[0]!;
  await page.route(isManagementUrl, (route) =>
    route.fulfill({
      status: 403,
      json: {
        statusCode: 403,
        error: 'Forbidden',
        message: 'No other identity of this user can sign in. Link another one first.',
        errorCode: 'last_way_in',
      },
    }),
  );
  await app.unlink(twitter);
  await expectDisabledWithReason(
    app.unlinkButton(twitter),
    'Nothing else would open this account. Link another login first.',
  );
  await page.unrouteAll();
  // A page that regains the focus reads the user again, and drops the reason.
  await page.clock.setFixedTime(Date.now() + 60_000);
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await expect(app.unlinkButton(twitter)).toBeEnabled();
});

// The settings of the static host do not list the tenant's closed connection.
test(
  'the tenant keeps the last way in until another login is linked, and the page follows at once',
  {
    tag: '@static-host',
  },
  async ({ app, hosted, worker, page, consoleGuard }) => {
    consoleGuard.expectStatus(403);
    const stranded = worker.claimPerson('withClosedPrimary');
    const facebook = stranded.linked[0]!;
    await app.open();
    await app.signInButton.click();
    await (await hosted.continueWith('Facebook')).chooseUser(facebook.label);
    await app.expectList();
    await app.unlink(facebook);
    const reason = 'Nothing else would open this account. Link another login first.';
    await expectDisabledWithReason(app.unlinkButton(facebook), reason);
    await expect(app.status).toHaveText(`Facebook (${facebook.label}) was not unlinked. ${reason}`);
    await app.expectIdentities([stranded.primary, facebook]);
    await linkNewIdentity(app, page, stranded.email);
    await expect(app.status).toContainText('is linked to this account now.');
    // The session is still through the login that the person came in with, so it ends with it.
    await app.unlink(facebook);
    await app.expectSignedOut();
    await app.signInButton.click();
    await (await hosted.continueWith('LinkedIn')).chooseUser(stranded.email);
    await app.expectList();
    await expect(app.rows).toHaveCount(2);
    await expect(app.row(facebook)).toHaveCount(0);
  },
);

// attack: linking
test('the tenant holds the rule, whatever the page lets through, and changes nothing', async ({
  app,
  hosted,
  page,
  request,
  signedIn: person,
}) => {
  const managementRequest = page.waitForRequest((request) => request.url().includes('/api/v2/users/'));
  await page.reload();
  const { authorization } = (await managementRequest).headers();
  await app.expectList();
  const user = `/api/v2/users/${encodeURIComponent(person.userId)}`;
  const response = await request.delete(
    `${user}/identities/waad/${encodeURIComponent(person.linked[1]!.key.slice(5))}`,
    {
      headers: { authorization: authorization! },
    },
  );
  expect(response.status()).toBe(403);
  expect(await response.json()).toMatchObject({ errorCode: 'pinned_connection' });
  await app.signOutButton.click();
  await app.expectSignedOut();
  await app.signInButton.click();
  await hosted.signIn(person.email, PASSWORD);
  await app.expectIdentities([person.primary, ...person.linked]);
});
