import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

import { Builder, By, Capabilities, Key, until, type WebDriver } from 'selenium-webdriver';

import type { Engine, Window } from './engine.ts';

/** Limit for an element to be there, in milliseconds. */
const TIMEOUT = 30_000;

/** WebKitGTK's MiniBrowser, driven by WebDriver on a display that nobody sees. */
export async function startWebKit(driverPath: string, browserPath: string): Promise<Engine> {
  const display = await startDisplay();
  const port = await freePort();
  const driver = spawn(driverPath, [`--port=${port}`], {
    env: { ...process.env, DISPLAY: display.name, WEBKIT_DISABLE_COMPOSITING_MODE: '1' },
    stdio: 'ignore',
  });
  await answers(`http://127.0.0.1:${port}/status`, driver);
  const capabilities = new Capabilities({
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': { binary: browserPath, args: ['--automation'] },
  });
  const browser = await new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(capabilities).build();
  return {
    window: async () => new WebKitWindow(browser, await browser.getWindowHandle()),
    close: async () => {
      await browser.quit();
      driver.kill();
      display.process.kill();
    },
  };
}

class WebKitWindow implements Window {
  constructor(
    private readonly browser: WebDriver,
    private readonly handle: string,
  ) {}

  private async here(): Promise<WebDriver> {
    await this.browser.switchTo().window(this.handle);
    return this.browser;
  }

  private async find(xpath: string) {
    const browser = await this.here();
    const element = await browser.wait(until.elementLocated(By.xpath(xpath)), TIMEOUT);
    return browser.wait(until.elementIsEnabled(await browser.wait(until.elementIsVisible(element), TIMEOUT)), TIMEOUT);
  }

  async goto(url: string): Promise<void> {
    await (await this.here()).get(url);
  }

  async reload(): Promise<void> {
    await (await this.here()).navigate().refresh();
  }

  async evaluate<T>(body: string): Promise<T> {
    return (await this.here()).executeScript<T>(body);
  }

  async click(xpath: string): Promise<void> {
    await (await this.find(xpath)).click();
  }

  async type(xpath: string, text: string): Promise<void> {
    const field = await this.find(xpath);
    await field.clear();
    await field.sendKeys(text);
  }

  async press(key: 'Tab' | 'Enter' | 'Escape'): Promise<void> {
    const codes = { Tab: Key.TAB, Enter: Key.ENTER, Escape: Key.ESCAPE };
    await (await this.here()).actions().sendKeys(codes[key]).perform();
  }

  async openedBy(act: () => Promise<void>): Promise<Window> {
    const before = await (await this.here()).getAllWindowHandles();
    await act();
    const opened = await this.browser.wait(async () => {
      const handles = await this.browser.getAllWindowHandles();
      return handles.find((handle) => !before.includes(handle));
    }, TIMEOUT);
    return new WebKitWindow(this.browser, opened!);
  }
}

/** Starts Xvfb, which chooses a free display and writes its number. */
async function startDisplay(): Promise<{ name: string; process: ChildProcess }> {
  const xvfb = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const number = await new Promise<string>((resolve, reject) => {
    xvfb.once('error', reject);
    xvfb.once('exit', () => reject(new Error('Xvfb ended')));
    xvfb.stdio[3]?.once('data', (line: Buffer) => resolve(line.toString().trim()));
  });
  return { name: `:${number}`, process: xvfb };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Waits until the address is answered. */
async function answers(url: string, process: ChildProcess): Promise<void> {
  while (process.exitCode === null) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    ) {
      return;
    }
  }
  throw new Error(`${process.spawnfile} ended with ${process.exitCode}`);
}
