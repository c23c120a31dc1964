import { expect, type Locator, type Page } from '@playwright/test';

import type { Login } from '../fixtures/people.ts';

/** The page under test, signed out and signed in. */
export class LinkedAccounts {
  readonly header: Locator;
  readonly heading: Locator;
  readonly signIn: Locator;
  readonly signOut: Locator;
  readonly mainLogin: Locator;
  readonly linkedLogins: Locator;
  readonly linkedHeading: Locator;
  /** Every login, the main one first. */
  readonly rows: Locator;
  /** The polite live region. */
  readonly status: Locator;
  readonly notice: Locator;
  readonly tryAgain: Locator;
  readonly signInAgain: Locator;
  readonly dialog: Locator;
  readonly keepIt: Locator;
  readonly selectSeveral: Locator;
  /** What is chosen, and what can be done with it. */
  readonly chosen: Locator;

  constructor(readonly page: Page) {
    this.header = page.getByRole('banner');
    this.heading = page.getByRole('heading', { level: 1 });
    this.signIn = page.getByRole('button', { name: 'Sign in', exact: true });
    this.signOut = page.getByRole('button', { name: 'Sign out' });
    this.mainLogin = page.getByRole('list', { name: 'Main login', exact: true });
    this.linkedLogins = page.getByRole('list', { name: 'Linked logins', exact: true });
    this.linkedHeading = page.getByRole('heading', { level: 2, name: 'Linked logins' });
    this.rows = this.mainLogin.or(this.linkedLogins).locator('> [data-identity]');
    this.status = page.locator('.toast').getByRole('status');
    this.notice = page.getByRole('alert');
    this.tryAgain = this.notice.getByRole('button', { name: 'Try again' });
    this.signInAgain = this.notice.getByRole('button', { name: 'Sign in again' });
    this.dialog = page.getByRole('dialog');
    this.keepIt = this.dialog.getByRole('button', { name: 'Keep it' });
    this.selectSeveral = page.getByRole('button', { name: 'Select several' });
    this.chosen = page.getByRole('group', { name: 'Chosen logins' });
  }

  async open(path = '/'): Promise<void> {
    await this.page.goto(path);
  }

  /** Waits until the list is there, wherever the person was going. */
  async showsTheList(): Promise<void> {
    await expect(this.linkedHeading).toBeVisible();
    await expect(this.signOut).toBeVisible();
  }

  /** Waits until nobody is signed in. */
  async showsTheWayIn(): Promise<void> {
    await expect(this.signIn).toBeEnabled();
    await expect(this.signOut).toBeHidden();
  }

  /** Waits until the page itself waits for an answer: the shell looks the same before it runs. */
  async showsThatItWaits(): Promise<void> {
    await expect(this.page.locator('main [aria-busy="true"] + .late')).toBeAttached();
  }

  row(login: Login): Locator {
    return this.rows.and(this.page.locator(`[data-identity="${login.key}"]`));
  }

  /** The Unlink button of a row. */
  unlink(login: Login): Locator {
    return this.page.getByRole('button', { name: `Unlink ${login.name}, ${login.who}`, exact: true });
  }

  /** The checkbox of a row, while several are chosen. */
  box(login: Login): Locator {
    return this.page.getByRole('checkbox', { name: `Select ${login.name} (${login.who})`, exact: true });
  }

  /** The button that links a login of this provider. */
  link(provider: string): Locator {
    return this.page.getByRole('button', { name: `Link ${provider}`, exact: true });
  }

  /** The dialog's button that does it. */
  confirm(login: Login): Locator {
    return this.dialog.getByRole('button', { name: `Unlink ${login.name}`, exact: true });
  }

  /** Unlinks and confirms; does not wait for the answer. */
  async unlinks(login: Login): Promise<void> {
    await this.unlink(login).click();
    await this.confirm(login).click();
  }

  /** The keys of all logins in their order. */
  async keys(): Promise<string[]> {
    return this.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-identity') ?? ''));
  }

  /** Waits until exactly these logins are shown, in this order. */
  async shows(logins: Login[]): Promise<void> {
    await expect.poll(() => this.keys()).toEqual(logins.map(({ key }) => key));
  }
}
