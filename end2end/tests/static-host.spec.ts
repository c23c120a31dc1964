import { expect, managementRequests, PASSWORD, test } from '../fixtures/index.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

test.describe('on a plain static host', { tag: '@static-host' }, () => {
  test('the page and the tenant are on two origins', async ({ app, hosted, house, page }) => {
    expect(house.page).not.toBe(house.tenant);
    await app.open();
    await app.signIn.click();
    await expect(hosted.heading).toBeVisible();
    expect(new URL(page.url()).origin).toBe(house.tenant);
  });

  test('the Management API is asked across origins, without cookies', async ({ app, house, page, signedIn: person }) => {
    const requests = managementRequests(page);
    const asked = page.waitForRequest((request) => request.method() === 'DELETE');
    await app.unlinks(person.linked[0]!);
    await expect(app.status).toHaveText(/was unlinked\.$/);
    const request = await asked;
    expect(new URL(request.url()).origin).toBe(house.tenant);
    const headers = await request.allHeaders();
    expect(headers.origin).toBe(house.page);
    expect(headers.cookie).toBeUndefined();
    expect(requests).toHaveLength(1);
  });

  test('a reload signs in silently, also where the tenant is another site', async ({ app, hosted, house, page, person }) => {
    // Another port is another origin; another host is another site, whose cookies a frame may not see.
    const elsewhere = house.elsewhere!;
    await page.goto(`${elsewhere}/linked-accounts?a=b#c`);
    await app.signIn.click();
    await hosted.signInAs(person.email, PASSWORD);
    await app.showsTheList();
    await expect(page).toHaveURL(`${elsewhere}/linked-accounts?a=b#c`);
    const logins: string[] = [];
    page.on('framenavigated', (frame) => {
      if (new URL(frame.url()).pathname.startsWith('/u/')) {
        logins.push(frame.url());
      }
    });
    await page.reload();
    await app.showsTheList();
    await app.shows([person.main, ...person.linked]);
    await expect(page).toHaveURL(`${elsewhere}/linked-accounts?a=b#c`);
    expect(logins).toEqual([]);

    await app.signOut.click();
    await app.showsTheWayIn();
    await expect(page).toHaveURL(`${elsewhere}/`);
  });

  test('somebody whose session ended at a tenant on another site is shown the way in', async ({
    app,
    context,
    hosted,
    house,
    page,
    person,
  }) => {
    await page.goto(`${house.elsewhere}/linked-accounts`);
    await app.signIn.click();
    await hosted.signInAs(person.email, PASSWORD);
    await app.showsTheList();
    await context.clearCookies();
    await page.reload();
    await app.showsTheWayIn();
    await expect(app.notice).toBeHidden();
    await expect(page).toHaveURL(`${house.elsewhere}/linked-accounts`);
  });

  test('a tab that was opened with an address keeps it', async ({ context, signedIn: person }) => {
    const tab = new LinkedAccounts(await context.newPage());
    await tab.open('/linked-accounts?from=mail');
    await tab.shows([person.main, ...person.linked]);
    await expect(tab.page).toHaveURL('/linked-accounts?from=mail');
  });
});
