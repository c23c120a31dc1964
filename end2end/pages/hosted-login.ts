import { expect, type Locator, type Page } from '@playwright/test';

/** The tenant's login page, and the stand-ins that it links to. */
export class HostedLogin {
  readonly heading: Locator;
  readonly email: Locator;
  readonly password: Locator;
  readonly submitButton: Locator;
  readonly error: Locator;

  constructor(readonly page: Page) {
    this.heading = page.getByRole('heading', { level: 1, name: /^(Sign in|Confirm it's you) / });
    this.email = page.getByLabel('E-mail address');
    this.password = page.getByLabel('Password');
    this.submitButton = page.getByRole('button', { name: 'Sign in', exact: true });
    this.error = page.getByRole('alert');
  }

  async signIn(email: string, password: string): Promise<void> {
    await expect(this.heading).toBeVisible();
    await this.email.fill(email);
    await this.password.fill(password);
    await this.submitButton.click();
  }

  /** Signs in again on a login page that is filled in with `email` already. */
  async reauthenticate(email: string, password: string): Promise<void> {
    await expect(this.email).toHaveValue(email);
    await this.password.fill(password);
    await this.submitButton.click();
  }

  /** Follows the link to the stand-in for `provider`. */
  async continueWith(provider: string): Promise<StandIn> {
    await this.page.getByRole('link', { name: `Continue with ${provider} demo stand-in`, exact: true }).click();
    const standIn = new StandIn(this.page);
    await expect(standIn.heading).toHaveText(`Stand-in for ${provider}`);
    return standIn;
  }
}

/** A page of the tenant that takes the place of a provider's login page. */
export class StandIn {
  readonly heading: Locator;
  readonly backLink: Locator;

  constructor(readonly page: Page) {
    this.heading = page.getByRole('heading', { level: 1 });
    this.backLink = page.getByRole('link', { name: 'Back to all ways to sign in' });
  }

  /** Signs in as the listed user that `label` names. */
  async chooseUser(label: string): Promise<void> {
    await this.page.getByRole('button', { name: label }).click();
  }

  /** Signs in as a user whom the provider did not know before. */
  async signInAsNewUser(name: string, email: string): Promise<void> {
    await this.page.getByLabel('Name').fill(name);
    await this.page.getByLabel('E-mail address').fill(email);
    await this.page.getByRole('button', { name: 'Sign in as this person' }).click();
  }
}
