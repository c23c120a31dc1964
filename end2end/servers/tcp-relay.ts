import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A relay in front of a TCP server, whose connections can be cut as if that server had gone. */
export class TcpRelay {
  private readonly sockets = new Set<Socket>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** Starts a relay to a port of a host. */
  static async start(host: string, port: number): Promise<TcpRelay> {
    const server = createServer((incoming) => {
      if (relay.isCut) {
        incoming.resetAndDestroy();
        return;
      }
      const outgoing = connect(port, host);
      for (const [socket, other] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        relay.sockets.add(socket);
        socket.once('close', () => {
          relay.sockets.delete(socket);
          other.destroy();
        });
        // A socket that was cut tells so, too; that it closes is enough.
        socket.on('error', () => undefined);
      }
      incoming.pipe(outgoing).pipe(incoming);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const relay = new TcpRelay(server, (server.address() as AddressInfo).port);
    return relay;
  }

  /** Ends all connections and refuses new ones. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) {
      socket.resetAndDestroy();
    }
  }

  /** Takes connections again. */
  restore(): void {
    this.isCut = false;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
