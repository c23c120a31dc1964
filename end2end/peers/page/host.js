// A static host for either page: files with a hash in their names are kept for ever, all others are asked for again, and
// every answer is compressed by brotli where that is smaller.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};
const HASHED = /[-.][0-9a-zA-Z_-]{8,}\.(js|css|wasm|svg)$/;

/**
 * Serves a folder on 127.0.0.1, with `index.html` for addresses that are no files. `settings` is what `/config.json`
 * answers; the policy in `csp.txt` goes with each page, for the tenant that the settings name.
 */
export async function host(folder, port, settings) {
  const files = new Map();
  const policy = existsSync(join(folder, 'csp.txt')) ? await readFile(join(folder, 'csp.txt'), 'utf8') : undefined;
  const answerTo = async (path) => {
    if (settings && path === '/config.json') return answer('.json', Buffer.from(JSON.stringify(settings)));
    const isFile = extname(path) !== '' && existsSync(join(folder, path));
    const name = isFile ? path : '/index.html';
    return answer(extname(name), await readFile(join(folder, name)));
  };
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, 'http://host').pathname);
    if (!files.has(path)) files.set(path, answerTo(path));
    files.get(path).then(({ type, encoding, body, tag }) => {
      response.setHeader('content-type', type);
      response.setHeader('cache-control', HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
      response.setHeader('etag', tag);
      if (policy && type === TYPES['.html']) {
        response.setHeader('content-security-policy', policy.trim().replaceAll('https://TENANT', settings.domain));
      }
      if (request.headers['if-none-match'] === tag) {
        response.writeHead(304).end();
        return;
      }
      if (encoding) response.setHeader('content-encoding', encoding);
      response.setHeader('content-length', body.length).end(body);
    });
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

function answer(extension, content) {
  const compressed = brotliCompressSync(content);
  const isSmaller = compressed.length < content.length;
  return {
    type: TYPES[extension] ?? 'application/octet-stream',
    encoding: isSmaller ? 'br' : undefined,
    body: isSmaller ? compressed : content,
    tag: `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`,
  };
}
