import puppeteer, { type Page } from 'puppeteer-core';

import type { Engine, Window } from './engine.ts';

/** Firefox, driven by WebDriver BiDi. */
export async function startFirefox(executablePath: string): Promise<Engine> {
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath, headless: true });
  return {
    window: async () => {
      // Only a window in front has the focus, without which keys press no buttons.
      const page = await browser.newPage();
      await page.bringToFront();
      return new FirefoxWindow(page);
    },
    close: () => browser.close(),
  };
}

class FirefoxWindow implements Window {
  constructor(private readonly page: Page) {}

  async goto(url: string): Promise<void> {
    await this.page.goto(url);
  }

  async reload(): Promise<void> {
    await this.page.reload();
  }

  async evaluate<T>(body: string): Promise<T> {
    return (await this.page.evaluate(`(() => { ${body} })()`)) as T;
  }

  async click(xpath: string): Promise<void> {
    await this.page.locator(`::-p-xpath(${xpath})`).click();
  }

  async type(xpath: string, text: string): Promise<void> {
    await this.page.locator(`::-p-xpath(${xpath})`).fill(text);
  }

  async press(key: 'Tab' | 'Enter' | 'Escape'): Promise<void> {
    await this.page.keyboard.press(key);
  }

  async openedBy(act: () => Promise<void>): Promise<Window> {
    const opened = new Promise<Page | null>((resolve) => this.page.once('popup', resolve));
    await act();
    return new FirefoxWindow((await opened)!);
  }
}
