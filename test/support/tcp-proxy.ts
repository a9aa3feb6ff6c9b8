// A TCP proxy that a test can make slow, deaf or rude. What it does applies to connections that are open already, too.
import { connect, createServer, type Socket } from 'node:net';

export type LinkState =
  | { readonly kind: 'pass' }
  /** Everything arrives later, in order. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Connections are accepted, as by a firewall that has lost its state; nothing gets through, not even an end. */
  | { readonly kind: 'black-hole' }
  /** From the first request with this text on a connection answers nothing more; requests still arrive. */
  | { readonly kind: 'swallow-answers'; readonly after: string }
  /** New connections are reset; those that are open go on. */
  | { readonly kind: 'refuse' };

export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that were black-holed once stay so, as real ones do. */
  set(state: LinkState): void;
  /** Ends every connection with a reset. */
  reset(): void;
  /** Connections accepted so far. */
  readonly accepted: number;
}

interface Link {
  readonly near: Socket;
  readonly far: Socket;
  isDead: boolean;
  isMute: boolean;
}

export async function startProxy(targetPort: number): Promise<TcpProxy> {
  const links = new Set<Link>();
  let state: LinkState = { kind: 'pass' };
  let accepted = 0;

  const join = (link: Link, from: Socket, to: Socket) => {
    let isFlushing: Promise<void> = Promise.resolve();
    const later = (work: () => void, chunk?: Buffer) => {
      const current = state;
      if (link.isDead || (link.isMute && from === link.far)) return;
      if (current.kind === 'swallow-answers' && chunk?.includes(current.after)) link.isMute = true;
      if (current.kind === 'black-hole') {
        link.isDead = true;
        return;
      }
      isFlushing = isFlushing.then(async () => {
        if (current.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, current.delayMs));
        if (!link.isDead) work();
      });
    };
    from.on('data', (chunk) => later(() => to.write(chunk), chunk));
    from.on('end', () => later(() => to.end()));
    from.on('close', () => later(() => to.destroy()));
    // An end for the other side, like any other.
    from.on('error', () => {});
  };

  const server = createServer({ noDelay: true }, (near) => {
    accepted++;
    if (state.kind === 'refuse') {
      near.on('error', () => {});
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    const link: Link = { near, far, isDead: state.kind === 'black-hole', isMute: false };
    links.add(link);
    near.once('close', () => links.delete(link));
    join(link, near, far);
    join(link, far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const cut = () => {
    for (const { near, far } of links) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    links.clear();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    set(next) {
      state = next;
      if (next.kind === 'black-hole') for (const link of links) link.isDead = true;
    },
    reset: cut,
    get accepted() {
      return accepted;
    },
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
