import type { Locator, Page } from '@playwright/test';

import { isManagementUrl } from '../browser/requests.ts';
import { overrideSettings, withPasswordsClosed } from '../browser/settings.ts';
import { demoTest, expect, test } from '../fixtures/index.ts';
import { openStandInPopup } from '../pages/linking.ts';

// A person's own colours replace those of a page (`forced-colors: active`). What a colour alone has said must be said by an
// outline or by a system colour then.
test.use({ contextOptions: { reducedMotion: 'reduce', forcedColors: 'active' } });

/** Returns the system colours of the page as the browser computes them. */
const systemColours = (page: Page, ...names: string[]): Promise<string[]> =>
  page.evaluate((names) => {
    const probe = document.body.appendChild(document.createElement('i'));
    const colours = names.map((name) => {
      probe.style.color = name;
      return getComputedStyle(probe).color;
    });
    probe.remove();
    return colours;
  }, names);

/** Fails unless every mark and icon in `where` is drawn in the colour of the text beside it, and in no other. */
async function expectMarksInOneColour(where: Locator): Promise<void> {
  const wrong = await where.locator('svg:visible').evaluateAll((marks) =>
    marks.flatMap((mark) => {
      const [own, around] = [getComputedStyle(mark), getComputedStyle(mark.parentElement!)];
      const ownMark = own.getPropertyValue('--mark').trim();
      const isInside = own.color === around.color && ownMark === 'currentColor';
      return isInside ? [] : [`${mark.outerHTML}: ${own.color} in ${around.color}, ${ownMark}`];
    }),
  );
  expect(wrong).toEqual([]);
  expect(await where.locator('svg:visible').count()).toBeGreaterThan(3);
}

/** Fails unless `what` has an outline on every side. */
async function expectBordered(what: Locator): Promise<void> {
  await expect(what.first()).toBeVisible();
  for (const one of await what.all()) {
    const widths = await one.evaluate((element) => {
      const { borderTopWidth, borderRightWidth, borderBottomWidth, borderLeftWidth } = getComputedStyle(element);
      return [borderTopWidth, borderRightWidth, borderBottomWidth, borderLeftWidth].map(Number.parseFloat);
    });
    expect(Math.min(...widths), await one.evaluate((element) => element.outerHTML)).toBeGreaterThan(0);
  }
}

// WCAG 1.4.1, 1.4.11, 2.4.7: forced colours
test('marks are in one colour, badges and cards have outlines, and the focus is in the colour for that', async ({
  app,
  page,
  signedIn: _,
}) => {
  await app.showAllButton.click();
  await expectMarksInOneColour(page.locator('body'));
  await expectBordered(page.locator('.badge, .card, .tile, .avatar, .button'));
  const [highlight] = await systemColours(page, 'Highlight');
  await app.selectSeveralButton.focus();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  await expect(app.selectSeveralButton).toBeFocused();
  await expect(app.selectSeveralButton).toHaveCSS('outline-color', highlight!);
  await expect(app.selectSeveralButton).toHaveCSS('outline-style', 'solid');
});

// WCAG 1.4.1, 1.4.11: forced colours
test('what is disabled looks so, marks and boxes too', async ({ app, context, page, signedIn: person }) => {
  const [google, github, company] = person.linked;
  await overrideSettings(page, withPasswordsClosed);
  await page.reload();
  await app.expectList();
  const [gray, text] = await systemColours(page, 'GrayText', 'ButtonText');
  expect(gray).not.toBe(text);
  await expect(app.unlinkButton(google!)).toHaveCSS('color', text!);

  await app.selectSeveralButton.click();
  await app.checkbox(google!).check();
  await app.checkbox(github!).check();
  await expect(app.checkbox(company!)).toHaveCSS('border-top-color', gray!);
  await expect(app.checkbox(company!)).toHaveCSS('opacity', '1');
  await page.keyboard.press('Escape');

  await context.setOffline(true);
  await expect(page.getByText('You are offline.')).toBeVisible();
  for (const button of [app.unlinkButton(google!), app.linkButton('Facebook')]) {
    await expect(button).toHaveCSS('color', gray!);
    await expect(button).toHaveCSS('border-top-color', gray!);
  }
  await expect(app.linkButton('Facebook').locator('svg')).toHaveCSS('color', gray!);
  await expectMarksInOneColour(page.locator('body'));
  await context.setOffline(false);
});

// WCAG 1.4.1, 1.4.11, 2.4.7: forced colours
test('the dialog, the notice and a failure have outlines', async ({ app, page, signedIn: person, consoleGuard }) => {
  consoleGuard.expectStatus(500);
  const [highlight] = await systemColours(page, 'Highlight');
  await app.unlinkButton(person.linked[0]!).click();
  await expectBordered(app.dialog);
  await expectMarksInOneColour(app.dialog);
  await expect(app.keepButton).toBeFocused();
  await expect(app.keepButton).toHaveCSS('outline-color', highlight!);
  await app.confirmButton(person.linked[0]!).click();
  await expectBordered(app.statusNotice);
  await page.route(isManagementUrl, (route) => route.fulfill({ status: 500 }));
  await app.unlink(person.linked[1]!);
  await expectBordered(app.notice);
  await expect(app.notice).toHaveCSS('border-top-width', '3px');
});

// WCAG 1.4.1, 1.4.11: forced colours
test('the other account, the dialog before merging and what is chosen in it can be told apart', async ({
  app,
  page,
  worker,
  signedIn: _,
}) => {
  const other = worker.claimPerson('withStandInLogins');
  await page.route(/\/api\/v2\/users\/auth0/, async (route) => {
    const response = await route.fetch();
    const user = (await response.json()) as Record<string, unknown>;
    await route.fulfill({ response, json: { ...user, user_metadata: { theme: 'dark' } } });
  });
  await (await openStandInPopup(page, () => app.linkButton('Facebook').click())).chooseUser(other.linked[0]!.label);
  await page.getByRole('button', { name: 'Merge both' }).click();
  await expectBordered(app.dialog);
  await expectBordered(app.dialog.locator('.side, .button, .tile'));
  await expectMarksInOneColour(app.dialog);
});

// WCAG 1.4.1, 1.4.11, 2.4.7: forced colours
demoTest('the hosted pages keep marks, outlines and the focus', async ({ app, hosted, page }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await app.open();
  await app.signInButton.click();
  await expect(hosted.heading).toBeVisible();
  await expectMarksInOneColour(page.locator('body'));
  await expectBordered(page.locator('.card, .button'));
  const [highlight] = await systemColours(page, 'Highlight');
  await page.keyboard.press('Tab');
  await expect(hosted.password).toBeFocused();
  await expect(hosted.password).toHaveCSS('outline-color', highlight!);
  await hosted.continueWith('Google');
  await expectBordered(page.locator('.initials, .notice'));
  await expect(page.locator('.people')).toHaveCSS('background-image', 'none');
});

for (const colorScheme of ['light', 'dark'] as const) {
  // WCAG 1.4.3, 1.4.11: layout
  test(`whoever asks for more contrast gets 7 to 1 for text and outlines that are seen, in ${colorScheme}`, async ({
    page,
    signedIn: _,
  }) => {
    await page.emulateMedia({ forcedColors: 'none', contrast: 'more', colorScheme });
    const ratios = await page.evaluate(() => {
      const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
      const style = getComputedStyle(document.documentElement);
      const probe = document.body.appendChild(document.createElement('i'));
      const luminance = (token: string) => {
        probe.style.color = `var(${token})`;
        canvas.fillStyle = getComputedStyle(probe).color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
          const part = value / 255;
          return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
      };
      const ratio = (one: string, other: string) => {
        const [dark, light] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
        return (light! + 0.05) / (dark! + 0.05);
      };
      const grounds = ['--ground', '--surface', '--raised'];
      const pairs = [
        ...['--ink', '--ink-2', '--accent', '--danger', '--ok'].flatMap((ink) =>
          grounds.map((ground) => [ink, ground, 7]),
        ),
        ['--on-accent', '--accent', 7],
        ['--on-danger', '--danger', 7],
        ['--accent', '--accent-ground', 7],
        ['--danger', '--danger-ground', 7],
        ['--ok', '--ok-ground', 7],
        ...grounds.map((ground) => ['--line', ground, 3]),
      ] as [string, string, number][];
      return pairs
        .map(([one, other, least]) => ({
          one,
          other,
          least,
          ratio: ratio(one, other),
          value: style.getPropertyValue(one),
        }))
        .filter(({ ratio, least }) => ratio < least);
    });
    expect(ratios).toEqual([]);
  });
}
