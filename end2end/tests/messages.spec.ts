import type { Locator } from '@playwright/test';

import { isManagementUrl } from '../browser/requests.ts';
import { expect, test } from '../fixtures/index.ts';

/** Where a part of a sentence begins, and on which line. */
interface Place {
  left: number;
  line: number;
}

/** Where each part of a sentence begins on its line, in the order of the text. */
const placesOf = (sentence: Locator): Promise<Place[]> =>
  sentence.evaluate((element) => {
    const places: Place[] = [];
    const visit = (node: Node): void => {
      // What is isolated is one thing: inside it, the parts of an address may go from right to left.
      if (node.nodeName === 'BDI' || node.nodeType === Node.TEXT_NODE) {
        const range = document.createRange();
        range.selectNodeContents(node);
        const first = range.getClientRects()[0];
        if (first) {
          places.push({ left: range.getBoundingClientRect().left, line: Math.round(first.bottom / 8) });
        }
      } else {
        node.childNodes.forEach(visit);
      }
    };
    visit(element);
    return places;
  });

/** Whether the parts on each line follow each other from left to right. */
const inOrder = (places: Place[]): boolean =>
  places.every((place, at) => {
    const before = places[at - 1];
    return before === undefined || before.line !== place.line || before.left < place.left;
  });

test(
  'lists and plurals come from the browser, in the language of the document',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    await expect(page.locator('html')).toHaveAttribute('lang', 'en-GB');
    await expect(page.locator('html')).toHaveAttribute('dir', 'ltr');
    await page.addInitScript(() => {
      const asked: string[] = [];
      Object.assign(window, { asked });
      const lists = Intl.ListFormat.prototype;
      const formatToParts = Reflect.get(lists, 'formatToParts') as (
        this: Intl.ListFormat,
        list: Iterable<string>,
      ) => ReturnType<typeof lists.formatToParts>;
      lists.formatToParts = function (list) {
        asked.push(this.resolvedOptions().locale);
        const parts = formatToParts.call(this, list);
        return parts.map((part) => (part.type === 'literal' ? { ...part, value: ' + ' } : part));
      };
      Intl.PluralRules.prototype.select = function () {
        asked.push(this.resolvedOptions().locale);
        return 'other';
      };
    });
    const company = person.linked[2]!;
    await page.reload();
    await app.unlinkButton(person.linked[1]!).click();
    await expect(app.dialog).toContainText(`You can still sign in with Password + Google + ${company.name}.`);
    await expect(app.dialog.locator('b')).toHaveText(['Password', 'Google', company.name, 'separate, empty account']);
    await app.keepButton.click();
    await page.getByRole('button', { name: 'Select several' }).click();
    await page.getByRole('checkbox', { name: /^Select GitHub/ }).check();
    await expect(page.getByText('1 logins chosen')).toBeVisible();
    const asked = await page.evaluate(() => (window as unknown as { asked: string[] }).asked);
    // A browser names only as much of the tag as it has rules of its own for.
    expect(asked.filter((locale) => !'en-GB'.startsWith(locale))).toEqual([]);
    expect(asked).toContain('en-GB');
  },
);

test('an address from right to left changes nothing around it in the dialog and the notice', async ({
  app,
  page,
  signedIn: _,
}) => {
  const address = 'ليلى@مثال.example';
  await page.route(isManagementUrl, async (route) => {
    if (route.request().method() !== 'GET') {
      await route.fallback();
      return;
    }
    const response = await route.fetch();
    const user = (await response.json()) as { identities: { profileData?: Record<string, unknown> }[] };
    user.identities[1]!.profileData = { email: address, name: 'ليلى الخوارزمي' };
    await route.fulfill({ response, json: user });
  });
  await page.reload();
  await expect(app.rows.nth(1).locator('.avatar')).toHaveText('ل');
  await page.getByRole('button', { name: `Unlink Google, ${address}`, exact: true }).click();
  await expect(app.dialog.getByRole('heading').locator('bdi')).toHaveText(['Google', address]);
  for (const fact of await app.dialog
    .locator('.facts li > span')
    .filter({ has: page.locator('bdi') })
    .all()) {
    expect(inOrder(await placesOf(fact)), await fact.innerText()).toBe(true);
  }
  await app.dialog.getByRole('button', { name: 'Unlink Google' }).click();
  await expect(app.status).toHaveText(`Google (${address}) was unlinked.`);
  await expect(app.status.locator('bdi')).toHaveText(['Google', address]);
  expect(inOrder(await placesOf(app.status))).toBe(true);
});
