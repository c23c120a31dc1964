import type { Page } from '@playwright/test';

import { expect, managementRequests, PASSWORD, test } from '../fixtures/index.ts';
import { HostedLogin } from '../pages/hosted-login.ts';

test.use({ settings: { freshSignIn: 50 } });

/** The sign-in is too old for a change by now, as the page sees it. */
async function isLater(page: Page): Promise<void> {
  // Clocks may differ by a minute; the tenant's stays where it is.
  await page.clock.install({ time: Date.now() + 55_000 });
}

test('an old sign-in is made fresh in a window of its own, then the login is unlinked', { tag: '@anywhere' }, async ({
  app,
  page,
  signedIn: person,
}) => {
  await isLater(page);
  const [google, github, company] = person.linked;
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.unlinks(github!)]);
  await new HostedLogin(popup).signInAgainAs(person.email, PASSWORD);
  await expect(app.status).toContainText(`GitHub (${github!.who}) was unlinked.`);
  await app.shows([person.main, google!, company!]);
});

test('several logins take one fresh sign-in', async ({ app, page, signedIn: person }) => {
  await isLater(page);
  const [google, github, company] = person.linked;
  let windows = 0;
  page.on('popup', () => (windows += 1));
  await app.selectSeveral.click();
  await app.box(google!).check();
  await app.box(company!).check();
  await app.chosen.getByRole('button', { name: 'Unlink 2 logins' }).click();
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    app.dialog.getByRole('button', { name: 'Unlink 2 logins' }).click(),
  ]);
  await new HostedLogin(popup).signInAgainAs(person.email, PASSWORD);
  await app.shows([person.main, github!]);
  expect(windows).toBe(1);
});

test('somebody else in that window is refused, and nothing is changed', async ({ app, house, page, signedIn: person }) => {
  const other = house.claim('ordinary');
  await isLater(page);
  const requests = managementRequests(page);
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.unlinks(person.linked[0]!)]);
  await new HostedLogin(popup).signInAs(other.email, PASSWORD);
  await expect(app.notice).toContainText('Somebody else signed in');
  await expect(app.notice).toContainText(other.email);
  expect(requests).toEqual([]);
  await app.shows([person.main, ...person.linked]);
  await expect(app.header).toContainText(person.email);

  // The tenant's session is the other's now, and a reload asks rather than showing the other's list.
  await page.clock.resume();
  await page.reload();
  await expect(app.heading).toHaveText('Somebody else is signed in now');
  await expect(page.getByText(`You were signed in here as ${person.email}.`)).toBeVisible();
  await expect(app.rows).toHaveCount(0);
  await page.getByRole('button', { name: `Sign in as ${person.email}` }).click();
  await new HostedLogin(page).signInAgainAs(person.email, PASSWORD);
  await app.showsTheList();
  await app.shows([person.main, ...person.linked]);
});

test('closing that window keeps the login, and the way on asks again', async ({ app, page, signedIn: person }) => {
  await isLater(page);
  const github = person.linked[1]!;
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.unlinks(github)]);
  await new HostedLogin(popup).heading.waitFor();
  await popup.close();
  // The page looks for closed windows from time to time.
  await page.clock.runFor(1_000);
  await expect(app.notice).toContainText('The window was closed');
  await app.shows([person.main, ...person.linked]);
  const [again] = await Promise.all([page.waitForEvent('popup'), app.tryAgain.click()]);
  await new HostedLogin(again).signInAgainAs(person.email, PASSWORD);
  await expect(app.row(github)).toHaveCount(0);
});

test.describe('where the settings say so', () => {
  test.use({ settings: { freshSignIn: 0 } });

  test('nobody is asked', async ({ app, page, signedIn: person }) => {
    await page.clock.install({ time: Date.now() + 3_600_000 });
    await app.unlinks(person.linked[0]!);
    await expect(app.row(person.linked[0]!)).toHaveCount(0);
  });
});

test.describe('on a small screen', () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test('the page leaves for it and unlinks after coming back', { tag: '@anywhere' }, async ({
    app,
    hosted,
    page,
    signedIn: person,
  }) => {
    await isLater(page);
    const github = person.linked[1]!;
    await app.unlinks(github);
    await hosted.signInAgainAs(person.email, PASSWORD);
    await app.showsTheList();
    await expect(app.status).toContainText(`GitHub (${github.who}) was unlinked.`);
    await app.shows([person.main, person.linked[0]!, person.linked[2]!]);
  });

  test('somebody else who signs in there unlinks nothing, and is not shown the list', async ({
    app,
    hosted,
    house,
    page,
    signedIn: person,
  }) => {
    const other = house.claim('ordinary');
    await isLater(page);
    const requests = managementRequests(page);
    await app.unlinks(person.linked[1]!);
    await hosted.signInAs(other.email, PASSWORD);
    await expect(app.heading).toHaveText('Somebody else is signed in now');
    await expect(app.rows).toHaveCount(0);
    await page.getByRole('button', { name: `Sign in as ${person.email}` }).click();
    await hosted.signInAgainAs(person.email, PASSWORD);
    await app.showsTheList();
    await app.shows([person.main, ...person.linked]);
    expect(requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
  });
});
