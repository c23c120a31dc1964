import type { Page } from '@playwright/test';

import { expectNoHorizontalScroll } from '../browser/layout.ts';
import { isManagementUrl } from '../browser/requests.ts';
import { demoTest, expect, test } from '../fixtures/index.ts';
import { HostedLogin } from '../pages/hosted-login.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';
import { linkNewIdentity, openStandInPopup, overrideMetadata, uniqueEmail } from '../pages/linking.ts';

test.use({ settings: { undoSeconds: 0 } });

/** Text twice as large on a phone, and a page at 400 per cent on a screen of 1280 by 1024. */
const SIZES = [
  { what: 'with text at 200 % on 360 px', fontSize: '200%', width: 360, height: 740 },
  { what: 'at 400 %', fontSize: '', width: 320, height: 256 },
];

/** A size without a popup would be narrow: linking then goes by redirects. */
const WIDE = { width: 1280, height: 800 };

/** Fails when anything in the page is cut off or reaches beyond the edge, at every size of `SIZES`. */
async function expectWhole(page: Page): Promise<void> {
  for (const { what, fontSize, width, height } of SIZES) {
    await page.setViewportSize({ width, height });
    await page.evaluate((fontSize) => document.documentElement.style.setProperty('font-size', fontSize), fontSize);
    await expectNoHorizontalScroll(page);
    const cut = await page.evaluate(() => {
      const edge = document.documentElement.clientWidth;
      const described = (element: Element) => `${element.outerHTML.slice(0, 120)}`;
      return [...document.querySelectorAll<HTMLElement>('body *')].flatMap((element) => {
        const { left, right, width } = element.getBoundingClientRect();
        // What is out of sight on purpose; a field scrolls its own value; a box of its own size hangs over its cell.
        if (width === 0 || element.closest('.visually-hidden, .skip') || element.matches('input, .act, .choose')) {
          return [];
        }
        const isOut = right > edge + 1 || left < -1;
        const clips = !['visible', 'auto', 'scroll'].includes(getComputedStyle(element).overflowX);
        const isCut = clips && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
        return isOut || isCut ? [described(element)] : [];
      });
    });
    expect(cut, what).toEqual([]);
  }
  await page.setViewportSize(WIDE);
  await page.evaluate(() => document.documentElement.style.removeProperty('font-size'));
}

/** Returns the lines that the text of every name and address in the page stands on, where there are several. */
async function brokenNames(page: Page): Promise<string[][]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('bdi')].flatMap((name) => {
      const lines: { top: number; text: string }[] = [];
      const walker = document.createTreeWalker(name, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (let place = 0; place < node.textContent!.length; place += 1) {
          const range = document.createRange();
          range.setStart(node, place);
          range.setEnd(node, place + 1);
          const rects = range.getClientRects();
          const box = rects[rects.length - 1];
          if (box && box.height > 0) {
            const line = lines.at(-1);
            if (line && Math.abs(line.top - box.top) < box.height / 2) {
              line.text += node.textContent![place];
            } else {
              lines.push({ top: box.top, text: node.textContent![place]! });
            }
          }
        }
      }
      return lines.length > 1 ? [lines.map(({ text }) => text)] : [];
    }),
  );
}

/** The most letters of one piece of a name that fit into a line of the narrowest place that has names. */
const FITTING = 13;

/**
 * Whether a line of a name ends at one of its own places, or there is none before the next `FITTING` letters. Where the
 * sign in an address has no room, it begins the next line.
 */
const isOwnPlace = (line: string, next: string): boolean =>
  /[\s@_+/|:-]$/.test(line) ||
  /^[\s.@]/.test(next) ||
  (/^[^\s@._+/|:-]*$/.test(line + next) && (line + next).length > FITTING);

/** Fails when a name or an address is broken anywhere but at its own places, with text twice as large. */
async function expectNamesBreakAtTheirPlaces(page: Page): Promise<void> {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
  const names = await brokenNames(page);
  const wrong = names.filter((lines) => lines.some((line, at) => at > 0 && !isOwnPlace(lines[at - 1]!, line)));
  expect(wrong).toEqual([]);
  expect(names.length, 'addresses are longer than a line').toBeGreaterThan(0);
  await page.setViewportSize(WIDE);
  await page.evaluate(() => document.documentElement.style.removeProperty('font-size'));
}

// WCAG 1.4.4, 1.4.10: zoom
test('the list, its details, the dialog, the notice and a failure are whole, and addresses break at their places', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(500);
  await app.detailsSummary(person.linked[0]!).click();
  await app.showAllButton.click();
  await expectWhole(page);
  await expectNamesBreakAtTheirPlaces(page);
  await app.unlinkButton(person.linked[0]!).click();
  await expectWhole(page);
  await expectNamesBreakAtTheirPlaces(page);
  await app.confirmButton(person.linked[0]!).click();
  await expect(app.statusNotice).toBeVisible();
  await expectWhole(page);
  await expectNamesBreakAtTheirPlaces(page);
  await page.route(isManagementUrl, (route) => route.fulfill({ status: 500, body: 'upstream/'.repeat(40) }));
  await app.unlink(person.linked[1]!);
  await app.notice.getByText('Technical details').click();
  await expectWhole(page);
});

// WCAG 1.4.4, 1.4.10: zoom
test('the buttons that link go to one column, and none is cut', async ({ app, page, signedIn: _ }) => {
  await app.showAllButton.click();
  for (const { fontSize, width, height } of SIZES.slice(0, 1)) {
    await page.setViewportSize({ width, height });
    await page.evaluate((fontSize) => document.documentElement.style.setProperty('font-size', fontSize), fontSize);
    const lefts = await page
      .locator('.connect:visible')
      .evaluateAll((buttons) => buttons.map((button) => button.getBoundingClientRect().left));
    expect(lefts.length).toBeGreaterThan(8);
    expect(new Set(lefts).size).toBe(1);
  }
});

// WCAG 1.4.4, 1.4.10, 2.4.11: zoom
test('selecting several is whole, and its bar does not cover the list', async ({ app, page, signedIn: person }) => {
  await app.selectSeveralButton.click();
  await app.checkbox(person.linked[0]!).check();
  await app.checkbox(person.linked[1]!).check();
  await expectWhole(page);
  for (const { fontSize, width, height } of SIZES) {
    await page.setViewportSize({ width, height });
    await page.evaluate((fontSize) => document.documentElement.style.setProperty('font-size', fontSize), fontSize);
    await expect(app.selectionBar).toHaveCSS('position', 'static');
  }
});

// WCAG 1.4.4, 1.4.10: zoom
test('another account and the dialogs before it is deleted are whole', async ({ app, page, worker, signedIn: _ }) => {
  const other = worker.claimPerson('withStandInLogins');
  await (await openStandInPopup(page, () => app.linkButton('Facebook').click())).chooseUser(other.linked[0]!.label);
  await expect(page.getByRole('button', { name: 'Move it here' })).toBeVisible();
  await expectWhole(page);
  await expectNamesBreakAtTheirPlaces(page);
  await page.getByRole('button', { name: 'Merge both' }).click();
  await expect(app.dialog).toBeVisible();
  await expectWhole(page);
  await expectNamesBreakAtTheirPlaces(page);
});

// WCAG 1.4.4, 1.4.10: zoom
test('the choice of details is whole', async ({ app, page, signedIn: person }) => {
  await overrideMetadata(page, { theme: 'dark', newsletter: true });
  await linkNewIdentity(app, page, uniqueEmail(person, 'large'));
  await expect(app.dialog).toBeVisible();
  await expectWhole(page);
});

// WCAG 1.4.4, 1.4.10: zoom
test('a window that is open, a pause and a lost connection are whole', async ({
  app,
  context,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(503);
  const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').click());
  await expect(page.getByText('Go on in the window that opened.')).toBeVisible();
  await expectWhole(page);
  await standIn.page.close();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.route(isManagementUrl, (route) => route.fulfill({ status: 503, headers: { 'retry-after': '280' } }));
  await app.unlink(person.linked[0]!);
  await expect(page.getByRole('timer')).toBeVisible();
  await expectWhole(page);
  await page.getByRole('button', { name: 'Stop' }).click();
  await context.setOffline(true);
  await expect(page.getByText('You are offline.')).toBeVisible();
  await expectWhole(page);
  await context.setOffline(false);
});

// WCAG 1.4.4, 1.4.10: zoom
demoTest(
  'the way in and the hosted pages are whole, and addresses break at their places',
  async ({ app, hosted, page, consoleGuard }) => {
    consoleGuard.expectStatus(401);
    await app.open();
    await app.expectSignedOut();
    await expectWhole(page);
    await app.signInButton.click();
    await hosted.signIn('ada@example.com', 'wrong');
    await expect(hosted.error).toBeVisible();
    await expectWhole(page);
    await expectNamesBreakAtTheirPlaces(page);
    await page.getByRole('button', { name: 'Forgot your password?' }).click();
    await hosted.email.fill('nobody.with-a-long-address@mail.example.net');
    await page.getByRole('button', { name: 'Send the mail' }).click();
    await expect(page.getByRole('status')).toContainText('a mail with a link is on its way');
    await expectWhole(page);
    await expectNamesBreakAtTheirPlaces(page);
  },
);

// WCAG 1.4.4, 1.4.10: zoom
demoTest('a stand-in is whole, and addresses break at their places', async ({ app, hosted, page }) => {
  await app.open();
  await app.signInButton.click();
  await hosted.continueWith('Google');
  await expectWhole(page);
  await expectNamesBreakAtTheirPlaces(page);
});

for (const [who, domain] of [
  ['grace', 'example.com'],
  ['layla', 'example.net'],
  ['hubert', 'example.com'],
] as const) {
  // WCAG 1.4.4, 1.4.10: zoom
  demoTest(`the list of ${who} is whole, however long the names`, async ({ page }) => {
    const [app, hosted] = [new LinkedAccounts(page), new HostedLogin(page)];
    await app.open();
    await app.signInButton.click();
    await hosted.signIn(`${who}@${domain}`, `${who}-demo`);
    await app.expectList();
    await expectWhole(page);
  });
}
