import { waitForPaint } from '../browser/layout.ts';
import { recordManagementRequests } from '../browser/requests.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';
import { uniqueEmail, linkNewIdentity } from '../pages/linking.ts';

const RETURN_TO = 'https://app.example.com/';

test.use({ settings: { returnTo: [RETURN_TO] } });

test(
  'an address asks to link, the person does, and the way back is there',
  { tag: '@anywhere' },
  async ({ app, hosted, page, person }) => {
    await page.goto(`/link/linkedin?return_to=${encodeURIComponent(`${RETURN_TO}settings?tab=logins`)}`);
    await app.signInButton.click();
    await hosted.signIn(person.email, PASSWORD);
    await app.expectList();
    await expect(page.getByText('You came here to link LinkedIn to this account.')).toBeVisible();
    const back = page.getByRole('link', { name: 'Back to app.example.com' });
    await expect(back).toHaveAttribute('href', `${RETURN_TO}settings?tab=logins`);
    await linkNewIdentity(app, page, uniqueEmail(person, 'deep'));
    await expect(app.status).toContainText('is linked to this account now.');
    await expect(back).toBeVisible();
    // The request to link is removed from the address once it is handled.
    await expect(page).toHaveURL(/\/linked-accounts\?return_to=/);
    await page.reload();
    await app.expectList();
    await expect(page.getByText('You came here to link')).toBeHidden();
  },
);

test('what goes on after such an address is told where it asked, and can be given up there', async ({
  app,
  page,
  signedIn: person,
}) => {
  await page.goto('/link/linkedin');
  const start = page.getByRole('button', { name: 'Link LinkedIn' }).first();
  const [popup] = await Promise.all([page.waitForEvent('popup'), start.click()]);
  const told = page.getByText('Go on in the window that opened.');
  await expect(told).toBeVisible();
  expect((await told.boundingBox())!.y).toBeLessThan((await page.locator('#linked-logins').boundingBox())!.y);
  await expect(page.getByRole('button', { name: 'Show the window' })).toBeFocused();
  await expect(popup.getByRole('heading', { level: 1 })).toContainText('LinkedIn');
  const closed = popup.waitForEvent('close');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await closed;
  await expect(told).toBeHidden();
  await app.expectIdentities([person.primary, ...person.linked]);
});

// attack: page
test('an address asks to unlink, and the dialog asks the person', async ({ app, page, signedIn: person }) => {
  const requests = recordManagementRequests(page);
  const company = person.linked[2]!;
  await page.goto(`/unlink/samlp/${encodeURIComponent(company.key.slice('samlp|'.length))}`);
  await expect(app.dialog).toHaveAccessibleName(`Unlink ${company.name}, ${company.label}?`);
  expect(requests.filter((request) => request.startsWith('DELETE'))).toEqual([]);
  await app.confirmButton(company).click();
  await expect(app.row(company)).toHaveCount(0);
});

test('what cannot be unlinked is told', async ({ app, page, signedIn: person }) => {
  await page.goto('/unlink/github/1');
  await expect(app.notice).toHaveText('The login that the address named is not linked to this account.');
  await page.goto(`/unlink/auth0/${person.primary.key.slice('auth0|'.length)}`);
  await expect(app.notice).toContainText('main login');
  // If it were going to open, the dialog would be open by the next paint.
  await waitForPaint(page);
  await expect(app.dialog).toBeHidden();
});

test('anything else in such an address is ignored, and said', async ({ app, page, signedIn: _ }) => {
  for (const path of ['/link/nothing', '/link/github/more', '/unlink/github']) {
    await page.goto(path);
    const outcome = app.notice.or(page.getByRole('heading', { name: 'Page not found' }));
    await expect(outcome, path).toBeVisible();
  }
});

// attack: page
test('a place that is not listed is never a link', async ({ app, page, signedIn: _ }) => {
  for (const place of [
    'https://evil.example/',
    '//evil.example/',
    'javascript:alert(1)',
    'https://app.example.com.evil.example/',
    'https://app.example.com/../evil',
    'https://app.example.com/\\evil',
  ]) {
    await page.goto(`/linked-accounts?return_to=${encodeURIComponent(place)}`);
    await app.expectList();
    await expect(page.getByText('a place to return to that this page does not know. It was ignored.')).toBeVisible();
    await expect(page.getByRole('link', { name: /^Back to/ })).toHaveCount(0);
    expect(await page.content()).not.toContain('href="javascript');
  }
});
