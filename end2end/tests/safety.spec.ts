import { overrideSettings, withClosed } from '../browser/settings.ts';
import { expect, test } from '../fixtures/index.ts';

test('the line above the list counts the ways in as logins go and come, and repeats no promise', async ({
  app,
  signedIn: person,
}) => {
  await expect(app.safetyLine).toHaveText('4 ways in. Losing one will not lock you out.');
  // A screen reader is told what is added to a live region: the promise stays, and the number is kept from it.
  await expect(app.safetyLine.getByText('4 ways in.')).toHaveAttribute('aria-live', 'off');
  const promise = app.safetyLine.getByText('Losing one will not lock you out.');
  await promise.evaluate((element) => Object.assign(element, { isFirst: true }));
  await app.unlink(person.linked[0]!);
  await expect(app.safetyLine).toHaveText('3 ways in. Losing one will not lock you out.');
  expect(await promise.evaluate((element) => 'isFirst' in element)).toBe(true);
});

test('with one way in, the line says so and leads to linking', async ({ app, page, signedIn: _ }) => {
  await overrideSettings(page, withClosed('auth0', 'github', 'samlp'));
  await page.reload();
  await expect(app.safetyLine).toHaveText('1 way in. Link a second, so that losing it does not lock you out.');
  await app.safetyLine.getByRole('link').press('Enter');
  await expect(page.getByRole('heading', { name: 'Link another login' })).toBeFocused();
});

// WCAG 4.1.3: tree snapshot
test('a second way in that goes is told once to a screen reader', async ({ app, page, signedIn: person }) => {
  await overrideSettings(page, withClosed('auth0', 'samlp'));
  await page.reload();
  await expect(app.safetyLine).toHaveText('2 ways in. Losing one will not lock you out.');
  await app.unlink(person.linked[1]!);
  await expect(app.safetyLine).toHaveText(/^1 way in\./);
  await expect(app.safetyLine.locator('[aria-live="off"]')).toHaveCount(0);
});

test('an account that only a company opens asks for a login of its own', async ({ app, page, signedIn: _ }) => {
  await overrideSettings(page, withClosed('auth0', 'google-oauth2', 'github'));
  await page.reload();
  await expect(app.safetyLine).toHaveText(
    'Only your company opens this account. Link a login of your own before you leave.',
  );
});

test('an account that nothing opens says what to do before signing out', async ({ app, page, signedIn: _ }) => {
  await overrideSettings(page, withClosed('auth0', 'google-oauth2', 'github', 'samlp'));
  await page.reload();
  await expect(app.safetyLine).toHaveText(
    'No login here can sign in at the moment. Link one that can before you sign out.',
  );
});
