import { demoTest, expect } from '../fixtures/index.ts';
import { fingerprint, recordedFingerprint, scenes, showScene } from '../pictures/scenes.ts';

for (const scene of scenes) {
  demoTest(`the README's picture "${scene.name}" shows today's page`, async ({ app, hosted, page }) => {
    await showScene(scene, app, hosted);
    expect(
      await recordedFingerprint(scene),
      `end2end/pictures/${scene.name}-*.png are out of date; run \`npm run pictures\` in end2end`,
    ).toEqual(await fingerprint(page));
  });
}
