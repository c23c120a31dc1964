import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The application is built once, for any tenant. npm and git both leave the folder of caches alone. */
export default { distDir: '../../node_modules/.cache/nextjs-auth0', outputFileTracingRoot: root, turbopack: { root } };
