import type { Page, Route } from '@playwright/test';

import { isManagementUrl, recordManagementRequests } from '../browser/requests.ts';
import { overrideSettings } from '../browser/settings.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';
import { linkNewIdentity, uniqueEmail } from '../pages/linking.ts';

/** The answer to the current request as JSON, for a test to change. */
type Json = Record<string, unknown> & { identities: Record<string, unknown>[] };

/** Has the tenant's answers to one method changed before the page reads them. */
const changeAnswers = (page: Page, method: string, change: (answer: Json, route: Route) => unknown) =>
  page.route(isManagementUrl, async (route) => {
    if (route.request().method() !== method) {
      await route.fallback();
      return;
    }
    const response = await route.fetch();
    const json = (await response.json()) as Json;
    const changed = change(json, route);
    await route.fulfill(
      typeof changed === 'string' ? { response, body: changed } : { response, json: changed ?? json },
    );
  });

const ODD = [null, true, -5, '5', ['x'], { $date: 1 }];

test(
  'what the page does not show may come in any type, or not at all',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    let change = (_: Json): void => {};
    await changeAnswers(page, 'GET', (user) => change(user));
    const expectWholeList = async (by: (user: Json) => void): Promise<void> => {
      change = by;
      await page.reload();
      await app.expectIdentities([person.primary, ...person.linked]);
    };
    for (const value of ODD) {
      await expectWholeList((user) => {
        for (const key of ['last_login', 'created_at', 'updated_at', 'logins_count', 'last_ip', 'blocked', 'picture']) {
          user[key] = value;
        }
        user.app_metadata = user.user_metadata = user.multifactor = value;
        for (const identity of user.identities) {
          identity.isSocial = identity.access_token = value;
        }
      });
    }
    await expectWholeList((user) => {
      for (const key of Object.keys(user).filter((key) => !['user_id', 'identities', 'email'].includes(key))) {
        delete user[key];
      }
      for (const identity of user.identities) {
        delete identity.isSocial;
      }
    });
  },
);

test('a login that does not say who it is takes no other one away, and says that it cannot be unlinked here', async ({
  app,
  page,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  await changeAnswers(page, 'GET', ({ identities }) => {
    identities[2]!.user_id = null;
  });
  await page.reload();
  await expect(app.rows).toHaveCount(4);
  await expect(app.row(google!)).toBeVisible();
  await expect(app.row(company!)).toBeVisible();
  await expect(app.linkedList).toContainText(
    'The sign-in service does not say enough about this login to unlink it here.',
  );
  await expect(app.unlinkButton(github!)).toBeDisabled();
});

test('after a DELETE that worked, the page says so whatever the answer looks like', async ({
  app,
  page,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  let answer: unknown = undefined;
  await changeAnswers(page, 'DELETE', (left) => {
    (left as unknown as Record<string, unknown>[])[0]!.isSocial = null;
    return answer;
  });
  await app.unlink(google!);
  await expect(app.status).toContainText(`Google (${google!.label}) was unlinked.`);
  await app.expectIdentities([person.primary, github!, company!]);
  answer = 'OK';
  await app.unlink(github!);
  await expect(app.status).toContainText(`GitHub (${github!.label}) was unlinked.`);
  await app.expectIdentities([person.primary, company!]);
  answer = [{ provider: 'auth0' }];
  await app.unlink(company!);
  await expect(app.status).toContainText(`${company!.name} (${company!.label}) was unlinked.`);
  await app.expectIdentities([person.primary]);
  await expect(app.notice).toBeHidden();
});

test('a DELETE that worked and whose answer was lost is said to have worked', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectMessage('net::ERR_FAILED');
  const google = person.linked[0]!;
  await page.route(isManagementUrl, async (route) => {
    if (route.request().method() !== 'DELETE') {
      await route.fallback();
      return;
    }
    await route.fetch();
    await route.abort();
  });
  await app.unlink(google);
  await expect(app.status).toContainText(`Google (${google.label}) was unlinked.`);
  await expect(app.notice).toBeHidden();
});

test('a DELETE that did nothing and made no sense is not said to have worked', async ({
  app,
  page,
  signedIn: person,
}) => {
  const google = person.linked[0]!;
  await page.route(isManagementUrl, (route) =>
    route.request().method() === 'DELETE' ? route.fulfill({ body: 'OK' }) : route.fallback(),
  );
  await app.unlink(google);
  await expect(app.status).toHaveText(`Nothing was unlinked: Google (${google.label}) is still linked.`);
  await app.expectIdentities([person.primary, ...person.linked]);
});

test('where nobody knows what a DELETE did, the page says that, and nothing more', async ({
  app,
  page,
  signedIn: person,
}) => {
  await page.route(isManagementUrl, (route) => route.fulfill({ body: 'OK' }));
  await app.unlink(person.linked[0]!);
  await expect(app.notice).toContainText('It is not known whether your logins were changed.');
  await expect(app.notice).not.toContainText('not changed');
  await expect(app.status).toBeEmpty();
});

test('a link that worked is said to have worked whatever the answer looks like', async ({
  app,
  page,
  signedIn: person,
}) => {
  const email = uniqueEmail(person, 'odd');
  const requests = recordManagementRequests(page);
  await changeAnswers(page, 'POST', () => 'Created');
  await linkNewIdentity(app, page, email);
  await expect(app.status).toContainText(`LinkedIn (${email}) is linked to this account now.`);
  await expect(app.rows).toHaveCount(5);
  expect(requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
});

test('tokens are taken from an answer with odd companions', async ({ app, hosted, page, person }) => {
  await page.route('**/oauth/token', async (route) => {
    const response = await route.fetch();
    const tokens = (await response.json()) as Record<string, unknown>;
    const odd = { ...tokens, expires_in: String(tokens.expires_in), scope: [1], refresh_token: {}, token_type: null };
    await route.fulfill({ response, headers: { ...response.headers(), 'content-type': 'text/plain' }, json: odd });
  });
  await app.open();
  await app.signInButton.click();
  await hosted.signIn(person.email, PASSWORD);
  await app.expectIdentities([person.primary, ...person.linked]);
});

test('settings of a newer page, and values that are null, are passed over with a word in the console', async ({
  app,
  page,
  consoleGuard,
}) => {
  consoleGuard.expectMessage('/config.json: "berer" is no setting of this page');
  await overrideSettings(page, (settings) => ({ ...settings, berer: 'id_token', name: null, undoSeconds: null }));
  await app.open();
  await app.expectSignedOut();
});
