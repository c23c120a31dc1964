import { expect, test } from '../fixtures/index.ts';

// WCAG 2.4.4: text
test('after unlinking, the page leads to where the provider lists this app, in a new tab that it says', async ({
  app,
  page,
  signedIn: person,
}) => {
  await app.unlink(person.linked[0]!);
  const unlinked = page.getByRole('list', { name: 'Recently unlinked' });
  await expect(unlinked).toContainText('Unlinked here. Google may still list this app.');
  const link = unlinked.getByRole('link', { name: 'Connected apps at Google (opens a new tab)' });
  await expect(link).toHaveAttribute('href', 'https://myaccount.google.com/connections');
  await expect(link).toHaveAttribute('target', '_blank');
  await expect(link).toHaveAttribute('rel', 'noopener noreferrer');
});

test('a login of a company names no such page', async ({ app, page, signedIn: person }) => {
  await app.unlink(person.linked[2]!);
  const unlinked = page.getByRole('list', { name: 'Recently unlinked' });
  await expect(unlinked).toContainText(person.linked[2]!.label);
  await expect(unlinked.getByRole('link')).toHaveCount(0);
});
