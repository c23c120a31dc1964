import type { Page, Route } from '@playwright/test';

import { expect, isManagement, managementRequests, PASSWORD, test, withSettings } from '../fixtures/index.ts';

type Answer = Parameters<Route['fulfill']>[0];

/** A refusal in the tenant's words. */
const refusal = (statusCode: number, error: string, message: string, errorCode: string): Answer => ({
  status: statusCode,
  json: { statusCode, error, message, errorCode },
});

/** What can go wrong, what is said about it, and what can be done. */
const FAILURES: {
  what: string;
  answer: Answer | 'none';
  /** What the browser itself complains about. */
  complaint?: string;
  title: string;
  remedy: 'Try again' | 'Sign in again';
  details: string[];
}[] = [
  {
    what: 'an expired token',
    answer: refusal(401, 'Unauthorized', 'Expired token received for JSON Web Token validation', 'invalid_token'),
    complaint: 'a status of 401',
    title: 'Your session has ended',
    remedy: 'Sign in again',
    details: ['Status: 401', 'Code: invalid_token', 'Expired token received for JSON Web Token validation'],
  },
  {
    what: 'a missing scope',
    answer: refusal(403, 'Forbidden', 'Insufficient scope, expected any of: update:users', 'insufficient_scope'),
    complaint: 'a status of 403',
    title: 'This sign-in does not allow that',
    remedy: 'Sign in again',
    details: ['Status: 403', 'Code: insufficient_scope', 'Insufficient scope, expected any of: update:users'],
  },
  {
    what: 'the token of another account',
    answer: refusal(403, 'Forbidden', 'User to be acted on does not match subject.', 'unowned_resource'),
    complaint: 'a status of 403',
    title: 'You are signed in to another account',
    remedy: 'Sign in again',
    details: ['Status: 403', 'Code: unowned_resource', 'User to be acted on does not match subject.'],
  },
  {
    what: 'an account that is gone',
    answer: refusal(404, 'Not Found', 'The user does not exist.', 'inexistent_user'),
    complaint: 'a status of 404',
    title: 'This account no longer exists',
    remedy: 'Sign in again',
    details: ['Status: 404', 'Code: inexistent_user', 'The user does not exist.'],
  },
  {
    what: 'a fault of the tenant',
    answer: { status: 500, contentType: 'text/plain', body: 'upstream connect error' },
    complaint: 'a status of 500',
    title: 'The sign-in service has a problem',
    remedy: 'Try again',
    details: ['Status: 500', 'upstream connect error'],
  },
  {
    what: 'a lost connection',
    answer: 'none',
    complaint: 'net::ERR_INTERNET_DISCONNECTED',
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

/** Answers every request to the Management API like this, until `page.unrouteAll`. */
const fail = (page: Page, answer: Answer | 'none') =>
  page.route(isManagement, (route) =>
    answer === 'none' ? route.abort('internetdisconnected') : route.fulfill(answer),
  );

for (const { what, answer, complaint, title, remedy, details } of FAILURES) {
  test(`after ${what} the list stays, the reason is told, and there is a way on`, async ({
    app,
    page,
    signedIn: person,
    watch,
  }) => {
    if (complaint) {
      watch.expect(complaint);
    }
    const [google, github, company] = person.linked;
    await fail(page, answer);
    await app.unlinks(github!);

    await expect(app.notice).toContainText(title);
    await app.shows([person.main, ...person.linked]);
    await expect(app.row(github!).getByRole('alert')).toBeVisible();
    await expect(app.row(github!)).not.toHaveAttribute('aria-busy', 'true');
    await expect(app.unlink(github!)).toBeEnabled();
    await expect(app.status).toBeEmpty();

    // No number and no server's sentence meets the eye before it is asked for.
    const said = app.notice.locator('pre');
    await expect(said).toBeHidden();
    await app.notice.getByText('Technical details').click();
    for (const detail of details) {
      await expect(said).toContainText(detail);
    }

    await page.unrouteAll();
    await app.notice.getByRole('button', { name: remedy }).click();
    if (remedy === 'Try again') {
      await expect(app.status).toHaveText(`GitHub (${github!.who}) was unlinked.`);
      await app.shows([person.main, google!, company!]);
    } else {
      // The tenant's session lives, so that signing in again needs no password and leads back here.
      await expect(app.notice).toBeHidden();
      await app.showsTheList();
      await app.unlinks(github!);
      await app.shows([person.main, google!, company!]);
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
  await page.route(isManagement, async (route) => {
    const { authorization } = route.request().headers();
    const user = `${new URL(route.request().url()).origin}/api/v2/users/${encodeURIComponent(person.userId)}`;
    const answer = await page.request.get(user, { headers: { authorization: authorization! } });
    await route.fulfill({ json: (await answer.json()).identities });
  });
  await app.unlinks(google);
  await expect(app.status).toHaveText(`Nothing was unlinked: Google (${google.who}) is still linked.`);
  await app.shows([person.main, ...person.linked]);
  await expect(app.unlink(google)).toBeFocused();
});

test('an array that lost the main login is not believed', async ({ app, page, signedIn: person }) => {
  await fail(page, { json: [] });
  await app.unlinks(person.linked[0]!);
  await expect(app.notice).toContainText('The answer made no sense');
  await app.shows([person.main, ...person.linked]);
});

test('the details can be copied', async ({ app, context, page, signedIn: person, watch }) => {
  watch.expectStatus(500);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await fail(page, { status: 500, body: 'broken pipe' });
  await app.unlinks(person.linked[0]!);
  await app.notice.getByText('Technical details').click();
  await app.notice.getByRole('button', { name: 'Copy details' }).click();
  await expect(app.notice.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('Status: 500\nMessage: broken pipe');
});

test('a failure can be dismissed', async ({ app, page, signedIn: person, watch }) => {
  watch.expectStatus(500);
  await fail(page, { status: 500 });
  await app.unlinks(person.linked[0]!);
  await app.notice.getByRole('button', { name: 'Dismiss' }).click();
  await expect(app.notice).toBeHidden();
  await app.shows([person.main, ...person.linked]);
});

test('a list that cannot be loaded says why, and loads when tried again', async ({ app, page, signedIn: person, watch }) => {
  watch.expectStatus(503);
  await fail(page, { status: 503, body: 'maintenance' });
  await page.reload();
  await expect(app.notice).toContainText('The sign-in service has a problem');
  await expect(app.rows).toHaveCount(0);
  await page.unrouteAll();
  await app.tryAgain.click();
  await app.shows([person.main, ...person.linked]);
});

test('a token whose time is over is not sent; signing in again leads back to the same place', async ({
  app,
  page,
  signedIn: person,
}) => {
  // Without the question for a fresh sign-in, which would come first.
  await withSettings(page, (settings) => ({ ...settings, freshSignIn: 0 }));
  await app.open('/linked-accounts?a=b#c');
  await app.showsTheList();
  const requests = managementRequests(page);
  await page.clock.setFixedTime(Date.now() + 25 * 60 * 60 * 1000);
  const google = person.linked[0]!;
  await app.unlinks(google);
  await expect(app.notice).toContainText('Your session has ended');
  await app.shows([person.main, ...person.linked]);
  expect(requests).toEqual([]);
  await page.clock.setFixedTime(Date.now());
  await app.signInAgain.click();
  await expect(app.notice).toBeHidden();
  await app.showsTheList();
  await expect(page).toHaveURL('/linked-accounts?a=b#c');
  await app.unlinks(google);
  await expect(app.row(google)).toHaveCount(0);
});

test('a person whose tenant session is over, too, comes back to the same place by their password', async ({
  app,
  context,
  hosted,
  page,
  signedIn: person,
  watch,
}) => {
  watch.expectStatus(401);
  await app.open('/linked-accounts?a=b#c');
  await app.showsTheList();
  await context.clearCookies();
  await fail(page, refusal(401, 'Unauthorized', 'Expired token', 'invalid_token'));
  await app.unlinks(person.linked[0]!);
  await expect(app.notice).toContainText('Your session has ended');
  await page.unrouteAll();
  await app.signInAgain.click();
  await hosted.signInAs(person.email, PASSWORD);
  await app.showsTheList();
  await expect(page).toHaveURL('/linked-accounts?a=b#c');
});
