import type { Page, Route } from '@playwright/test';

import { captureAuthorization, isManagementUrl, recordManagementRequests } from '../browser/requests.ts';
import { overrideSettings } from '../browser/settings.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';

type MockResponse = Parameters<Route['fulfill']>[0];

/** An error response of the Management API. */
const errorResponse = (statusCode: number, error: string, message: string, errorCode: string): MockResponse => ({
  status: statusCode,
  json: { statusCode, error, message, errorCode },
});

/** The failures of a DELETE, what the page says about each, and the remedy that it offers. */
const FAILURES: {
  what: string;
  answer: MockResponse | 'none';
  /** The message that the browser itself writes to the console. */
  consoleMessage?: string;
  title: string;
  remedy: 'Try again' | 'Sign in again';
  details: string[];
}[] = [
  {
    what: 'an expired token',
    answer: errorResponse(401, 'Unauthorized', 'Expired token received for JSON Web Token validation', 'invalid_token'),
    consoleMessage: 'a status of 401',
    title: 'Your session has ended',
    remedy: 'Sign in again',
    details: ['Status: 401', 'Code: invalid_token', 'Expired token received for JSON Web Token validation'],
  },
  {
    what: 'a missing scope',
    answer: errorResponse(403, 'Forbidden', 'Insufficient scope, expected any of: update:users', 'insufficient_scope'),
    consoleMessage: 'a status of 403',
    title: 'This sign-in does not allow that',
    remedy: 'Sign in again',
    details: ['Status: 403', 'Code: insufficient_scope', 'Insufficient scope, expected any of: update:users'],
  },
  {
    what: 'the token of another account',
    answer: errorResponse(403, 'Forbidden', 'User to be acted on does not match subject.', 'unowned_resource'),
    consoleMessage: 'a status of 403',
    title: 'You are signed in to another account',
    remedy: 'Sign in again',
    details: ['Status: 403', 'Code: unowned_resource', 'User to be acted on does not match subject.'],
  },
  {
    what: 'an account that is gone',
    answer: errorResponse(404, 'Not Found', 'The user does not exist.', 'inexistent_user'),
    consoleMessage: 'a status of 404',
    title: 'This account no longer exists',
    remedy: 'Sign in again',
    details: ['Status: 404', 'Code: inexistent_user', 'The user does not exist.'],
  },
  {
    what: 'a fault of the tenant',
    answer: { status: 500, contentType: 'text/plain', body: 'upstream connect error' },
    consoleMessage: 'a status of 500',
    title: 'The sign-in service has a problem',
    remedy: 'Try again',
    details: ['Status: 500', 'upstream connect error'],
  },
  {
    what: 'a lost connection',
    answer: 'none',
    consoleMessage: 'net::ERR_INTERNET_DISCONNECTED',
    title: 'The sign-in service cannot be reached',
    remedy: 'Try again',
    details: ['Message: '],
  },
  {
    what: 'an answer that is no JSON',
    answer: { status: 200, contentType: 'text/html', body: '<!doctype html><title>Welcome to the wireless</title>' },
    title: 'The answer made no sense',
    remedy: 'Try again',
    details: ['Status: 200', 'expected value at line 1 column 1'],
  },
];

/** Answers every request to the Management API with `answer`, until `page.unrouteAll`. */
const fail = (page: Page, answer: MockResponse | 'none') =>
  page.route(isManagementUrl, (route) =>
    answer === 'none' ? route.abort('internetdisconnected') : route.fulfill(answer),
  );

for (const { what, answer, consoleMessage, title, remedy, details } of FAILURES) {
  test(`after ${what} the list stays, the reason is told, and there is a way on`, async ({
    app,
    page,
    signedIn: person,
    consoleGuard,
  }) => {
    if (consoleMessage) {
      consoleGuard.expectMessage(consoleMessage);
    }
    const [google, github, company] = person.linked;
    await fail(page, answer);
    await app.unlink(github!);

    await expect(app.notice).toContainText(title);
    await app.expectIdentities([person.primary, ...person.linked]);
    await expect(app.row(github!).getByRole('alert')).toBeVisible();
    await expect(app.row(github!)).not.toHaveAttribute('aria-busy', 'true');
    await expect(app.unlinkButton(github!)).toBeEnabled();
    await expect(app.status).toBeEmpty();

    // Status codes and the server's messages are hidden until the user opens the details.
    const technicalDetails = app.notice.locator('pre');
    await expect(technicalDetails).toBeHidden();
    await app.notice.getByText('Technical details').click();
    for (const detail of details) {
      await expect(technicalDetails).toContainText(detail);
    }

    await page.unrouteAll();
    await app.notice.getByRole('button', { name: remedy }).click();
    if (remedy === 'Try again') {
      await expect(app.status).toHaveText(`GitHub (${github!.label}) was unlinked.`);
      await app.expectIdentities([person.primary, google!, company!]);
    } else {
      // The tenant's session still exists, so signing in again needs no password and returns here.
      await expect(app.notice).toBeHidden();
      await app.expectList();
      await app.unlink(github!);
      await app.expectIdentities([person.primary, google!, company!]);
    }
    await expect(app.notice).toBeHidden();
  });
}

test('an array that comes back unchanged means that nothing was unlinked, and that is said', async ({
  app,
  page,
  signedIn: person,
}) => {
  const google = person.linked[0]!;
  await page.route(isManagementUrl, async (route) => {
    const { authorization } = route.request().headers();
    const user = `${new URL(route.request().url()).origin}/api/v2/users/${encodeURIComponent(person.userId)}`;
    const answer = await page.request.get(user, { headers: { authorization: authorization! } });
    await route.fulfill({ json: (await answer.json()).identities });
  });
  await app.unlink(google);
  await expect(app.status).toHaveText(`Nothing was unlinked: Google (${google.label}) is still linked.`);
  await app.expectIdentities([person.primary, ...person.linked]);
  await expect(app.unlinkButton(google)).toBeFocused();
});

test('an array that lost the main login is not believed', async ({ app, page, signedIn: person }) => {
  await fail(page, { json: [] });
  await app.unlink(person.linked[0]!);
  await expect(app.notice).toContainText('The answer made no sense');
  await app.expectIdentities([person.primary, ...person.linked]);
});

test('the details can be copied', async ({ app, context, page, signedIn: person, consoleGuard }) => {
  consoleGuard.expectStatus(500);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await fail(page, { status: 500, body: 'broken pipe' });
  await app.unlink(person.linked[0]!);
  await app.notice.getByText('Technical details').click();
  await app.notice.getByRole('button', { name: 'Copy details' }).click();
  await expect(app.notice.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('Status: 500\nMessage: broken pipe');
});

test('a failure can be dismissed', async ({ app, page, signedIn: person, consoleGuard }) => {
  consoleGuard.expectStatus(500);
  await fail(page, { status: 500 });
  await app.unlink(person.linked[0]!);
  await app.notice.getByRole('button', { name: 'Dismiss' }).click();
  await expect(app.notice).toBeHidden();
  await app.expectIdentities([person.primary, ...person.linked]);
});

test('a list that cannot be loaded says why, and loads when tried again', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(503);
  await fail(page, { status: 503, body: 'maintenance' });
  await page.reload();
  await expect(app.notice).toContainText('The sign-in service has a problem');
  await expect(app.rows).toHaveCount(0);
  await page.unrouteAll();
  await app.tryAgainButton.click();
  await app.expectIdentities([person.primary, ...person.linked]);
});

// attack: page
test('a token whose time is over is not sent, and where it cannot be renewed, the session has ended', async ({
  app,
  context,
  page,
  signedIn: person,
}) => {
  // Without reauthentication, which would come before the request.
  await overrideSettings(page, (settings) => ({ ...settings, freshSignIn: 0 }));
  await app.open('/linked-accounts');
  await app.expectList();
  const requests = recordManagementRequests(page);
  await context.clearCookies();
  await page.clock.setFixedTime(Date.now() + 25 * 60 * 60 * 1000);
  await app.unlink(person.linked[0]!);
  await expect(app.notice).toContainText('Your session has ended');
  await app.expectIdentities([person.primary, ...person.linked]);
  expect(requests).toEqual([]);
});

test('a token whose time is over is renewed silently before a request is sent', async ({
  app,
  page,
  signedIn: person,
}) => {
  await overrideSettings(page, (settings) => ({ ...settings, freshSignIn: 0 }));
  const old = await captureAuthorization(page);
  await app.expectList();
  const requests = recordManagementRequests(page);
  await page.clock.setFixedTime(Date.now() + 25 * 60 * 60 * 1000);
  const request = page.waitForRequest((request) => request.method() === 'DELETE');
  await app.unlink(person.linked[0]!);
  expect((await request).headers().authorization).not.toBe(old);
  await expect(app.row(person.linked[0]!)).toHaveCount(0);
  expect(requests).toHaveLength(1);
});

test('a person whose tenant session is over, too, comes back to the same place by their password', async ({
  app,
  context,
  hosted,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(401);
  await app.open('/linked-accounts?a=b#c');
  await app.expectList();
  await context.clearCookies();
  await fail(page, errorResponse(401, 'Unauthorized', 'Expired token', 'invalid_token'));
  await app.unlink(person.linked[0]!);
  await expect(app.notice).toContainText('Your session has ended');
  await page.unrouteAll();
  await app.signInAgainButton.click();
  await hosted.signIn(person.email, PASSWORD);
  await app.expectList();
  await expect(page).toHaveURL('/linked-accounts?a=b#c');
});
