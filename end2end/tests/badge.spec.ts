import { expect, refuseTheNextToken, test } from '../fixtures/index.ts';
import { address, linksANewLogin } from '../fixtures/linking.ts';

const BADGE = 'Signed in with this';

test('the login in use carries a badge, also after a reload', { tag: '@anywhere' }, async ({ app, hosted, house, page }) => {
  const visitor = house.claim('atStandIns');
  await app.open();
  await app.signIn.click();
  await (await hosted.continueWith('Facebook')).choose(visitor.linked[0]!.who);
  await app.showsTheList();
  await expect(app.row(visitor.linked[0]!)).toContainText(BADGE);
  await expect(page.getByText(BADGE)).toHaveCount(1);
  await page.reload();
  await app.showsTheList();
  await expect(app.row(visitor.linked[0]!)).toContainText(BADGE);
  await expect(page.getByText(BADGE)).toHaveCount(1);
});

test('it stays where it is when the token is renewed', async ({ app, hosted, house, page, watch }) => {
  watch.expectStatus(401);
  const visitor = house.claim('atStandIns');
  const [facebook, microsoft] = visitor.linked;
  await app.open();
  await app.signIn.click();
  await (await hosted.continueWith('Facebook')).choose(facebook!.who);
  await app.showsTheList();
  await refuseTheNextToken(page);
  const renewed = page.waitForRequest(`${house.tenant}/oauth/token`);
  await app.unlinks(microsoft!);
  await renewed;
  await app.shows([visitor.main, facebook!]);
  await expect(app.row(facebook!)).toContainText(BADGE);
  await expect(page.getByText(BADGE)).toHaveCount(1);
});

test('the main login carries it when that is in use', async ({ app, page, signedIn: person }) => {
  await expect(app.row(person.main)).toContainText(BADGE);
  await expect(page.getByText(BADGE)).toHaveCount(1);
});

test('it moves to the login that the session at the tenant is through', async ({ app, page, signedIn: person }) => {
  await linksANewLogin(app, page, address(person, 'badge'));
  const row = app.linkedLogins.getByRole('listitem').last();
  await expect(row).toContainText('LinkedIn');
  await expect(row).toContainText(BADGE);
  await page.reload();
  await app.showsTheList();
  await expect(row).toContainText(BADGE);
  await expect(page.getByText(BADGE)).toHaveCount(1);
});

test.describe('where the tenant does not tell', () => {
  test.use({ settings: { identityClaim: 'https://example.test/nothing' } });

  test('the list has no badge', async ({ page, signedIn: _ }) => {
    await expect(page.getByText(BADGE)).toHaveCount(0);
  });

  test('the connection that was asked for last tells', async ({ app, page, signedIn: person }) => {
    await linksANewLogin(app, page, address(person, 'connection'));
    const row = app.linkedLogins.getByRole('listitem').last();
    await expect(row).toContainText(BADGE);
    await page.reload();
    await app.showsTheList();
    await expect(row).toContainText(BADGE);
  });
});
