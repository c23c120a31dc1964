import { recordManagementRequests } from '../browser/requests.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

test.describe('on a plain static host', { tag: '@static-host' }, () => {
  test('the page and the tenant are on two origins', async ({ app, hosted, worker, page }) => {
    expect(worker.pageOrigin).not.toBe(worker.tenantOrigin);
    await app.open();
    await app.signInButton.click();
    await expect(hosted.heading).toBeVisible();
    expect(new URL(page.url()).origin).toBe(worker.tenantOrigin);
  });

  test('the Management API is asked across origins, without cookies', async ({
    app,
    worker,
    page,
    signedIn: person,
  }) => {
    const requests = recordManagementRequests(page);
    const deletion = page.waitForRequest((request) => request.method() === 'DELETE');
    await app.unlink(person.linked[0]!);
    await expect(app.status).toHaveText(/was unlinked\.$/);
    const request = await deletion;
    expect(new URL(request.url()).origin).toBe(worker.tenantOrigin);
    const headers = await request.allHeaders();
    expect(headers.origin).toBe(worker.pageOrigin);
    expect(headers.cookie).toBeUndefined();
    expect(requests).toHaveLength(1);
  });

  test('a reload signs in silently, also where the tenant is another site', async ({
    app,
    hosted,
    worker,
    page,
    person,
  }) => {
    // Another port is another origin. Another host is another site, and a frame does not get its cookies.
    const crossSiteOrigin = worker.crossSiteOrigin!;
    await page.goto(`${crossSiteOrigin}/linked-accounts?a=b#c`);
    await app.signInButton.click();
    await hosted.signIn(person.email, PASSWORD);
    await app.expectList();
    await expect(page).toHaveURL(`${crossSiteOrigin}/linked-accounts?a=b#c`);
    const loginPages: string[] = [];
    page.on('framenavigated', (frame) => {
      if (new URL(frame.url()).pathname.startsWith('/u/')) {
        loginPages.push(frame.url());
      }
    });
    await page.reload();
    await app.expectList();
    await app.expectIdentities([person.primary, ...person.linked]);
    await expect(page).toHaveURL(`${crossSiteOrigin}/linked-accounts?a=b#c`);
    expect(loginPages).toEqual([]);

    await app.signOutButton.click();
    await app.expectSignedOut();
    await expect(page).toHaveURL(`${crossSiteOrigin}/`);
  });

  test('somebody whose session ended at a tenant on another site is shown the way in', async ({
    app,
    context,
    hosted,
    worker,
    page,
    person,
  }) => {
    await page.goto(`${worker.crossSiteOrigin}/linked-accounts`);
    await app.signInButton.click();
    await hosted.signIn(person.email, PASSWORD);
    await app.expectList();
    await context.clearCookies();
    await page.reload();
    await app.expectSignedOut();
    await expect(app.notice).toBeHidden();
    await expect(page).toHaveURL(`${worker.crossSiteOrigin}/linked-accounts`);
  });

  test('a tab that was opened with an address keeps it', async ({ context, signedIn: person }) => {
    const tab = new LinkedAccounts(await context.newPage());
    await tab.open('/linked-accounts?from=mail');
    await tab.expectIdentities([person.primary, ...person.linked]);
    await expect(tab.page).toHaveURL('/linked-accounts?from=mail');
  });
});
