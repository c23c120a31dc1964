import { createServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * An application whose API takes the answer of a sign-in, and whose pages are on another origin: each answer to the API
 * is a redirect to a page.
 */
export class Application {
  /** What the callback was sent, one entry a request. */
  readonly answers: URLSearchParams[] = [];

  private constructor(
    private readonly api: HttpServer,
    private readonly pages: HttpServer,
    readonly apiOrigin: string,
    readonly pageOrigin: string,
  ) {}

  static async start(): Promise<Application> {
    const pages = createServer((request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(`<!doctype html><link rel="icon" href="data:,"><title>${request.url}</title><h1>Welcome</h1>`);
    });
    const pageOrigin = await listen(pages);
    const api = createServer((request, response) => {
      void readBody(request).then((body) => {
        const url = new URL(request.url ?? '/', 'http://api');
        if (url.pathname === '/callback') {
          application.answers.push(request.method === 'POST' ? new URLSearchParams(body) : url.searchParams);
        }
        response.writeHead(303, { location: `${pageOrigin}${url.pathname}-done` }).end();
      });
    });
    const application = new Application(api, pages, await listen(api), pageOrigin);
    return application;
  }

  async stop(): Promise<void> {
    for (const server of [this.api, this.pages]) {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    }
  }
}

/** Listens on a free port. Returns the origin. */
async function listen(server: HttpServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}
