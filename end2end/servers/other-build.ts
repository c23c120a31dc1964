import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { siteFolder } from './build.ts';

/** A copy of the site as another build of it would be: its script has another name, and so whatever names it is another one. */
export class OtherBuild {
  private constructor(
    readonly folder: string,
    /** The path of the script. */
    readonly script: string,
  ) {}

  static async make(): Promise<OtherBuild> {
    const folder = await mkdtemp(join(tmpdir(), 'linked-accounts-site-'));
    await cp(siteFolder, folder, { recursive: true });
    const name = (await readdir(folder)).find((file) => /^app-[0-9a-f]{16}\.js$/.test(file))!;
    const other = 'app-0123456789abcdef.js';
    await rename(join(folder, name), join(folder, other));
    const inline = /<script type="module">(.*?)<\/script>/s;
    const hash = (page: string) => `sha256-${createHash('sha256').update(inline.exec(page)![1]!).digest('base64')}`;
    const read = (file: string) => readFile(join(folder, file), 'utf8');
    const [page, policy] = await Promise.all([read('index.html'), read('csp.txt')]);
    const otherPage = page.replaceAll(name, other);
    await writeFile(join(folder, 'index.html'), otherPage);
    await writeFile(join(folder, 'csp.txt'), policy.replace(hash(page), hash(otherPage)));
    return new OtherBuild(folder, `/${other}`);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
