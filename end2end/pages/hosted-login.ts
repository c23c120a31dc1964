import { expect, type Locator, type Page } from '@playwright/test';

/** The tenant's own login page, and the stand-ins that one reaches from it. */
export class HostedLogin {
  readonly heading: Locator;
  readonly email: Locator;
  readonly password: Locator;
  readonly submit: Locator;
  readonly refusal: Locator;

  constructor(readonly page: Page) {
    this.heading = page.getByRole('heading', { level: 1, name: /^Sign in to / });
    this.email = page.getByLabel('E-mail address');
    this.password = page.getByLabel('Password');
    this.submit = page.getByRole('button', { name: 'Sign in', exact: true });
    this.refusal = page.getByRole('alert');
  }

  async signInAs(email: string, password: string): Promise<void> {
    await expect(this.heading).toBeVisible();
    await this.email.fill(email);
    await this.password.fill(password);
    await this.submit.click();
  }

  /** Signs in once more as somebody whose address stands there already. */
  async signInAgainAs(email: string, password: string): Promise<void> {
    await expect(this.email).toHaveValue(email);
    await this.password.fill(password);
    await this.submit.click();
  }

  /** Goes on to the stand-in for `provider`. */
  async continueWith(provider: string): Promise<StandIn> {
    await this.page.getByRole('link', { name: `Continue with ${provider} demo stand-in`, exact: true }).click();
    const standIn = new StandIn(this.page);
    await expect(standIn.heading).toHaveText(`Stand-in for ${provider}`);
    return standIn;
  }
}

/** A page that answers in a provider's place. */
export class StandIn {
  readonly heading: Locator;
  readonly back: Locator;

  constructor(readonly page: Page) {
    this.heading = page.getByRole('heading', { level: 1 });
    this.back = page.getByRole('link', { name: 'Back to all ways to sign in' });
  }

  /** Signs in as one of the provider's people. */
  async choose(who: string): Promise<void> {
    await this.page.getByRole('button', { name: who }).click();
  }

  /** Signs in as somebody whom the provider did not know before. */
  async be(name: string, email: string): Promise<void> {
    await this.page.getByLabel('Name').fill(name);
    await this.page.getByLabel('E-mail address').fill(email);
    await this.page.getByRole('button', { name: 'Sign in as this person' }).click();
  }
}
