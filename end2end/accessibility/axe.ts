import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';

import { AXE_RULE, criterionOfTag } from './criteria.ts';

/** Rules that axe leaves out unless it is asked for them. */
const FURTHER_RULES = [
  'css-orientation-lock',
  'focus-order-semantics',
  'label-content-name-mismatch',
  'p-as-heading',
  'target-size',
];

/**
 * Runs axe on the page in the light and in the dark colour scheme. Annotates the test with the rules that passed, from
 * which the report on accessibility is made.
 */
export async function expectAccessible(page: Page): Promise<void> {
  const passed = new Set<string>();
  const rules = Object.fromEntries(FURTHER_RULES.map((rule) => [rule, { enabled: true }]));
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations, passes } = await new AxeBuilder({ page }).options({ rules }).analyze();
    const findings = violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
    );
    expect(findings, `in ${colorScheme}`).toEqual([]);
    expect(passes.length, 'axe checked the page').toBeGreaterThan(10);
    for (const { id, tags } of passes) {
      for (const criterion of tags.map(criterionOfTag)) {
        if (criterion) {
          passed.add(`${criterion} ${id}`);
        }
      }
    }
  }
  const media = page.locator('audio, video, object, embed, canvas, marquee');
  await expect(media, 'there is no audio and no video').toHaveCount(0);
  for (const description of passed) {
    test.info().annotations.push({ type: AXE_RULE, description });
  }
}
