// A web site in front of a broker, as a browser meets it: one origin that serves a page with our client, unbundled, and
// passes everything else on. It can cut what it passes on.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface Site extends AsyncDisposable {
  readonly url: string;
  /** Paths that were passed on to the broker, in order. */
  readonly passed: readonly string[];
  /** Ends every connection with a reset. */
  cut(): void;
}

const root = new URL('../../', import.meta.url);

export async function startSite(brokerUrl: string): Promise<Site> {
  const sockets = new Set<Socket>();
  const passed: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '/';
    if (path === '/') answer(outgoing, 'text/html', '<!doctype html><title>site</title>');
    else if (/^\/src\/[\w/-]+\.ts$/u.test(path)) answer(outgoing, 'text/javascript', scriptOf(path));
    else {
      passed.push(path);
      pass(brokerUrl, incoming, outgoing);
    }
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    passed,
    cut,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}

function scriptOf(path: string): string {
  return stripTypeScriptTypes(readFileSync(fileURLToPath(new URL(`.${path}`, root)), 'utf8'));
}

function answer(outgoing: ServerResponse, type: string, text: string): void {
  outgoing.writeHead(200, { 'content-type': type }).end(text);
}

function pass(brokerUrl: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { host: _host, ...headers } = incoming.headers;
  const onward = request(
    `${brokerUrl}${incoming.url}`,
    { method: incoming.method ?? 'GET', headers },
    (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
      reply.on('error', () => outgoing.destroy());
    },
  );
  onward.on('error', () => outgoing.destroy());
  outgoing.on('close', () => onward.destroy());
  incoming.pipe(onward);
}
