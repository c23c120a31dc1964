import type { Page } from '@playwright/test';

import { expect, managementRequests, PASSWORD, test } from '../fixtures/index.ts';
import { HostedLogin } from '../pages/hosted-login.ts';
import type { LinkedAccounts } from '../pages/linked-accounts.ts';

/** The sign-in is too old for a change by now, as the page sees it. */
async function isLater(app: LinkedAccounts, page: Page): Promise<void> {
  await page.route('**/config.json', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ json: { ...(await answer.json()), freshSignIn: 20 } });
  });
  await page.reload();
  await app.showsTheList();
  // Clocks may differ by a minute; the tenant's stays where it is.
  await page.clock.install({ time: Date.now() + 40_000 });
}

test('an old sign-in is made fresh in a window of its own, then the login is unlinked', { tag: '@anywhere' }, async ({
  app,
  page,
  signedIn: person,
}) => {
  await isLater(app, page);
  const [google, github, company] = person.linked;
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.unlinks(github!)]);
  const hosted = new HostedLogin(popup);
  await expect(hosted.email).toHaveValue(person.email);
  await hosted.password.fill(PASSWORD);
  await hosted.submit.click();
  await expect(app.status).toContainText(`GitHub (${github!.who}) was unlinked.`);
  await app.shows([person.main, google!, company!]);
});

test('somebody else in that window is refused, and nothing is changed', async ({ app, house, page, signedIn: person }) => {
  const other = house.claim('ordinary');
  await isLater(app, page);
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
  const hosted = new HostedLogin(page);
  await hosted.password.fill(PASSWORD);
  await hosted.submit.click();
  await app.showsTheList();
  await app.shows([person.main, ...person.linked]);
});

test('closing that window keeps the login, and the way on asks again', async ({ app, page, signedIn: person }) => {
  await isLater(app, page);
  const github = person.linked[1]!;
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.unlinks(github)]);
  await new HostedLogin(popup).heading.waitFor();
  await popup.close();
  // The clock of the page stands still, and it looks for closed windows from time to time.
  await page.clock.runFor(1_000);
  await expect(app.notice).toContainText('The window was closed');
  await app.shows([person.main, ...person.linked]);
  const [again] = await Promise.all([page.waitForEvent('popup'), app.tryAgain.click()]);
  const hosted = new HostedLogin(again);
  await hosted.password.fill(PASSWORD);
  await hosted.submit.click();
  await expect(app.row(github)).toHaveCount(0);
});

test('nobody is asked when the settings say so', async ({ app, page, signedIn: person }) => {
  await page.route('**/config.json', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ json: { ...(await answer.json()), freshSignIn: 0 } });
  });
  await page.reload();
  await app.showsTheList();
  await page.clock.install({ time: Date.now() + 3_600_000 });
  await app.unlinks(person.linked[0]!);
  await expect(app.row(person.linked[0]!)).toHaveCount(0);
});

test.describe('on a small screen', () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test('the page leaves for it and unlinks after coming back', { tag: '@anywhere' }, async ({
    app,
    hosted,
    page,
    signedIn: person,
  }) => {
    await isLater(app, page);
    const github = person.linked[1]!;
    await app.unlinks(github);
    await expect(hosted.email).toHaveValue(person.email);
    await hosted.password.fill(PASSWORD);
    await hosted.submit.click();
    await app.showsTheList();
    await expect(app.status).toContainText(`GitHub (${github.who}) was unlinked.`);
    await app.shows([person.main, person.linked[0]!, person.linked[2]!]);
  });
});
