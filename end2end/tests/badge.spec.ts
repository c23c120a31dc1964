import { rejectNextToken } from '../browser/requests.ts';
import { expect, test } from '../fixtures/index.ts';
import { linkNewIdentity, openStandInPopup, takeProofsForSignIns, uniqueEmail } from '../pages/linking.ts';

const BADGE = 'Signed in with this';

test(
  'the login in use carries a badge, also after a reload',
  { tag: '@anywhere' },
  async ({ app, hosted, worker, page }) => {
    const visitor = worker.claimPerson('withStandInLogins');
    await app.open();
    await app.signInButton.click();
    await (await hosted.continueWith('Facebook')).chooseUser(visitor.linked[0]!.label);
    await app.expectList();
    await expect(app.row(visitor.linked[0]!)).toContainText(BADGE);
    await expect(page.getByText(BADGE)).toHaveCount(1);
    await page.reload();
    await app.expectList();
    await expect(app.row(visitor.linked[0]!)).toContainText(BADGE);
    await expect(page.getByText(BADGE)).toHaveCount(1);
  },
);

test('it stays where it is when the token is renewed', async ({ app, hosted, worker, page, consoleGuard }) => {
  consoleGuard.expectStatus(401);
  const visitor = worker.claimPerson('withStandInLogins');
  const [facebook, microsoft] = visitor.linked;
  await app.open();
  await app.signInButton.click();
  await (await hosted.continueWith('Facebook')).chooseUser(facebook!.label);
  await app.expectList();
  await rejectNextToken(page);
  const renewed = page.waitForRequest(`${worker.tenantOrigin}/oauth/token`);
  await app.unlink(microsoft!);
  await renewed;
  await app.expectIdentities([visitor.primary, facebook!]);
  await expect(app.row(facebook!)).toContainText(BADGE);
  await expect(page.getByText(BADGE)).toHaveCount(1);
});

test('the main login carries it when that is in use', async ({ app, page, signedIn: person }) => {
  await expect(app.row(person.primary)).toContainText(BADGE);
  await expect(page.getByText(BADGE)).toHaveCount(1);
});

test('it stays with the login that the person came in with when another one is linked', async ({
  app,
  page,
  signedIn: person,
}) => {
  await linkNewIdentity(app, page, uniqueEmail(person, 'badge'));
  const row = app.linkedList.getByRole('listitem').last();
  await expect(row).toContainText('LinkedIn');
  await expect(app.row(person.primary)).toContainText(BADGE);
  await expect(page.getByText(BADGE)).toHaveCount(1);
  await page.reload();
  await app.expectList();
  await expect(app.row(person.primary)).toContainText(BADGE);
  await expect(page.getByText(BADGE)).toHaveCount(1);
});

test('a link by mistake is undone without signing out', async ({ app, page, signedIn: person }) => {
  await linkNewIdentity(app, page, uniqueEmail(person, 'mistake'));
  const row = app.linkedList.getByRole('listitem').last();
  await expect(row).toContainText('LinkedIn');
  await row.getByRole('button', { name: /^Unlink/ }).click();
  await expect(app.dialog).toContainText('You stay signed in here, because you signed in with');
  await app.dialog.getByRole('button', { name: /^Unlink/ }).click();
  await expect(app.status).toContainText('was unlinked');
  await page.reload();
  await app.expectIdentities([person.primary, ...person.linked]);
});

test('a proof that was not used leaves the person signed in', async ({ app, page, consoleGuard, signedIn: person }) => {
  consoleGuard.expectStatus(403);
  const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').click());
  await page.route(/\/identities$/, (route) => route.fulfill({ status: 403, json: {} }));
  await standIn.signInAsNewUser('Not Linked', uniqueEmail(person, 'unused'));
  await expect(page.getByRole('alert')).toBeVisible();
  await page.reload();
  await app.expectIdentities([person.primary, ...person.linked]);
});

test.describe('at a tenant that takes a proof for a sign-in', () => {
  test('it stays, and the dialog says that the session went over', async ({ app, page, signedIn: person }) => {
    await takeProofsForSignIns(page);
    await linkNewIdentity(app, page, uniqueEmail(person, 'moved'));
    const row = app.linkedList.getByRole('listitem').last();
    await expect(row).toContainText('LinkedIn');
    for (const reloads of [0, 1, 2]) {
      if (reloads > 0) {
        await page.reload();
        await app.expectList();
      }
      await expect(app.row(person.primary)).toContainText(BADGE);
      await expect(page.getByText(BADGE)).toHaveCount(1);
    }
    await row.getByRole('button', { name: /^Unlink/ }).click();
    await expect(app.dialog).toContainText('but your session went over to LinkedIn when you linked it');
    await app.dialog.getByRole('button', { name: 'Keep it' }).click();
  });
});

test.describe('where the tenant does not tell', () => {
  test.use({ settings: { identityClaim: 'https://example.test/nothing' } });

  test('the list has no badge', async ({ page, signedIn: _ }) => {
    await expect(page.getByText(BADGE)).toHaveCount(0);
  });

  test('a login that is linked gets none either', async ({ app, page, signedIn: person }) => {
    await linkNewIdentity(app, page, uniqueEmail(person, 'connection'));
    await expect(app.linkedList.getByRole('listitem').last()).toContainText('LinkedIn');
    await expect(page.getByText(BADGE)).toHaveCount(0);
    await page.reload();
    await app.expectList();
    await expect(page.getByText(BADGE)).toHaveCount(0);
  });
});
