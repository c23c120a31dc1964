import type { Page } from '@playwright/test';

/**
 * Translates a page from now on as Chromium and Google's service do: every text node, also of what comes later, is
 * replaced by two nested `font` elements with the translation, and what says `translate="no"` stays. The language has
 * the words of English, in capitals.
 */
export async function translate(page: Page): Promise<void> {
  await page.evaluate(() => {
    const skipped = 'script, style, [translate="no"], .notranslate, font[data-translated]';
    const font = (): HTMLElement => {
      const element = document.createElement('font');
      element.dataset.translated = '';
      element.style.verticalAlign = 'inherit';
      return element;
    };
    const translateText = (text: Text): void => {
      if (text.data.trim() === '' || text.parentElement?.closest(skipped)) {
        return;
      }
      const [outer, inner] = [font(), font()];
      inner.textContent = text.data.toUpperCase();
      outer.append(inner);
      text.replaceWith(outer);
    };
    const translateTree = (root: Node): void => {
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      const texts: Text[] = root instanceof Text ? [root] : [];
      while (walker.nextNode()) {
        texts.push(walker.currentNode as Text);
      }
      texts.forEach(translateText);
    };
    translateTree(document.body);
    new MutationObserver((mutations) => {
      for (const { target, type, addedNodes } of mutations) {
        (type === 'characterData' ? [target] : [...addedNodes])
          .filter((node) => node.isConnected)
          .forEach(translateTree);
      }
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
  });
}
