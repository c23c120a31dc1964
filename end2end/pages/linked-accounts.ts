import { expect, type Locator, type Page } from '@playwright/test';

import type { Identity } from '../fixtures/people.ts';

/** The page under test, signed out and signed in. Locators have the names of what they find, actions are verbs. */
export class LinkedAccounts {
  readonly header: Locator;
  readonly heading: Locator;
  readonly signInButton: Locator;
  readonly signOutButton: Locator;
  readonly primaryList: Locator;
  readonly linkedList: Locator;
  readonly linkedHeading: Locator;
  /** The rows of all identities, the primary one first. */
  readonly rows: Locator;
  /** The lists while they are those of the last visit, and the account is being read. */
  readonly busyLists: Locator;
  /** The polite live region, which states the outcome of an action. */
  readonly status: Locator;
  /** What was just done, with the button that undoes it; it has the focus after unlinking. */
  readonly statusNotice: Locator;
  readonly notice: Locator;
  /** The line above the list with the number of ways in. */
  readonly safetyLine: Locator;
  readonly tryAgainButton: Locator;
  readonly signInAgainButton: Locator;
  readonly dialog: Locator;
  readonly keepButton: Locator;
  readonly selectSeveralButton: Locator;
  /** The button that shows all connections of the link section, and the first ones again. */
  readonly showAllButton: Locator;
  /** The bar with the count of selected rows and what can be done with them. */
  readonly selectionBar: Locator;

  constructor(readonly page: Page) {
    this.header = page.getByRole('banner');
    this.heading = page.getByRole('heading', { level: 1 });
    this.signInButton = page.getByRole('button', { name: 'Sign in', exact: true });
    this.signOutButton = page.getByRole('button', { name: 'Sign out' });
    this.primaryList = page.getByRole('list', { name: 'Main login', exact: true });
    this.linkedList = page.getByRole('list', { name: 'Linked logins', exact: true });
    this.linkedHeading = page.getByRole('heading', { level: 2, name: 'Linked logins' });
    this.rows = this.primaryList.or(this.linkedList).locator('> [data-identity]');
    this.busyLists = page.locator('main ul[aria-busy="true"]');
    this.statusNotice = page.getByRole('group', { name: 'Just now' });
    this.status = page.locator('.toast').getByRole('status');
    this.safetyLine = page.locator('.safety[aria-live="polite"]');
    this.notice = page.getByRole('alert');
    this.tryAgainButton = this.notice.getByRole('button', { name: 'Try again' });
    this.signInAgainButton = this.notice.getByRole('button', { name: 'Sign in again' });
    this.dialog = page.getByRole('dialog');
    this.keepButton = this.dialog.getByRole('button', { name: 'Keep it' });
    this.selectSeveralButton = page.getByRole('button', { name: 'Select several' });
    this.showAllButton = page.getByRole('button', { name: /^Show (all \d+|fewer)$/ });
    this.selectionBar = page.getByRole('group', { name: 'Chosen logins' });
  }

  async open(path = '/'): Promise<void> {
    await this.page.goto(path);
  }

  /** Waits until the list is shown as the tenant has answered. */
  async expectList(): Promise<void> {
    await expect(this.linkedHeading).toBeVisible();
    await expect(this.signOutButton).toBeVisible();
    await expect(this.busyLists).toHaveCount(0);
  }

  /** Waits until the page shows that nobody is signed in, and can sign somebody in. */
  async expectSignedOut(): Promise<void> {
    await expect(this.signInButton).toBeEnabled();
    await expect(this.signOutButton).toBeHidden();
  }

  /** Waits until the running page waits for a response. The static shell looks the same before the page runs. */
  async expectLoading(): Promise<void> {
    await expect(this.page.locator('main [aria-busy="true"] + .late')).toBeAttached();
  }

  /** The row of an identity. */
  row(identity: Identity): Locator {
    return this.rows.and(this.page.locator(`[data-identity="${identity.key}"]`));
  }

  /** The Unlink button of a row, whose name says how far it is. */
  unlinkButton({ name, label }: Identity): Locator {
    const button = (words: string) =>
      this.page.getByRole('button', { name: `${words} ${name}, ${label}`, exact: true });
    return button('Unlink').or(button('Unlinking…')).or(button('Waiting…'));
  }

  /** The checkbox of a row, shown while several rows are being selected. */
  checkbox(identity: Identity): Locator {
    return this.page.getByRole('checkbox', { name: `Select ${identity.name} (${identity.label})`, exact: true });
  }

  /** The button that starts linking an identity of this provider; the first four are shown without `showAllButton`. */
  linkButton(provider: string): Locator {
    return this.page.getByRole('button', { name: new RegExp(`^Link ${provider}(, linked already)?$`) });
  }

  /** The summary that opens the details of a row. */
  detailsSummary(identity: Identity): Locator {
    return this.row(identity).locator('.row-details > summary');
  }

  /** The button of the dialog that unlinks the identity. */
  confirmButton(identity: Identity): Locator {
    return this.dialog.getByRole('button', { name: `Unlink ${identity.name}`, exact: true });
  }

  /** Unlinks an identity and confirms the dialog; does not wait for the response. */
  async unlink(identity: Identity): Promise<void> {
    await this.unlinkButton(identity).click();
    await this.confirmButton(identity).click();
  }

  /** Returns the keys of all identities in the order of their rows. */
  async identityKeys(): Promise<string[]> {
    return this.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-identity') ?? ''));
  }

  /** Waits until the list shows exactly these identities, in this order, as the tenant has answered. */
  async expectIdentities(identities: Identity[]): Promise<void> {
    await expect(this.rows).toHaveCount(identities.length);
    await expect(this.busyLists).toHaveCount(0);
    await this.expectRows(identities);
  }

  /** Waits until the list of the last visit is shown, with exactly these identities, while the tenant has not answered. */
  async expectLastList(identities: Identity[]): Promise<void> {
    await this.expectRows(identities);
    await expect(this.busyLists).toHaveCount(2);
  }

  private async expectRows(identities: Identity[]): Promise<void> {
    await expect(this.rows).toHaveCount(identities.length);
    // A navigation ends a reading with an error; the next reading counts.
    const keys = () => this.identityKeys().catch(() => undefined);
    await expect.poll(keys).toEqual(identities.map(({ key }) => key));
  }
}
