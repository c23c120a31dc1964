import type { Locator } from '@playwright/test';

import { holdRequests, isManagementUrl, recordManagementRequests } from '../browser/requests.ts';
import { expect, test } from '../fixtures/index.ts';

/** Puts a mark on elements that only these very elements have. */
const mark = (rows: Locator) =>
  rows.evaluateAll((all) => all.forEach((one) => Object.assign(one, { marked: one.getAttribute('data-identity') })));
const marks = (rows: Locator) =>
  rows.evaluateAll((all) => all.map((one) => (one as Element & { marked?: string }).marked));

test(
  'unlinking removes that login and nothing else, for good',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    const [google, github, company] = person.linked;
    await app.unlink(github!);
    await expect(app.status).toHaveText(`GitHub (${github!.label}) was unlinked.`);
    await app.expectIdentities([person.primary, google!, company!]);
    await page.reload();
    await app.expectList();
    await app.expectIdentities([person.primary, google!, company!]);
  },
);

test('one DELETE is sent and the user is not asked for again', async ({ app, page, signedIn: person }) => {
  const requests = recordManagementRequests(page);
  const [google, github, company] = person.linked;
  await app.unlink(company!);
  await app.expectIdentities([person.primary, google!, github!]);
  await app.unlink(github!);
  await app.expectIdentities([person.primary, google!]);
  const user = `/api/v2/users/${encodeURIComponent(person.userId)}`;
  expect(requests).toEqual([
    // The id of a company login holds a bar and a slash, which must not become part of the path.
    `DELETE ${user}/identities/samlp/${encodeURIComponent(company!.key.slice('samlp|'.length))}`,
    `DELETE ${user}/identities/github/${github!.key.slice('github|'.length)}`,
  ]);
});

test('the list is drawn from what the tenant returned', async ({ app, page, signedIn: person }) => {
  const [google, github, company] = person.linked;
  await page.route(isManagementUrl, async (route) => {
    const answer = await route.fetch();
    const left: { provider: string }[] = await answer.json();
    await route.fulfill({ response: answer, json: left.filter(({ provider }) => provider !== 'samlp') });
  });
  await app.unlink(google!);
  await expect(app.row(company!)).toHaveCount(0);
  await app.expectIdentities([person.primary, github!]);
});

test('the other rows keep their elements', async ({ app, signedIn: person }) => {
  const [google, github, company] = person.linked;
  await mark(app.rows);
  await app.unlink(github!);
  await app.expectIdentities([person.primary, google!, company!]);
  expect(await marks(app.rows)).toEqual([person.primary.key, google!.key, company!.key]);
});

// WCAG 2.2.2: time
test('a row folds away where motion is welcome, and the others keep their elements', async ({
  app,
  page,
  signedIn: person,
}) => {
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  const [google, github, company] = person.linked;
  await mark(app.rows);
  await app.unlink(google!);
  await app.expectIdentities([person.primary, github!, company!]);
  expect(await marks(app.rows)).toEqual([person.primary.key, github!.key, company!.key]);
  await expect(app.statusNotice).toBeFocused();
});

test('the row is busy, and no other can be unlinked, until the answer comes', async ({
  app,
  page,
  signedIn: person,
}) => {
  const [google, github] = person.linked;
  const release = await holdRequests(page, isManagementUrl);
  await app.unlink(google!);
  await expect(app.row(google!)).toHaveAttribute('aria-busy', 'true');
  await expect(app.unlinkButton(google!)).toBeDisabled();
  await expect(app.unlinkButton(google!)).toHaveText('Unlinking…');
  await expect(app.unlinkButton(github!)).toBeDisabled();
  await expect(app.row(github!)).not.toHaveAttribute('aria-busy', 'true');
  await expect(app.status).toBeEmpty();
  release();
  await expect(app.status).toHaveText(`Google (${google!.label}) was unlinked.`);
  await expect(app.row(google!)).toHaveCount(0);
  await expect(app.unlinkButton(github!)).toBeEnabled();
});

// WCAG 2.4.3: keyboard
test('the focus goes from the notice to the next login, then to the one before, then to the heading', async ({
  app,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  for (const [login, next] of [
    [github, app.unlinkButton(company!)],
    [company, app.unlinkButton(google!)],
    [google, app.linkedHeading],
  ] as const) {
    await app.unlink(login!);
    await expect(app.statusNotice).toBeFocused();
    await app.statusNotice.getByRole('button', { name: 'Dismiss' }).click();
    await expect(next).toBeFocused();
  }
});

test('somebody without another login is told so', async ({ app, page, signedIn: person }) => {
  for (const login of person.linked) {
    await app.unlink(login);
    await expect(app.row(login)).toHaveCount(0);
  }
  await expect(page.getByText('No other login is linked to this account.')).toBeVisible();
  await app.expectIdentities([person.primary]);
});

test.describe('where nothing goes by itself', () => {
  test.use({ settings: { undoSeconds: 0 } });

  // WCAG 4.1.3: tree snapshot
  test('the outcome is said politely, and can be dismissed', async ({ app, page, signedIn: person }) => {
    const region = await app.status.elementHandle();
    await app.unlink(person.linked[0]!);
    await expect(app.status).toHaveText(/was unlinked\.$/);
    // A region that comes with its text is not announced: it must have been there before.
    expect(await region.textContent()).toMatch(/was unlinked\.$/);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await expect(app.status).toBeEmpty();
  });
});

test(
  'keeping a login sends nothing and gives the focus back',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    const requests = recordManagementRequests(page);
    const github = person.linked[1]!;
    await app.unlinkButton(github).click();
    await expect(app.keepButton).toBeFocused();
    await app.keepButton.click();
    await expect(app.dialog).toBeHidden();
    await expect(app.unlinkButton(github)).toBeFocused();

    await app.unlinkButton(github).click();
    await page.keyboard.press('Escape');
    await expect(app.dialog).toBeHidden();
    await expect(app.unlinkButton(github)).toBeFocused();

    await app.unlinkButton(github).click();
    await page.mouse.click(5, 5);
    await expect(app.dialog).toBeHidden();

    await app.expectIdentities([person.primary, ...person.linked]);
    await page.reload();
    await app.expectList();
    await app.expectIdentities([person.primary, ...person.linked]);
    expect(requests.filter((request) => request.startsWith('DELETE'))).toEqual([]);
  },
);

test(
  'an unlinked login opens a separate, empty account afterwards',
  { tag: '@anywhere' },
  async ({ app, hosted, worker, page }) => {
    const visitor = worker.claimPerson('withStandInLogins');
    const [facebook, microsoft] = visitor.linked;
    await app.open();
    await app.signInButton.click();
    await (await hosted.continueWith('Microsoft')).chooseUser(microsoft!.label);
    await app.expectList();
    await app.unlink(facebook!);
    await app.expectIdentities([visitor.primary, microsoft!]);

    await app.signOutButton.click();
    await app.expectSignedOut();
    await app.signInButton.click();
    await (await hosted.continueWith('Facebook')).chooseUser(facebook!.label);
    await app.expectList();
    await app.expectIdentities([facebook!]);
    await expect(app.primaryList).toContainText('Facebook');
    await expect(app.primaryList).toContainText(facebook!.label);
    await expect(page.getByText('No other login is linked to this account.')).toBeVisible();
  },
);

test('in a list of a hundred logins the last one is unlinked by the keyboard, and the others keep their rows', async ({
  app,
  page,
  signedIn: person,
}) => {
  const more = Array.from({ length: 100 }, (_, place) => ({
    provider: 'github',
    user_id: `many-${place}`,
    connection: 'github',
    isSocial: true,
    profileData: { email: `login.${place}@example.test` },
  }));
  let identities: unknown[] = [];
  await page.route(isManagementUrl, async (route) => {
    if (route.request().method() === 'DELETE') {
      identities = identities.slice(0, -1);
      await route.fulfill({ json: identities });
    } else if (route.request().method() === 'GET') {
      const response = await route.fetch();
      const user = (await response.json()) as { identities: unknown[] };
      identities = [...user.identities, ...more];
      await route.fulfill({ response, json: { ...user, identities } });
    } else {
      await route.fallback();
    }
  });
  await page.reload();
  await app.expectList();
  const rows = app.linkedList.locator(':scope > li');
  await expect(rows).toHaveCount(person.linked.length + more.length);
  await mark(rows);
  const button = page.getByRole('button', { name: 'Unlink GitHub, login.99@example.test', exact: true });
  await button.focus();
  await expect(button).toBeInViewport();
  await page.keyboard.press('Enter');
  await app.dialog.getByRole('button', { name: /^Unlink/ }).click();
  await expect(app.status).toHaveText('GitHub (login.99@example.test) was unlinked.');
  await expect(rows).toHaveCount(person.linked.length + more.length - 1);
  expect(await marks(rows)).toEqual([
    ...person.linked.map(({ key }) => key),
    ...more.slice(0, -1).map(({ user_id }) => `github|${user_id}`),
  ]);
});
