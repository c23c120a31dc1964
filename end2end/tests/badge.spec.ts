import { expect, test } from '../fixtures/index.ts';
import { StandIn } from '../pages/hosted-login.ts';

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

test('the main login carries it when that is in use', async ({ app, page, signedIn: person }) => {
  await expect(app.row(person.main)).toContainText(BADGE);
  await expect(page.getByText(BADGE)).toHaveCount(1);
});

test('it moves to the login that the session at the tenant is through', async ({ app, page, signedIn: person }) => {
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.link('LinkedIn').click()]);
  await new StandIn(popup).be('Badge Holder', person.email.replace('@', '+badge@'));
  const row = app.linkedLogins.getByRole('listitem').last();
  await expect(row).toContainText('LinkedIn');
  await expect(row).toContainText(BADGE);
  await page.reload();
  await app.showsTheList();
  await expect(row).toContainText(BADGE);
  await expect(page.getByText(BADGE)).toHaveCount(1);
});

test('a tenant that does not tell leaves the list without a badge', async ({ app, hosted, page, person }) => {
  await page.route('**/config.json', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ json: { ...(await answer.json()), identityClaim: 'https://example.test/nothing' } });
  });
  await app.open();
  await app.signIn.click();
  await hosted.signInAs(person.email, 'correct horse battery staple');
  await app.showsTheList();
  await expect(page.getByText(BADGE)).toHaveCount(0);
});

test('without the claim, the connection that was asked for last tells', async ({ app, hosted, page, person }) => {
  await page.route('**/config.json', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ json: { ...(await answer.json()), identityClaim: 'https://example.test/nothing' } });
  });
  await app.open();
  await app.signIn.click();
  await hosted.signInAs(person.email, 'correct horse battery staple');
  await app.showsTheList();
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.link('LinkedIn').click()]);
  await new StandIn(popup).be('Badge Holder', person.email.replace('@', '+connection@'));
  const row = app.linkedLogins.getByRole('listitem').last();
  await expect(row).toContainText(BADGE);
  await page.reload();
  await app.showsTheList();
  await expect(row).toContainText(BADGE);
});
