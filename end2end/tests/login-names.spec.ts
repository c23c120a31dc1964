import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';

import { captureAuthorization, holdRequests, recordManagementRequests } from '../browser/requests.ts';
import { expect, test } from '../fixtures/index.ts';
import type { Identity, Person } from '../fixtures/people.ts';
import { StandIn } from '../pages/hosted-login.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';
import { linkNewIdentity, uniqueEmail } from '../pages/linking.ts';

type Metadata = Record<string, unknown>;

const isUser = (url: URL): boolean => /^\/api\/v2\/users\/[^/]+$/.test(url.pathname);

/** Opens the details of a row, and returns the button that begins to name its login. */
async function nameButton(app: LinkedAccounts, login: Identity): Promise<Locator> {
  const row = app.row(login);
  if ((await row.locator('.row-details').getAttribute('open')) === null) {
    await app.detailsSummary(login).click();
  }
  return row.getByRole('button', { name: /^(Name this login|Rename)/ });
}

const nameField = (app: LinkedAccounts, login: Identity): Locator =>
  app.row(login).getByRole('textbox', { name: 'Your name for it' });

/** Gives a login a name, and waits until it has it. */
async function giveName(app: LinkedAccounts, login: Identity, name: string): Promise<void> {
  await (await nameButton(app, login)).click();
  await nameField(app, login).fill(name);
  await nameField(app, login).press('Enter');
  await expect(nameField(app, login)).toHaveCount(0);
  await expect(app.row(login).locator('.name')).toContainText(`“${name}”`);
}

/** Reads the metadata of the signed-in user from the tenant, or changes it as another client would. */
async function requestMetadata(page: Page, tenant: string, person: Person, change?: Metadata): Promise<Metadata> {
  const authorization = await captureAuthorization(page);
  const response = await fetch(`${tenant}/api/v2/users/${encodeURIComponent(person.userId)}`, {
    method: change ? 'PATCH' : 'GET',
    headers: { authorization, 'content-type': 'application/json' },
    ...(change ? { body: JSON.stringify({ user_metadata: change }) } : {}),
  });
  expect(response.ok).toBe(true);
  return ((await response.json()) as { user_metadata?: Metadata }).user_metadata ?? {};
}

test(
  'a login gets a name of the person’s own in its row, by keyboard alone, and everything else stays in place',
  { tag: '@anywhere' },
  async ({ app, page, worker, signedIn: person }) => {
    const [google, github] = person.linked;
    for (const login of [google!, github!]) {
      await app.row(login).evaluate((element) => Object.assign(element, { isFirst: true }));
    }
    await app.detailsSummary(google!).press('Enter');
    const begin = app.row(google!).getByRole('button', { name: 'Name this login' });
    await expect(begin).toHaveAccessibleName(`Name this login: Google (${google!.label})`);
    await begin.press('Enter');
    await expect(nameField(app, google!)).toBeFocused();
    await expect(nameField(app, google!)).toHaveAccessibleDescription(/^Such as “Work”/);
    const requests = recordManagementRequests(page);
    await page.keyboard.type('  My   work ');
    await page.keyboard.press('Enter');
    await expect(app.status).toHaveText('Named My work.');
    const rename = app.row(google!).getByRole('button', { name: /^Rename/ });
    await expect(rename).toBeFocused();
    await expect(rename).toHaveAccessibleName(`Rename Google “My work” (${google!.label})`);
    await expect(app.row(google!).locator('.name')).toHaveText('Google“My work”');
    await expect(
      page.getByRole('button', { name: `Unlink Google “My work”, ${google!.label}`, exact: true }),
    ).toBeVisible();
    expect(requests.map((request) => request.split(' ')[0])).toEqual(['GET', 'PATCH']);
    for (const login of [google!, github!]) {
      expect(await app.row(login).evaluate((element) => 'isFirst' in element)).toBe(true);
    }
    const { login_names } = await requestMetadata(page, worker.tenantOrigin, person);
    expect(login_names).toEqual({ [google!.key]: 'My work' });
    await app.expectList();
    await expect(app.row(google!).locator('.name')).toHaveText('Google“My work”');
  },
);

test('Escape leaves the name as it was and gives the focus back, and an empty field takes the name away', async ({
  app,
  page,
  worker,
  signedIn: person,
}) => {
  const google = person.linked[0]!;
  await giveName(app, google, 'Work');
  const requests = recordManagementRequests(page);
  await (await nameButton(app, google)).click();
  await expect(nameField(app, google)).toHaveValue('Work');
  await nameField(app, google).fill('Something else');
  await nameField(app, google).press('Escape');
  await expect(nameField(app, google)).toHaveCount(0);
  await expect(await nameButton(app, google)).toBeFocused();
  await expect(app.row(google).locator('.name')).toContainText('“Work”');
  // The same name again is no change.
  await (await nameButton(app, google)).click();
  await nameField(app, google).press('Enter');
  await expect(nameField(app, google)).toHaveCount(0);
  expect(requests).toEqual([]);
  await (await nameButton(app, google)).click();
  await nameField(app, google).fill(' ');
  await app.row(google).getByRole('button', { name: 'Save' }).click();
  await expect(app.status).toHaveText('The name was removed.');
  await expect(app.row(google).locator('.name')).not.toContainText('“');
  await expect(await nameButton(app, google)).toHaveText('Name this login');
  expect(await requestMetadata(page, worker.tenantOrigin, person)).toEqual({});
});

test('a name that is too long is told at its field and sent nowhere', async ({ app, page, signedIn: person }) => {
  const google = person.linked[0]!;
  await (await nameButton(app, google)).click();
  const requests = recordManagementRequests(page);
  const field = nameField(app, google);
  await field.fill('é'.repeat(41));
  await field.press('Enter');
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription(/^At most 40 characters\./);
  await expect(field).toBeFocused();
  await field.fill('é'.repeat(40));
  await expect(field).not.toHaveAttribute('aria-invalid');
  await field.press('Enter');
  await expect(field).toHaveCount(0);
  expect(requests).toHaveLength(2);
});

test('the name is in the dialog, what remains, the notice, the list for Undo, and comes back with it', async ({
  app,
  page,
  worker,
  signedIn: person,
}) => {
  const email = uniqueEmail(person, 'named');
  await linkNewIdentity(app, page, email);
  await expect(app.linkedList).toContainText(email);
  const key = (await app.identityKeys()).at(-1)!;
  const linkedin: Identity = { key, name: 'LinkedIn', label: email };
  await giveName(app, linkedin, 'Family');
  await giveName(app, person.linked[0]!, 'Work');
  await app.unlinkButton(person.linked[1]!).click();
  await expect(app.dialog).toContainText('You can still sign in with these logins');
  await expect(app.dialog.locator('.fact-logins')).toContainText('Google “Work”');
  await expect(app.dialog.locator('.fact-logins')).toContainText('LinkedIn “Family”');
  await expect(app.dialog).toContainText('That includes your name and your e-mail address.');
  await app.keepButton.click();

  await page.getByRole('button', { name: `Unlink LinkedIn “Family”, ${email}`, exact: true }).click();
  await expect(app.dialog).toHaveAccessibleName(`Unlink LinkedIn “Family”, ${email}?`);
  const forgotten = page.waitForResponse((response) => response.request().method() === 'PATCH');
  await app.dialog.getByRole('button', { name: 'Unlink LinkedIn “Family”' }).click();
  await expect(app.status).toHaveText(`LinkedIn “Family” (${email}) was unlinked.`);
  await expect(page.getByRole('list', { name: 'Recently unlinked' })).toContainText('LinkedIn “Family”');
  await forgotten;
  expect(await requestMetadata(page, worker.tenantOrigin, person)).toEqual({
    login_names: { [person.linked[0]!.key]: 'Work' },
  });
  await app.expectList();

  const back = page.waitForResponse((response) => response.request().method() === 'PATCH');
  const again = page.getByRole('button', { name: `Link again: LinkedIn “Family”, ${email}`, exact: true });
  await Promise.all([page.waitForEvent('popup'), again.click()]);
  await expect(app.status).toHaveText(`LinkedIn “Family” (${email}) is linked to this account now.`);
  await back;
  await expect(app.row(linkedin).locator('.name')).toContainText('LinkedIn“Family”');
  expect(await requestMetadata(page, worker.tenantOrigin, person)).toEqual({
    login_names: { [person.linked[0]!.key]: 'Work', [key]: 'Family' },
  });
});

test('a name that cannot be taken away leaves the unlinked login unlinked', async ({
  app,
  page,
  consoleGuard,
  signedIn: person,
}) => {
  consoleGuard.expectStatus(500);
  const github = person.linked[1]!;
  await giveName(app, github, 'Code');
  await page.route(isUser, (route) =>
    route.request().method() === 'PATCH' ? route.fulfill({ status: 500, body: '' }) : route.continue(),
  );
  const refused = page.waitForResponse((response) => response.request().method() === 'PATCH');
  await page.getByRole('button', { name: `Unlink GitHub “Code”, ${github.label}`, exact: true }).click();
  await app.dialog.getByRole('button', { name: 'Unlink GitHub “Code”' }).click();
  await refused;
  await expect(app.status).toHaveText(`GitHub “Code” (${github.label}) was unlinked.`);
  await expect(app.notice).toBeHidden();
  await expect(app.row(github)).toHaveCount(0);
});

test('a refusal stands at the field with a way on, and the text is still there', async ({
  app,
  page,
  consoleGuard,
  signedIn: person,
}) => {
  consoleGuard.expectStatus(403);
  const google = person.linked[0]!;
  let isRefused = true;
  await page.route(isUser, (route) =>
    isRefused && route.request().method() === 'PATCH'
      ? route.fulfill({ status: 403, json: { statusCode: 403, error: 'Forbidden', errorCode: 'insufficient_scope' } })
      : route.continue(),
  );
  await (await nameButton(app, google)).click();
  await nameField(app, google).fill('Work');
  await nameField(app, google).press('Enter');
  const alert = app.row(google).getByRole('alert').filter({ hasText: 'This sign-in does not allow that' });
  await expect(alert.getByRole('button', { name: 'Sign in again' })).toBeVisible();
  await expect(nameField(app, google)).toHaveValue('Work');
  isRefused = false;
  await nameField(app, google).press('Enter');
  await expect(app.row(google).locator('.name')).toContainText('“Work”');
  await expect(alert).toHaveCount(0);
});

test('without the permission there is no button, and names are shown', async ({
  app,
  page,
  worker,
  signedIn: person,
}) => {
  const [google, github] = person.linked;
  await requestMetadata(page, worker.tenantOrigin, person, { login_names: { [google!.key]: 'Work' } });
  await page.route('**/oauth/token', async (route) => {
    const response = await route.fetch();
    const scope = 'openid profile email read:current_user update:current_user_identities';
    await route.fulfill({ response, json: { ...(await response.json()), scope } });
  });
  await page.reload();
  await expect(app.row(google!).locator('.name')).toContainText('“Work”');
  await expect(await nameButton(app, google!)).toHaveCount(0);
  await expect(app.row(google!).locator('dd .own-name')).toHaveText('Work');
  await expect(await nameButton(app, github!)).toHaveCount(0);
  await expect(app.row(github!).getByText('Your name for it')).toBeHidden();
});

test('offline the names are read, and the button says why they wait', async ({
  app,
  context,
  page,
  signedIn: person,
}) => {
  const google = person.linked[0]!;
  await giveName(app, google, 'Work');
  const begin = await nameButton(app, google);
  await context.setOffline(true);
  await expect(begin).toBeDisabled();
  await expect(begin).toHaveAccessibleDescription(/^You are offline/);
  await begin.press('Enter');
  await expect(nameField(app, google)).toHaveCount(0);
  const stored = await page.evaluate(() => localStorage.getItem('linked-accounts.list'));
  expect(JSON.parse(stored!).user.user_metadata).toEqual({ login_names: { [google.key]: 'Work' } });
});

test('two tabs lose none of each other’s names', async ({ app, context, page, worker, signedIn: person }) => {
  const [google, github] = person.linked;
  const tab = await context.newPage();
  const other = new LinkedAccounts(tab);
  await other.open('/linked-accounts');
  await other.expectList();
  for (const [one, login, name] of [
    [app, google!, 'Work'],
    [other, github!, 'Code'],
  ] as const) {
    await (await nameButton(one, login)).click();
    await nameField(one, login).fill(name);
  }
  // Both read the names before either writes them, unless one waits for the other.
  const release = await holdRequests(context, isUser);
  await nameField(app, google!).press('Enter');
  await nameField(other, github!).press('Enter');
  await expect(app.row(google!).getByRole('button', { name: 'Saving…' })).toBeVisible();
  await expect(other.row(github!).getByRole('button', { name: 'Saving…' })).toBeVisible();
  release();
  await expect(nameField(app, google!)).toHaveCount(0);
  await expect(nameField(other, github!)).toHaveCount(0);
  expect((await requestMetadata(page, worker.tenantOrigin, person)).login_names).toEqual({
    [google!.key]: 'Work',
    [github!.key]: 'Code',
  });
});

// attack: page
test('what another client keeps where the names are breaks nothing and is not destroyed', async ({
  app,
  page,
  worker,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  const odd = {
    [google!.key]: 'Bank\u202e moc.live\u202c <img src=x>',
    [github!.key]: ['Work'],
    [company!.key]: 'x'.repeat(5000),
    [person.primary.key]: 7,
    note: { of: 'another app' },
    'line|of-nobody-here': { deep: [null] },
  };
  await requestMetadata(page, worker.tenantOrigin, person, { login_names: odd, theme: 'dark' });
  await page.reload();
  await app.expectIdentities([person.primary, ...person.linked]);
  await expect(app.row(google!).locator('.name')).toHaveText('Google“Bank moc.live <img src=x>”');
  await expect(app.row(google!).locator('img')).toHaveCount(0);
  for (const login of [github!, company!, person.primary]) {
    await expect(app.row(login).locator('.own-name')).toHaveCount(0);
  }
  await giveName(app, github!, 'Code');
  expect(await requestMetadata(page, worker.tenantOrigin, person)).toEqual({
    theme: 'dark',
    login_names: { ...odd, [github!.key]: 'Code' },
  });
  for (const place of [['Work'], 'Work', 5]) {
    await requestMetadata(page, worker.tenantOrigin, person, { login_names: place });
    await page.reload();
    await app.expectIdentities([person.primary, ...person.linked]);
    await expect(await nameButton(app, google!)).toHaveCount(0);
    expect((await requestMetadata(page, worker.tenantOrigin, person)).login_names).toEqual(place);
  }
});

// attack: page
test('a login with the name of another provider still shows its own', async ({ app, page, signedIn: person }) => {
  const github = person.linked[1]!;
  await giveName(app, github, 'Google');
  await expect(app.row(github).locator('.name')).toHaveText('GitHub“Google”');
  await page.getByRole('button', { name: `Unlink GitHub “Google”, ${github.label}`, exact: true }).click();
  await expect(app.dialog).toHaveAccessibleName(`Unlink GitHub “Google”, ${github.label}?`);
});

test('names of a merged account come over with its logins, and are no details to choose from', async ({
  app,
  page,
  worker,
  signedIn: person,
}) => {
  const email = uniqueEmail(person, 'merged');
  await page.route(/\/api\/v2\/users\/linkedin/, async (route) => {
    const response = await route.fetch();
    const user = await response.json();
    await route.fulfill({ response, json: { ...user, user_metadata: { login_names: { [user.user_id]: 'Theirs' } } } });
  });
  const named = page.waitForResponse((response) => response.request().method() === 'PATCH');
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.linkButton('LinkedIn').first().click()]);
  await new StandIn(popup).signInAsNewUser('Linked Inn', email);
  await expect(app.status).toHaveText(`LinkedIn “Theirs” (${email}) is linked to this account now.`);
  await expect(app.dialog).toBeHidden();
  await named;
  const key = (await app.identityKeys()).at(-1)!;
  expect((await requestMetadata(page, worker.tenantOrigin, person)).login_names).toEqual({ [key]: 'Theirs' });
});

test('the field and the name are accessible', async ({ app, page, signedIn: person }) => {
  await giveName(app, person.linked[0]!, 'Work');
  await (await nameButton(app, person.linked[1]!)).click();
  await nameField(app, person.linked[1]!).fill('x'.repeat(50));
  await nameField(app, person.linked[1]!).press('Enter');
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
  }
});
