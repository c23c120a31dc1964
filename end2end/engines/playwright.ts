import { type Browser, type BrowserType, type Page } from '@playwright/test';

import type { Engine, Window } from './engine.ts';

/** An engine in Playwright's own build. */
export async function startPlaywright(type: BrowserType): Promise<Engine> {
  const browser: Browser = await type.launch();
  return {
    window: async () => new PlaywrightWindow(await browser.newPage()),
    close: () => browser.close(),
  };
}

class PlaywrightWindow implements Window {
  constructor(private readonly page: Page) {}

  async goto(url: string): Promise<void> {
    await this.page.goto(url);
  }

  async reload(): Promise<void> {
    await this.page.reload();
  }

  async evaluate<T>(body: string): Promise<T> {
    return this.page.evaluate(`(() => { ${body} })()`);
  }

  async click(xpath: string): Promise<void> {
    await this.page.locator(`xpath=${xpath}`).click();
  }

  async type(xpath: string, text: string): Promise<void> {
    await this.page.locator(`xpath=${xpath}`).fill(text);
  }

  async press(key: 'Tab' | 'Enter' | 'Escape'): Promise<void> {
    await this.page.keyboard.press(key);
  }

  async openedBy(act: () => Promise<void>): Promise<Window> {
    const opened = this.page.waitForEvent('popup');
    await act();
    return new PlaywrightWindow(await opened);
  }
}
