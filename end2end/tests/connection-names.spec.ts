import { expect, PASSWORD, test } from '../fixtures/index.ts';
import { openStandInPopup, uniqueEmail } from '../pages/linking.ts';

/** Returns a text without the characters that isolate names in it. */
const withoutIsolates = (text: string): string => text.replace(/[\u2066-\u2069]/g, '');

test('a connection has the same name in the list, the link section, the dialog and the mail', async ({
  app,
  context,
  hosted,
  page,
  person,
  worker,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  // Of a brand, and of a company: that has the name that the tenant displays for it, which none of its ids has.
  const logins = person.linked.slice(1);
  expect(logins.map(({ name }) => name)).toEqual(['GitHub', 'Acme Corp']);
  await app.open();
  await app.signInButton.click();
  for (const { name } of logins) {
    await expect(page.getByRole('link', { name: `Continue with ${name} demo stand-in`, exact: true })).toBeVisible();
  }
  await hosted.signIn(person.email, PASSWORD);
  await app.expectList();
  await page.getByRole('button', { name: 'Copy as text' }).click();
  await expect(page.getByText('Copied. Paste it where you keep such things.')).toBeVisible();
  const copied = withoutIsolates(await page.evaluate(() => navigator.clipboard.readText()));
  await app.showAllButton.click();

  for (const login of logins) {
    const { name, label } = login;
    const row = app.row(login);
    await expect(row.locator('.name')).toHaveText(name);
    await app.detailsSummary(login).click();
    await expect(row.locator('dt').filter({ hasText: /^Connection$/ })).toHaveCount(1);
    await expect(row.locator('dt', { hasText: /^Connection$/ }).locator('+ dd')).toHaveText(name);
    expect(copied).toMatch(new RegExp(`^\\d\\. ${name}\n.*${label}\n   Connection: ${name}\n`, 'm'));
    await app.detailsSummary(login).click();

    const email = uniqueEmail(person, name.toLowerCase().replace(' ', '-'));
    await expect(app.linkButton(name)).toContainText(name);
    const standIn = await openStandInPopup(page, () => app.linkButton(name).click());
    await expect(standIn.heading).toHaveText(`Stand-in for ${name}`);
    await expect(standIn.page.getByText(`Sign in with ${name} to link it.`)).toBeVisible();
    await standIn.signInAsNewUser('Somebody', email);
    await expect(app.status).toHaveText(`${name} (${email}) is linked to this account now.`);
    const linked = await worker.server.mailTo(person.email, 'A login was linked');
    expect(withoutIsolates(linked.text)).toContain(`The login ${name} (${email}) was linked`);

    await app.unlinkButton(login).click();
    await expect(app.dialog).toHaveAccessibleName(`Unlink ${name}, ${label}?`);
    await expect(app.dialog.locator('.fact-logins')).toContainText(name);
    await app.confirmButton(login).click();
    await expect(app.status).toHaveText(`${name} (${label}) was unlinked.`);
    const unlinked = await worker.server.mailTo(label, 'A login was unlinked');
    expect(withoutIsolates(unlinked.text)).toContain(`The login ${name} (${label}) was unlinked`);
  }
});
