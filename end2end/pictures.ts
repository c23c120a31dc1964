import { writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';

import { demoTest } from './fixtures/index.ts';
import { fingerprint, picturePath, recordedFingerprint, scenes, showScene } from './pictures/scenes.ts';

for (const scene of scenes) {
  demoTest(`the picture "${scene.name}"`, async ({ app, hosted, page }) => {
    await showScene(scene, app, hosted);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: picturePath(`${scene.name}-${colorScheme}.png`), animations: 'disabled' });
    }
    const current = await fingerprint(page);
    const upToDate = isDeepStrictEqual(await recordedFingerprint(scene), current);
    console.log(`${scene.name}: the pictures before were ${upToDate ? 'up to date' : 'out of date'}`);
    await writeFile(picturePath(`${scene.name}.json`), `${JSON.stringify(current, null, 2)}\n`);
  });
}
