import { rejectNextToken } from '../browser/requests.ts';
import { expect, test } from '../fixtures/index.ts';
import { uniqueEmail, linkNewIdentity } from '../pages/linking.ts';

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

test('it moves to the login that the session at the tenant is through', async ({ app, page, signedIn: person }) => {
  await linkNewIdentity(app, page, uniqueEmail(person, 'badge'));
  const row = app.linkedList.getByRole('listitem').last();
  await expect(row).toContainText('LinkedIn');
  await expect(row).toContainText(BADGE);
  await page.reload();
  await app.expectList();
  await expect(row).toContainText(BADGE);
  await expect(page.getByText(BADGE)).toHaveCount(1);
});

test.describe('where the tenant does not tell', () => {
  test.use({ settings: { identityClaim: 'https://example.test/nothing' } });

  test('the list has no badge', async ({ page, signedIn: _ }) => {
    await expect(page.getByText(BADGE)).toHaveCount(0);
  });

  test('the connection that was asked for last tells', async ({ app, page, signedIn: person }) => {
    await linkNewIdentity(app, page, uniqueEmail(person, 'connection'));
    const row = app.linkedList.getByRole('listitem').last();
    await expect(row).toContainText(BADGE);
    await page.reload();
    await app.expectList();
    await expect(row).toContainText(BADGE);
  });
});
