import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Path of the server's binary. */
export const serverBinary = process.env.LINKED_ACCOUNTS_SERVER || join(root, 'target/debug/linked-accounts');
/** Folder of the built page. */
export const siteFolder = process.env.LINKED_ACCOUNTS_SITE || join(root, 'target/site');
/** Path of the demo tenant's users, which the server seeds. */
export const demoUsers = join(root, 'src/server/demo/users.json');

/** Playwright's global setup: reports what is not built, before any test fails because of it. */
export default function checkBuild(): void {
  const missing = [
    existsSync(serverBinary) ? [] : `${serverBinary} is missing: run \`cargo build -p server\``,
    existsSync(join(siteFolder, 'index.html')) ? [] : `${siteFolder} holds no page: run \`cargo xtask build\``,
  ].flat();
  if (missing.length > 0) {
    throw new Error(`The browser tests need the server and the page.\n${missing.join('\n')}`);
  }
}
