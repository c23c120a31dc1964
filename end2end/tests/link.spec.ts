import { expect, hasPainted, isManagement, managementRequests, PASSWORD, type Person, test } from '../fixtures/index.ts';
import { address as email, opens } from '../fixtures/linking.ts';
import { type HostedLogin, StandIn } from '../pages/hosted-login.ts';
import type { LinkedAccounts } from '../pages/linked-accounts.ts';

/** Links a login where the browser goes to the provider itself, and both sides sign in one after the other. */
async function linksByRedirects(app: LinkedAccounts, hosted: HostedLogin, person: Person, address: string): Promise<void> {
  const { page } = app;
  await app.link('LinkedIn').click();
  await new StandIn(page).be('Linked Inn', address);
  await expect(page.getByText(`Now sign in as ${person.email} once more`)).toBeVisible();
  await page.getByRole('button', { name: 'Sign in to finish' }).click();
  await hosted.signInAgainAs(person.email, PASSWORD);
  await app.showsTheList();
  await expect(app.status).toContainText(`LinkedIn (${address}) is linked to this account now.`);
}

test('a login is linked by signing in with it in a window of its own', { tag: '@anywhere' }, async ({
  app,
  page,
  signedIn: person,
}) => {
  const requests = managementRequests(page);
  const asked = page.context().waitForEvent('request', (request) => new URL(request.url()).pathname === '/authorize');
  const standIn = await opens(page, () => app.link('LinkedIn').click());
  const { searchParams } = new URL((await asked).url());
  expect(searchParams.get('connection')).toBe('linkedin');
  expect(searchParams.get('max_age'), 'whatever session there is, the person signs in now').toBe('0');
  await expect(app.link('GitHub')).toBeDisabled();
  await expect(page.getByText('Go on in the window that opened.')).toBeVisible();
  const closed = standIn.page.waitForEvent('close');
  await standIn.be('Linked Inn', email(person, 'in'));
  await closed;
  await expect(app.status).toContainText(`LinkedIn (${email(person, 'in')}) is linked to this account now.`);
  const rows = app.linkedLogins.getByRole('listitem');
  await expect(rows).toHaveCount(person.linked.length + 1);
  await expect(rows.last()).toContainText(email(person, 'in'));
  await expect(rows.last().getByRole('button', { name: /^Unlink LinkedIn/ })).toBeFocused();
  await expect(app.link('GitHub')).toBeEnabled();
  // The other account is read with its own token; after the link, the list is drawn from the answer.
  expect(requests.map((request) => request.split(' ')[0])).toEqual(['GET', 'POST']);

  await page.reload();
  await app.showsTheList();
  await expect(rows).toHaveCount(person.linked.length + 1);
  await expect(app.header).toContainText(person.email);
});

test('a login of a connection without a button is linked through the login page', { tag: '@anywhere' }, async ({
  app,
  page,
  signedIn: person,
}) => {
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('button', { name: 'Another login' }).click(),
  ]);
  await popup.getByRole('link', { name: 'Continue with GitHub' }).click();
  await new StandIn(popup).be('Git Hubber', email(person, 'hub'));
  await expect(app.status).toContainText(`GitHub (${email(person, 'hub')}) is linked to this account now.`);
});

test('where the browser blocks windows, linking goes by redirects', async ({ app, hosted, page, signedIn: person }) => {
  await page.evaluate(() => {
    window.open = () => null;
  });
  await linksByRedirects(app, hosted, person, email(person, 'blocked'));
});

test('closing the window changes nothing, and the way on opens it again', async ({ app, page, signedIn: person }) => {
  const standIn = await opens(page, () => app.link('LinkedIn').click());
  await expect(standIn.heading).toBeVisible();
  await standIn.page.close();
  await expect(app.notice).toContainText('The window was closed');
  const again = await opens(page, () => app.tryAgain.click());
  await again.be('Linked Inn', email(person, 'in2'));
  await expect(app.status).toContainText('is linked to this account now.');
  await expect(app.notice).toBeHidden();
});

test('a login that opens this account already is not linked twice', async ({ app, house, hosted, page }) => {
  const visitor = house.claim('atStandIns');
  await app.open();
  await app.signIn.click();
  await (await hosted.continueWith('Facebook')).choose(visitor.linked[0]!.who);
  await app.showsTheList();
  const requests = managementRequests(page);
  const standIn = await opens(page, () => app.link('Microsoft').click());
  await standIn.choose(visitor.linked[1]!.who);
  await expect(app.notice).toContainText('It is linked already');
  await expect(app.notice).toContainText(visitor.linked[1]!.who);
  expect(requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  await app.shows([visitor.main, ...visitor.linked]);
});

test('a login with an address that nobody verified is refused in words', async ({ app, page, signedIn: person }) => {
  const requests = managementRequests(page);
  const standIn = await opens(page, () => app.link('LinkedIn').click());
  await standIn.page.getByLabel(/verified/i).uncheck();
  await standIn.be('Linked Inn', email(person, 'unverified'));
  await expect(app.notice).toContainText('Its e-mail address is not verified');
  await expect(app.notice).toContainText(email(person, 'unverified'));
  expect(requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  await app.shows([person.main, ...person.linked]);
});

test('what the tenant refuses to link is told in words', async ({ app, page, signedIn: person, watch }) => {
  watch.expectStatus(409);
  await page.route(isManagement, async (route) =>
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
  const standIn = await opens(page, () => app.link('LinkedIn').click());
  await standIn.be('Linked Inn', email(person, 'conflict'));
  await expect(app.notice).toContainText('It was linked meanwhile');
  await app.shows([person.main, ...person.linked]);
});

test('an answer that nobody waits for is worth nothing', async ({ app, context, page, signedIn: person }) => {
  const heard = await page.evaluateHandle(() => {
    const channel = new BroadcastChannel('linked-accounts.popup');
    return { told: new Promise((told) => (channel.onmessage = () => told(true))) };
  });
  const stranger = await context.newPage();
  await stranger.goto('/callback?code=stolen&state=popup.guessed');
  await expect(stranger.getByRole('heading', { name: 'That is done' })).toBeVisible();
  expect(new URL(stranger.url()).search).toBe('');
  await heard.evaluate(({ told }) => told);
  await hasPainted(page);
  await app.shows([person.main, ...person.linked]);
  await expect(app.notice).toBeHidden();
  await expect(page).toHaveURL('/linked-accounts');
});

test.describe('on a small screen', () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test('linking goes by redirects, and both sides are proven', { tag: '@anywhere' }, async ({
    app,
    hosted,
    page,
    signedIn: person,
  }) => {
    await linksByRedirects(app, hosted, person, email(person, 'small'));
    await expect(app.linkedLogins.getByRole('listitem')).toHaveCount(person.linked.length + 1);
    expect(await page.evaluate(() => ({ ...sessionStorage }))).toEqual({});
  });

  test('somebody else cannot finish what another began', async ({ app, hosted, house, page, signedIn: person }) => {
    const other = house.claim('ordinary');
    await app.link('LinkedIn').click();
    await new StandIn(page).be('Linked Inn', email(person, 'theft'));
    await page.getByRole('button', { name: 'Sign in to finish' }).click();
    await hosted.email.fill(other.email);
    await hosted.password.fill(PASSWORD);
    await hosted.submit.click();
    await expect(app.heading).toHaveText('Somebody else is signed in now');
    await page.getByRole('button', { name: `Go on as ${other.email}` }).click();
    await app.showsTheList();
    await app.shows([other.main, ...other.linked]);
  });
});
