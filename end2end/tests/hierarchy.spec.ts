import { demoTest as test, expect } from '../fixtures/index.ts';

test.beforeEach(async ({ app, hosted }) => {
  await app.open();
  await app.signInButton.click();
  await hosted.signIn('hubert@example.com', 'hubert-demo');
  await app.expectList();
});

test('the header and the heading do not say the same, and the main login is called so once', async ({ app, page }) => {
  await expect(app.header).toContainText('Linked accounts');
  await expect(app.heading).toHaveText('Your logins');
  await expect(page.getByText('Main login', { exact: true })).toHaveCount(1);
});

test('nothing in the list is red before the pointer or the focus is on it', async ({ app }) => {
  const button = app.linkedList.getByRole('button', { name: /^Unlink/ }).first();
  const danger = await button.evaluate((element) => {
    const probe = element.appendChild(document.createElement('i'));
    probe.style.color = 'var(--danger)';
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  });
  await expect(button).not.toHaveCSS('color', danger);
  await button.hover();
  await expect(button).toHaveCSS('color', danger);
  await app.heading.hover();
  await expect(button).not.toHaveCSS('color', danger);
  await button.press('Shift');
  await expect(button).toHaveCSS('color', danger);
});

test('the picture of a person stands at the first line of a long name', async ({ app, page }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  const picture = (await app.primaryList.locator('.avatar').boundingBox())!;
  const name = (await app.primaryList.locator('.person').boundingBox())!;
  expect(name.height).toBeGreaterThan(2 * picture.height);
  expect(Math.abs(picture.y - name.y)).toBeLessThan(4);
});
