import type { Locator, Page } from '@playwright/test';

import { removeStoredList } from '../browser/last-list.ts';
import { expectNoHorizontalScroll, waitForPaint } from '../browser/layout.ts';
import { holdRequests, isManagementUrl } from '../browser/requests.ts';
import { demoTest, expect, PASSWORD, test } from '../fixtures/index.ts';

/** Everything that can be operated, in the order of the document. */
const CONTROLS = 'a[href], button, input, summary, select, textarea, [tabindex="0"]';

/** What a stop of the Tab key looks like. */
interface Stop {
  name: string;
  top: number;
  bottom: number;
  /** Whether it stays at its place when the page scrolls. */
  isFixed: boolean;
  outline: number;
}

/** Presses Tab from the beginning of the page to its end. Returns where it stopped. */
async function tabThrough(page: Page): Promise<Stop[]> {
  const stops: Stop[] = [];
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    window.scrollTo(0, 0);
  });
  for (let press = 0; press < 100; press += 1) {
    await page.keyboard.press('Tab');
    await waitForPaint(page);
    const stop = await page.evaluate(() => {
      const focused = document.activeElement;
      if (!focused || focused === document.body) {
        return null;
      }
      const { top, bottom } = focused.getBoundingClientRect();
      const style = getComputedStyle(focused);
      const isFixed = [...ancestors(focused)].some((element) =>
        ['fixed', 'sticky'].includes(getComputedStyle(element).position),
      );
      function* ancestors(element: Element): Generator<Element> {
        for (let above: Element | null = element; above; above = above.parentElement) {
          yield above;
        }
      }
      return {
        name: focused.getAttribute('aria-label') ?? focused.textContent?.trim() ?? focused.tagName,
        top: top + window.scrollY,
        bottom: bottom + window.scrollY,
        isFixed,
        outline: style.outlineStyle === 'none' ? 0 : Number.parseFloat(style.outlineWidth),
      };
    });
    if (stop === null) {
      return stops;
    }
    stops.push(stop);
  }
  throw new Error('the Tab key does not come to the end of the page');
}

/** The stops that are above the one before them. */
function goingUp(stops: Stop[]): string[] {
  const inFlow = stops.filter(({ isFixed }) => !isFixed);
  return inFlow.filter((stop, index) => index > 0 && stop.bottom <= inFlow[index - 1]!.top).map(({ name }) => name);
}

/** The text that can be seen now. */
function shownText(page: Page): Promise<string> {
  return page.evaluate(() => document.body.innerText);
}

async function openHostedLogin(page: Page, signInButton: Locator): Promise<void> {
  await page.goto('/');
  await signInButton.click();
  await expect(page.getByLabel('Password')).toBeVisible();
}

// WCAG 1.3.2, 2.4.3: keyboard
test('Tab goes down the page in the order on the screen, at every width, and ends', async ({ page, signedIn: _ }) => {
  for (const width of [320, 768, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const stops = await tabThrough(page);
    expect(stops.length).toBeGreaterThan(8);
    expect(goingUp(stops), `at ${width} px`).toEqual([]);
  }
});

// WCAG 2.4.7: keyboard
test('whatever has the focus shows it, in both colour schemes and in forced colours', async ({
  app,
  page,
  signedIn: _,
}) => {
  const expectOutlines = async () => {
    for (const media of [{ colorScheme: 'light' }, { colorScheme: 'dark' }, { forcedColors: 'active' }] as const) {
      await page.emulateMedia(media);
      const stops = await tabThrough(page);
      expect(stops.length).toBeGreaterThan(3);
      expect(stops.filter(({ outline }) => outline < 2).map(({ name }) => name)).toEqual([]);
    }
  };
  await expectOutlines();
  await app.signOutButton.click();
  await app.expectSignedOut();
  await openHostedLogin(page, app.signInButton);
  await expectOutlines();
});

// WCAG 2.1.4: keyboard
test('no key that types a character does anything by itself', async ({ app, page, signedIn: person }) => {
  const google = person.linked[0]!;
  await app.unlinkButton(google).focus();
  const before = await shownText(page);
  for (const key of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789?/.,;:-+*#') {
    await page.keyboard.press(key);
  }
  await waitForPaint(page);
  await expect(app.dialog).toBeHidden();
  await expect(app.unlinkButton(google)).toBeFocused();
  expect(await shownText(page)).toBe(before);
});

// WCAG 3.2.1: keyboard
test('the focus alone begins nothing', async ({ app, context, page, signedIn: _ }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  const url = page.url();
  const before = await shownText(page);
  await tabThrough(page);
  expect(page.url()).toBe(url);
  expect(context.pages()).toHaveLength(1);
  expect(asked).toEqual([]);
  await expect(app.dialog).toBeHidden();
  expect(await shownText(page)).toBe(before);
});

// WCAG 3.2.2: keyboard
test('choosing a login moves neither the focus nor the page', async ({ app, page, signedIn: person }) => {
  const google = person.linked[0]!;
  await app.selectSeveralButton.click();
  const url = page.url();
  await app.checkbox(google).focus();
  await page.keyboard.press('Space');
  await expect(app.checkbox(google)).toBeChecked();
  await expect(app.checkbox(google)).toBeFocused();
  await page.keyboard.press('Space');
  await expect(app.checkbox(google)).not.toBeChecked();
  await expect(app.checkbox(google)).toBeFocused();
  expect(page.url()).toBe(url);
});

// WCAG 3.2.2: keyboard
demoTest('typing on the login page sends nothing before the button is pressed', async ({ app, hosted, page }) => {
  await openHostedLogin(page, app.signInButton);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  const url = page.url();
  await hosted.email.pressSequentially('ada@example.com');
  await hosted.password.pressSequentially('ada-demo');
  await page.keyboard.press('Tab');
  expect(page.url()).toBe(url);
  expect(asked).toEqual([]);
});

// WCAG 1.3.4, 1.4.10: zoom
test('the page works upright and lying, down to 320 by 256 pixels', async ({ app, page, signedIn: person }) => {
  for (const viewport of [
    { width: 360, height: 640 },
    { width: 640, height: 360 },
    { width: 320, height: 256 },
  ]) {
    await page.setViewportSize(viewport);
    await expectNoHorizontalScroll(page);
    await app.unlinkButton(person.linked[0]!).click();
    await expect(app.dialog).toBeVisible();
    await expectNoHorizontalScroll(page);
    await app.keepButton.click();
    await expect(app.dialog).toBeHidden();
  }
});

// WCAG 1.4.12: zoom
test('the spacing that a reader sets cuts off no text', async ({ app, hosted, page, person }) => {
  const space = async () => {
    const spacing = await page.addStyleTag({
      content: `* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
        p { margin-bottom: 2em !important }`,
    });
    await waitForPaint(page);
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      await expectNoHorizontalScroll(page);
      const cut = await page.evaluate(() =>
        [...document.querySelectorAll('body *')]
          .filter((element) => element.clientWidth > 1 && element.clientHeight > 1)
          .filter((element) => {
            const { overflowX, overflowY } = getComputedStyle(element);
            const isCut = (overflow: string) => overflow === 'hidden' || overflow === 'clip';
            return (
              (isCut(overflowX) && element.scrollWidth > element.clientWidth + 1) ||
              (isCut(overflowY) && element.scrollHeight > element.clientHeight + 1)
            );
          })
          .map((element) => element.outerHTML.slice(0, 200)),
      );
      expect(cut, `at ${width} px`).toEqual([]);
    }
    return spacing;
  };
  // The policy of the page forbids styles that the page did not bring, as it should; a reader's own come in past it.
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setBypassCSP', { enabled: true });
  await app.open();
  await app.expectSignedOut();
  await space();
  await app.signInButton.click();
  await expect(hosted.heading).toBeVisible();
  await space();
  await hosted.signIn(person.email, PASSWORD);
  await app.expectList();
  await space();
  await app.unlinkButton(person.linked[0]!).click();
  await expect(app.dialog).toBeVisible();
  await space();
});

// WCAG 1.4.13: pointer
test('nothing appears only because the pointer is over something', async ({ app, page, signedIn: _ }) => {
  await app.selectSeveralButton.click();
  await expect(page.locator('[title]')).toHaveCount(0);
  const before = await shownText(page);
  for (const control of await page.locator(CONTROLS).all()) {
    if (await control.isVisible()) {
      await control.hover({ force: true });
      expect(await shownText(page)).toBe(before);
    }
  }
});

// WCAG 2.5.2: pointer
test('a press that is taken back beside the button does nothing', async ({ app, page, signedIn: person }) => {
  const unlink = app.unlinkButton(person.linked[0]!);
  await unlink.hover();
  await page.mouse.down();
  await expect(app.dialog).toBeHidden();
  await app.heading.hover();
  await page.mouse.up();
  await waitForPaint(page);
  await expect(app.dialog).toBeHidden();
  await unlink.click();
  await expect(app.dialog).toBeVisible();
});

// WCAG 2.5.1, 2.5.4, 2.5.7: pointer
test('the page listens to no gesture, no dragging and no movement of the device', async ({
  app,
  hosted,
  page,
  person,
}) => {
  await page.addInitScript(() => {
    const heard = new Set<string>();
    Object.assign(window, { heard });
    // eslint-disable-next-line @typescript-eslint/unbound-method -- the proxy hands on the receiver
    EventTarget.prototype.addEventListener = new Proxy(EventTarget.prototype.addEventListener, {
      apply(add, target, [type, ...rest]: [string, ...unknown[]]) {
        heard.add(type);
        return Reflect.apply(add, target, [type, ...rest]) as undefined;
      },
    });
  });
  await app.open();
  await app.signInButton.click();
  await hosted.signIn(person.email, PASSWORD);
  await app.expectList();
  await app.unlink(person.linked[0]!);
  await expect(app.status).toHaveText(/was unlinked\.$/);
  const heard = await page.evaluate(() => [...(window as unknown as { heard: Set<string> }).heard]);
  expect(heard).toContain('click');
  expect(heard.filter((type) => /^(touch|gesture|drag|drop|device|wheel)|move$/.test(type))).toEqual([]);
});

/** The length of one round of each animation that runs, in milliseconds, and whether it ends by itself. */
function animations(page: Page): Promise<{ duration: number; isEndless: boolean }[]> {
  return page.evaluate(() =>
    document.getAnimations().map((animation) => {
      const { duration, iterations } = animation.effect!.getComputedTiming();
      return { duration: Number(duration), isEndless: iterations === Infinity };
    }),
  );
}

test.describe('where motion is welcome', () => {
  test.use({ contextOptions: { reducedMotion: 'no-preference' } });

  // WCAG 2.3.1: time
  test('nothing flashes while the page waits', async ({ app, page, signedIn: person }) => {
    await removeStoredList(page);
    await page.route('**/authorize?*', () => {});
    await page.reload({ waitUntil: 'commit' });
    await app.expectLoading();
    const waiting = await animations(page);
    expect(waiting.length).toBeGreaterThan(0);
    // Three flashes a second have rounds of a third of a second.
    expect(waiting.filter(({ duration, isEndless }) => isEndless && duration < 1000 / 3)).toEqual([]);
    await page.unrouteAll();
    await page.reload();
    await app.expectList();
    const release = await holdRequests(page, isManagementUrl);
    await app.unlink(person.linked[0]!);
    await expect(app.row(person.linked[0]!)).toHaveAttribute('aria-busy', 'true');
    const busy = await animations(page);
    expect(busy.filter(({ duration, isEndless }) => isEndless && duration < 1000 / 3)).toEqual([]);
    release();
  });
});

// WCAG 2.2.2, 2.3.1: time
test('nothing moves on and on where motion is unwelcome', async ({ app, page, signedIn: person }) => {
  await removeStoredList(page);
  await page.route('**/authorize?*', () => {});
  await page.reload({ waitUntil: 'commit' });
  await app.expectLoading();
  expect((await animations(page)).filter(({ isEndless }) => isEndless)).toEqual([]);
  await page.unrouteAll();
  await page.reload();
  await app.expectList();
  const release = await holdRequests(page, isManagementUrl);
  await app.unlink(person.linked[0]!);
  await expect(app.row(person.linked[0]!)).toHaveAttribute('aria-busy', 'true');
  expect((await animations(page)).filter(({ isEndless }) => isEndless)).toEqual([]);
  release();
});

/** The contrast between a property of an element and the ground around it. */
async function contrast(element: Locator, property: 'borderTopColor' | 'outlineColor' | 'color'): Promise<number> {
  return element.evaluate((element, property) => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
    /** Draws colours over each other, the lowest first. Returns the relative luminance of what is seen. */
    const luminance = (colours: string[]) => {
      canvas.clearRect(0, 0, 1, 1);
      for (const colour of colours) {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
      }
      const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    };
    const grounds: string[] = [];
    for (let above = element.parentElement; above; above = above.parentElement) {
      grounds.unshift(getComputedStyle(above).backgroundColor);
    }
    const ground = luminance(['white', ...grounds]);
    const mark = luminance(['white', ...grounds, getComputedStyle(element)[property]]);
    return (Math.max(ground, mark) + 0.05) / (Math.min(ground, mark) + 0.05);
  }, property);
}

// WCAG 1.4.11: layout
test('fields, icons and the ring of the focus stand out from their ground', async ({ app, page, signedIn: person }) => {
  const LOW = 3;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const button = app.unlinkButton(person.linked[0]!);
    await button.focus();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Tab');
    await expect(button).toBeFocused();
    expect(await contrast(button, 'outlineColor'), `the ring, ${colorScheme}`).toBeGreaterThanOrEqual(LOW);
  }
  await app.signOutButton.click();
  await app.expectSignedOut();
  await openHostedLogin(page, app.signInButton);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const field of [page.getByLabel('E-mail address'), page.getByLabel('Password')]) {
      await page.getByRole('button', { name: 'Sign in', exact: true }).focus();
      expect(await contrast(field, 'borderTopColor'), `the border, ${colorScheme}`).toBeGreaterThanOrEqual(LOW);
      await field.focus();
      expect(await contrast(field, 'outlineColor'), `the ring, ${colorScheme}`).toBeGreaterThanOrEqual(LOW);
    }
  }
});

// WCAG 2.4.2: text
demoTest('each page and each step has a title of its own', async ({ app, hosted, page }) => {
  const titles: string[] = [];
  const note = async (seen: Locator) => {
    await expect(seen).toBeVisible();
    titles.push(await page.title());
  };
  await page.goto('/nowhere');
  await note(page.getByRole('heading', { name: 'Page not found' }));
  await app.open();
  await note(app.signInButton);
  await app.signInButton.click();
  await note(hosted.heading);
  await page.getByRole('button', { name: 'Sign up' }).click();
  await note(page.getByRole('heading', { level: 1, name: /sign up/i }));
  await page.goBack();
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await note(page.getByRole('button', { name: 'Send the mail' }));
  await page.goBack();
  await hosted.continueWith('LinkedIn');
  await note(page.getByRole('heading', { name: 'Stand-in for LinkedIn' }));
  await page.getByRole('link', { name: 'Back to all ways to sign in' }).click();
  await hosted.signIn('ada@example.com', 'ada-demo');
  await note(app.linkedHeading);
  expect(new Set(titles).size, titles.join(' | ')).toBe(titles.length);
  for (const title of titles) {
    expect(title.length).toBeGreaterThan(8);
  }
});

// WCAG 1.3.5, 3.3.2, 3.3.8: keyboard
demoTest('passwords can be pasted, and filled in by what keeps them', async ({ app, hosted, context, page }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await openHostedLogin(page, app.signInButton);
  await expect(hosted.email).toHaveAttribute('autocomplete', /(^| )(username|email)( |$)/);
  await expect(hosted.password).toHaveAttribute('autocomplete', 'current-password');
  await page.evaluate(() => navigator.clipboard.writeText('ada-demo'));
  await hosted.email.fill('ada@example.com');
  await hosted.password.focus();
  await page.keyboard.press('ControlOrMeta+V');
  await expect(hosted.password).toHaveValue('ada-demo');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await expect(hosted.password).toHaveAttribute('autocomplete', 'new-password');
});

// WCAG 1.3.1, 2.4.6, 4.1.2: tree snapshot
test('the list is headings, lists and buttons that say which login they are about', async ({
  page,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - heading "Your logins" [level=1]
    - heading "Main login" [level=2]
    - list "Main login":
      - listitem: /${person.primary.name}/
    - heading "Linked logins" [level=2]
    - list "Linked logins":
      - listitem:
        - button "Unlink ${google!.name}, ${google!.label}"
      - listitem:
        - button "Unlink ${github!.name}, ${github!.label}"
      - listitem:
        - button "Unlink ${company!.name}, ${company!.label}"
  `);
});

// WCAG 1.3.1, 4.1.2: tree snapshot
test('the dialog has a name, facts and two buttons', async ({ app, page, signedIn: person }) => {
  const github = person.linked[1]!;
  await app.unlinkButton(github).click();
  await expect(page.getByRole('dialog')).toMatchAriaSnapshot(`
    - dialog /Unlink ${github.name}/:
      - heading /Unlink ${github.name}/ [level=2]
      - button "Keep it"
      - button "Unlink ${github.name}"
  `);
});

// WCAG 3.2.3, 3.2.4: tree snapshot
test('the header is the same on each page', async ({ app, hosted, page, person }) => {
  const brand = page.getByRole('banner').getByRole('link').first();
  await app.open();
  await app.expectSignedOut();
  const signedOut = await brand.ariaSnapshot();
  await app.signInButton.click();
  await hosted.signIn(person.email, PASSWORD);
  await app.expectList();
  expect(await brand.ariaSnapshot()).toBe(signedOut);
  await page.goto('/nowhere');
  await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
  expect(await brand.ariaSnapshot()).toBe(signedOut);
});
