// A TCP proxy that can swallow everything without closing anything, as a cut cable does.
import { connect, createServer, type Socket } from 'node:net';

export interface BlackHole extends AsyncDisposable {
  readonly port: number;
  /** From now on nothing gets through in either direction; lines stay open. */
  swallow(): void;
  /** New lines get through again; those that were swallowed are dead. */
  restore(): void;
}

export async function blackHole(targetPort: number): Promise<BlackHole> {
  let isSwallowing = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1');
    const isDead = isSwallowing;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (!isSwallowing && !isDead) to.write(bytes);
      });
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    swallow: () => {
      isSwallowing = true;
    },
    restore: () => {
      isSwallowing = false;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
