import { waitForPaint } from '../browser/layout.ts';
import { isManagementUrl, recordManagementRequests } from '../browser/requests.ts';
import { expect, PASSWORD, type Person, test } from '../fixtures/index.ts';
import { type HostedLogin, StandIn } from '../pages/hosted-login.ts';
import type { LinkedAccounts } from '../pages/linked-accounts.ts';
import { uniqueEmail, openStandInPopup } from '../pages/linking.ts';

/** Links an identity by redirects: first the new identity signs in, then the primary one again. */
async function linkByRedirects(
  app: LinkedAccounts,
  hosted: HostedLogin,
  person: Person,
  address: string,
): Promise<void> {
  const { page } = app;
  await app.linkButton('LinkedIn').click();
  await new StandIn(page).signInAsNewUser('Linked Inn', address);
  await expect(page.getByText(`Now sign in as ${person.email} once more`)).toBeVisible();
  await page.getByRole('button', { name: 'Sign in to finish' }).click();
  await hosted.reauthenticate(person.email, PASSWORD);
  await app.expectList();
  await expect(app.status).toContainText(`LinkedIn (${address}) is linked to this account now.`);
}

test(
  'a login is linked by signing in with it in a window of its own',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    const requests = recordManagementRequests(page);
    const authorizationRequest = page
      .context()
      .waitForEvent('request', (request) => new URL(request.url()).pathname === '/authorize');
    const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').click());
    const { searchParams } = new URL((await authorizationRequest).url());
    expect(searchParams.get('connection')).toBe('linkedin');
    expect(searchParams.get('max_age'), 'the person signs in anew, whatever session there is').toBe('0');
    await expect(app.linkButton('Facebook')).toBeDisabled();
    await expect(page.getByText('Go on in the window that opened.')).toBeVisible();
    const closed = standIn.page.waitForEvent('close');
    await standIn.signInAsNewUser('Linked Inn', uniqueEmail(person, 'in'));
    await closed;
    await expect(app.status).toContainText(`LinkedIn (${uniqueEmail(person, 'in')}) is linked to this account now.`);
    const rows = app.linkedList.getByRole('listitem');
    await expect(rows).toHaveCount(person.linked.length + 1);
    await expect(rows.last()).toContainText(uniqueEmail(person, 'in'));
    await expect(rows.last().getByRole('button', { name: /^Unlink LinkedIn/ })).toBeFocused();
    await expect(app.linkButton('Facebook')).toBeEnabled();
    // GET reads the other user with that user's token. After POST, the list is rendered from the response, without a
    // GET.
    expect(requests.map((request) => request.split(' ')[0])).toEqual(['GET', 'POST']);

    await page.reload();
    await app.expectList();
    await expect(rows).toHaveCount(person.linked.length + 1);
    await expect(app.header).toContainText(person.email);
  },
);

test(
  'a login of a connection without a button is linked through the login page',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    const [popup] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('button', { name: 'Another login' }).click(),
    ]);
    await popup.getByRole('link', { name: 'Continue with GitHub' }).click();
    await new StandIn(popup).signInAsNewUser('Git Hubber', uniqueEmail(person, 'hub'));
    await expect(app.status).toContainText(`GitHub (${uniqueEmail(person, 'hub')}) is linked to this account now.`);
  },
);

test('where the browser blocks windows, linking goes by redirects', async ({ app, hosted, page, signedIn: person }) => {
  await page.evaluate(() => {
    window.open = () => null;
  });
  await linkByRedirects(app, hosted, person, uniqueEmail(person, 'blocked'));
});

test('closing the window changes nothing, and the way on opens it again', async ({ app, page, signedIn: person }) => {
  const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').click());
  await expect(standIn.heading).toBeVisible();
  await standIn.page.close();
  await expect(page.getByText('This page cannot see the window any more.')).toBeVisible();
  const again = await openStandInPopup(page, () => page.getByRole('button', { name: 'Open it again' }).click());
  await again.signInAsNewUser('Linked Inn', uniqueEmail(person, 'in2'));
  await expect(app.status).toContainText('is linked to this account now.');
  await expect(app.notice).toBeHidden();
});

test('a login that opens this account already is not linked twice', async ({ app, worker, hosted, page }) => {
  const visitor = worker.claimPerson('withStandInLogins');
  await app.open();
  await app.signInButton.click();
  await (await hosted.continueWith('Facebook')).chooseUser(visitor.linked[0]!.label);
  await app.expectList();
  const requests = recordManagementRequests(page);
  await app.showAllButton.click();
  const standIn = await openStandInPopup(page, () => app.linkButton('Microsoft').click());
  await standIn.chooseUser(visitor.linked[1]!.label);
  await expect(app.notice).toContainText('It is linked already');
  await expect(app.notice).toContainText(visitor.linked[1]!.label);
  expect(requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  await app.expectIdentities([visitor.primary, ...visitor.linked]);
});

test('a login with an address that nobody verified is refused in words', async ({ app, page, signedIn: person }) => {
  const requests = recordManagementRequests(page);
  const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').click());
  await standIn.page.getByLabel(/verified/i).uncheck();
  await standIn.signInAsNewUser('Linked Inn', uniqueEmail(person, 'unverified'));
  await expect(app.notice).toContainText('Its e-mail address is not verified');
  await expect(app.notice).toContainText(uniqueEmail(person, 'unverified'));
  expect(requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  await app.expectIdentities([person.primary, ...person.linked]);
});

test('what the tenant refuses to link is told in words', async ({ app, page, signedIn: person, consoleGuard }) => {
  consoleGuard.expectStatus(409);
  await page.route(isManagementUrl, async (route) =>
    route.request().method() === 'POST'
      ? route.fulfill({
          status: 409,
          headers: { 'access-control-allow-origin': '*' },
          json: {
            statusCode: 409,
            error: 'Conflict',
            message: 'Specified identity already exists.',
            errorCode: 'identity_already_exists',
          },
        })
      : route.continue(),
  );
  const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').click());
  await standIn.signInAsNewUser('Linked Inn', uniqueEmail(person, 'conflict'));
  await expect(app.notice).toContainText('It was linked meanwhile');
  await app.expectIdentities([person.primary, ...person.linked]);
});

// attack: page
test('an answer that nobody waits for is worth nothing', async ({
  app,
  context,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  // A window without an opener tries to close itself.
  consoleGuard.expectMessage('Scripts may close only the windows that were opened by them.');
  const channel = await page.evaluateHandle(() => {
    const channel = new BroadcastChannel('linked-accounts.popup');
    return { message: new Promise((resolve) => (channel.onmessage = () => resolve(true))) };
  });
  const intruder = await context.newPage();
  await intruder.goto('/callback?code=stolen&state=popup.guessed');
  await expect(intruder.getByRole('heading', { name: 'That is done' })).toBeVisible();
  expect(new URL(intruder.url()).search).toBe('');
  await channel.evaluate(({ message }) => message);
  await waitForPaint(page);
  await app.expectIdentities([person.primary, ...person.linked]);
  await expect(app.notice).toBeHidden();
  await expect(page).toHaveURL('/linked-accounts');
});

test.describe('on a small screen', () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test(
    'linking goes by redirects, and both sides are proven',
    { tag: '@anywhere' },
    async ({ app, hosted, page, signedIn: person }) => {
      await linkByRedirects(app, hosted, person, uniqueEmail(person, 'small'));
      await expect(app.linkedList.getByRole('listitem')).toHaveCount(person.linked.length + 1);
      expect(await page.evaluate(() => ({ ...sessionStorage }))).toEqual({});
    },
  );

  // attack: page
  test('somebody else cannot finish what another began', async ({ app, hosted, worker, page, signedIn: person }) => {
    const other = worker.claimPerson('ordinary');
    await app.linkButton('LinkedIn').click();
    await new StandIn(page).signInAsNewUser('Linked Inn', uniqueEmail(person, 'theft'));
    await page.getByRole('button', { name: 'Sign in to finish' }).click();
    await hosted.email.fill(other.email);
    await hosted.password.fill(PASSWORD);
    await hosted.submitButton.click();
    await expect(app.heading).toHaveText('Somebody else is signed in now');
    await page.getByRole('button', { name: `Go on as ${other.email}` }).click();
    await app.expectList();
    await app.expectIdentities([other.primary, ...other.linked]);
  });
});
