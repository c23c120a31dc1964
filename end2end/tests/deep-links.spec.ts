import { expect, hasPainted, managementRequests, PASSWORD, test } from '../fixtures/index.ts';
import { address, linksANewLogin } from '../fixtures/linking.ts';

const PLACE = 'https://app.example.com/';

test.use({ settings: { returnTo: [PLACE] } });

test('an address asks to link, the person does, and the way back is there', { tag: '@anywhere' }, async ({
  app,
  hosted,
  page,
  person,
}) => {
  await page.goto(`/link/linkedin?return_to=${encodeURIComponent(`${PLACE}settings?tab=logins`)}`);
  await app.signIn.click();
  await hosted.signInAs(person.email, PASSWORD);
  await app.showsTheList();
  await expect(page.getByText('You came here to link LinkedIn to this account.')).toBeVisible();
  const back = page.getByRole('link', { name: 'Back to app.example.com' });
  await expect(back).toHaveAttribute('href', `${PLACE}settings?tab=logins`);
  await linksANewLogin(app, page, address(person, 'deep'));
  await expect(app.status).toContainText('is linked to this account now.');
  await expect(back).toBeVisible();
  // The address asks once.
  await expect(page).toHaveURL(/\/linked-accounts\?return_to=/);
  await page.reload();
  await app.showsTheList();
  await expect(page.getByText('You came here to link')).toBeHidden();
});

test('an address asks to unlink, and the dialog asks the person', async ({ app, page, signedIn: person }) => {
  const requests = managementRequests(page);
  const company = person.linked[2]!;
  await page.goto(`/unlink/samlp/${encodeURIComponent(company.key.slice('samlp|'.length))}`);
  await expect(app.dialog).toHaveAccessibleName('Unlink Company login?');
  expect(requests.filter((request) => request.startsWith('DELETE'))).toEqual([]);
  await app.confirm(company).click();
  await expect(app.row(company)).toHaveCount(0);
});

test('what cannot be unlinked is told', async ({ app, page, signedIn: person }) => {
  await page.goto('/unlink/github/1');
  await expect(app.notice).toHaveText('The login that the address named is not linked to this account.');
  await page.goto(`/unlink/auth0/${person.main.key.slice('auth0|'.length)}`);
  await expect(app.notice).toContainText('main login');
  // By now it would have asked.
  await hasPainted(page);
  await expect(app.dialog).toBeHidden();
});

test('anything else in such an address is ignored, and said', async ({ app, page, signedIn: _ }) => {
  for (const path of ['/link/nothing', '/link/github/more', '/unlink/github']) {
    await page.goto(path);
    const said = app.notice.or(page.getByRole('heading', { name: 'Page not found' }));
    await expect(said, path).toBeVisible();
  }
});

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
    await app.showsTheList();
    await expect(page.getByText('a place to return to that this page does not know. It was ignored.')).toBeVisible();
    await expect(page.getByRole('link', { name: /^Back to/ })).toHaveCount(0);
    expect(await page.content()).not.toContain('href="javascript');
  }
});
