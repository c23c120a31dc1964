import { expect } from '@playwright/test';

import { PASSWORD, type Person } from '../fixtures/people.ts';
import { button, input, type Window } from './engine.ts';
import { test } from './fixtures.ts';

/** Waits until the page shows the text. */
async function expectText(window: Window, text: string | RegExp): Promise<void> {
  const shown = () => window.evaluate<string>('return document.body?.innerText ?? ""').catch(() => '');
  const poll = expect.poll(shown, { message: `the page shows ${text}` });
  await (typeof text === 'string' ? poll.toContain(text) : poll.toMatch(text));
}

/** Waits until the list has exactly these identities. */
async function expectIdentities(window: Window, keys: string[]): Promise<void> {
  const read = 'return [...document.querySelectorAll("[data-identity]")].map((row) => row.dataset.identity)';
  await expect.poll(() => window.evaluate<string[]>(read).catch(() => [])).toEqual(keys);
}

async function signIn(window: Window, origin: string, person: Person): Promise<void> {
  await window.goto(origin);
  await window.click(button('Sign in'));
  await window.type(input('E-mail address'), person.email);
  await window.type(input('Password'), PASSWORD);
  await window.click(button('Sign in'));
  await expectIdentities(window, keysOf(person));
}

const keysOf = (person: Person) => [person.primary, ...person.linked].map(({ key }) => key);

test('signing in, a reload, unlinking and Undo work', async ({ window, worker, person }) => {
  await signIn(window, worker.pageOrigin, person);
  await window.reload();
  await expectIdentities(window, keysOf(person));

  const [google, github, company] = person.linked;
  await window.click(button(`Unlink ${github!.name}, ${github!.label}`));
  await expectText(window, 'Keep it');
  await window.click(`//dialog${button(`Unlink ${github!.name}`)}`);
  await expectIdentities(window, [person.primary.key, google!.key, company!.key]);
  await expectText(window, 'was unlinked.');

  const standIn = await window.openedBy(() => window.click(button('Undo')));
  await expectText(standIn, 'Stand-in for GitHub');
  await standIn.click(`//button[contains(normalize-space(.), '${github!.label}')]`);
  await expectIdentities(window, [person.primary.key, google!.key, company!.key, github!.key]);
});

test('linking works by the window that the click opens', async ({ window, worker, person }) => {
  await signIn(window, worker.pageOrigin, person);
  const standIn = await window.openedBy(() => window.click(button('Link LinkedIn')));
  await expectText(standIn, 'Stand-in for LinkedIn');
  await standIn.type(input('Name'), 'A new login');
  await standIn.type(input('E-mail address'), `new-${person.email}`);
  await standIn.click(button('Sign in as this person'));
  await expectText(window, 'is linked to this account now.');
  const read = 'return document.querySelectorAll("[data-identity]").length';
  await expect.poll(() => window.evaluate<number>(read)).toBe(5);
});

test('the keyboard alone unlinks', async ({ window, worker, person }) => {
  await signIn(window, worker.pageOrigin, person);
  const google = person.linked[0]!;
  const name = 'return document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? ""';
  const tabTo = async (wanted: string) => {
    for (let press = 0; press < 60; press += 1) {
      if ((await window.evaluate<string>(name)).trim() === wanted) {
        return;
      }
      await window.press('Tab');
    }
    throw new Error(`the Tab key does not come to ${wanted}`);
  };
  await tabTo(`Unlink ${google.name}, ${google.label}`);
  await window.press('Enter');
  await expectText(window, 'Keep it');
  await window.press('Escape');
  await expect
    .poll(() => window.evaluate<boolean>('return document.querySelector("dialog[open]") === null'))
    .toBe(true);
  await tabTo(`Unlink ${google.name}, ${google.label}`);
  await window.press('Enter');
  await tabTo(`Unlink ${google.name}`);
  await window.press('Enter');
  await expectIdentities(
    window,
    keysOf(person).filter((key) => key !== google.key),
  );
});

test('without a connection the list stays readable', async ({ window, worker, person }) => {
  await signIn(window, worker.pageOrigin, person);
  const setOnline = (isOnline: boolean) =>
    window.evaluate(`
          Object.defineProperty(navigator, 'onLine', { configurable: true, get: () => ${isOnline} });
          window.dispatchEvent(new Event('${isOnline ? 'online' : 'offline'}'));`);
  await setOnline(false);
  await expectText(window, 'You are offline.');
  await expectIdentities(window, keysOf(person));
  const disabled = 'return document.querySelectorAll("[data-identity] button[aria-disabled=true]").length';
  await expect.poll(() => window.evaluate<number>(disabled)).toBe(3);
  await setOnline(true);
  await expect.poll(() => window.evaluate<number>(disabled)).toBe(0);
});

test(
  'while the host is away, a reload shows the page with its list, as often as wanted',
  { tag: '@static-host' },
  async ({ window, worker, person }) => {
    await signIn(window, worker.pageOrigin, person);
    const kept = 'return caches.match("/?unused").then(Boolean)';
    await expect.poll(() => window.evaluate<boolean>(kept)).toBe(true);
    await worker.host!.stop();
    for (let visit = 0; visit < 2; visit += 1) {
      await window.reload();
      await expectText(window, 'Linked logins');
      await expectIdentities(window, keysOf(person));
    }
    await worker.host!.listen();
    await window.reload();
    await expectIdentities(window, keysOf(person));
  },
);

test(
  'where the tenant is another site, signing in and unlinking work, and a reload asks again at the most',
  { tag: '@static-host' },
  async ({ window, worker, person }) => {
    // The tenant is `localhost`, the page is on its address: another site, whose cookies the engines keep apart.
    const origin = worker.crossSiteOrigin!;
    await signIn(window, origin, person);
    const google = person.linked[0]!;
    await window.click(button(`Unlink ${google.name}, ${google.label}`));
    await window.click(`//dialog${button(`Unlink ${google.name}`)}`);
    const left = keysOf(person).filter((key) => key !== google.key);
    await expectIdentities(window, left);
    await window.reload();
    // The list of the last visit is shown first, then the page may leave for the tenant and come back.
    const signedOut =
      'return [...document.querySelectorAll("main button")].some((button) => button.textContent.trim() === "Sign in")';
    const answered =
      'return document.querySelector("main [data-identity]") !== null && !document.querySelector("main ul[aria-busy=true]")';
    const look = async () => {
      if (await window.evaluate<boolean>(signedOut)) {
        await window.click(button('Sign in'));
      }
      return window.evaluate<boolean>(answered);
    };
    // A navigation ends a reading with an error; the next reading counts.
    await expect.poll(() => look().catch(() => false)).toBe(true);
    await expectIdentities(window, left);
  },
);
