// Builds the application of `applications/nextjs-auth0` for production, unless it is built from the same sources and
// packages. It takes a while, so that it runs before the tests.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const SOURCE = path('applications/nextjs-auth0');

const files = (await readdir(SOURCE, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
const hash = createHash('sha256');
for (const file of [...files.map((file) => join(file.parentPath, file.name)).sort(), path('package-lock.json')]) {
  hash.update(await readFile(file));
}
const [digest, stamp] = [hash.digest('hex'), path('node_modules/.cache/nextjs-auth0/digest')];
if ((await readFile(stamp, 'utf8').catch(() => '')) !== digest) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path('node_modules/next/dist/bin/next'), 'build', SOURCE],
    {
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
      encoding: 'utf8',
    },
  );
  if (status !== 0) {
    throw new Error(`The application could not be built:\n${stdout}${stderr}`);
  }
  await writeFile(stamp, digest);
}
