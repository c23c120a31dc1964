import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * An HTTP proxy that takes the cookies out of every answer, as a browser does that blocks them. Chromium's headless shell has
 * no setting for it.
 */
export class CookieFreeProxy {
  private constructor(
    readonly address: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<CookieFreeProxy> {
    const server = createServer((incoming, outgoing) => {
      const { method, headers } = incoming;
      const forwarded = request(incoming.url ?? '', { method, headers }, (answer) => {
        const { 'set-cookie': _, ...others } = answer.headers;
        outgoing.writeHead(answer.statusCode ?? 502, others);
        answer.pipe(outgoing);
      });
      forwarded.on('error', () => outgoing.writeHead(502).end());
      incoming.pipe(forwarded);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return new CookieFreeProxy(`http://127.0.0.1:${port}`, server);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
