// Where runtimes come in: WebSocket upgrades of `/runtime`.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../clock.ts';
import { MAX_FRAME_BYTES } from '../protocol/codec.ts';
import type { BrokerLink } from '../protocol/link.ts';
import { brokerLink, type MessageSocket } from '../protocol/socket-link.ts';

export interface RuntimeDoorOptions {
  readonly server: Server;
  readonly clock: Clock;
  /** Whether a bearer token lets its holder in. */
  readonly mayEnter: (token: string | undefined) => boolean;
  readonly onLink: (link: BrokerLink) => void;
  /** A line on which nobody has said who he is by then is closed: it costs memory all the same. */
  readonly helloMs: number;
}

export const RUNTIME_PATH = '/runtime';
/** A close reason is at most 123 bytes of UTF-8 in the WebSocket protocol. */
const MAX_REASON = 100;
const POLICY_VIOLATION = 1008;

export function openRuntimeDoor(options: RuntimeDoorOptions): { close(): void } {
  const { server, clock, mayEnter, onLink, helloMs } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {});
    const refusal = refuse(request, mayEnter);
    if (refusal !== undefined) {
      // Not left to the other end to close: one that never does would keep it.
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
        socket.destroy(),
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const line = socketOf(ws);
      const stopWaiting = clock.setTimer(helloMs, () => line.close('expected a hello sooner'));
      ws.once('message', stopWaiting);
      ws.once('close', stopWaiting);
      onLink(brokerLink(line, clock));
    });
  });
  return {
    close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}

function refuse(request: IncomingMessage, mayEnter: RuntimeDoorOptions['mayEnter']): string | undefined {
  const path = new URL(request.url ?? '/', 'http://broker').pathname;
  if (path !== RUNTIME_PATH) return '404 Not Found';
  // Only browsers send one, and a page has no business to be a runtime.
  if (request.headers.origin !== undefined) return '403 Forbidden';
  const token = /^Bearer (.+)$/u.exec(request.headers.authorization ?? '')?.[1];
  return mayEnter(token) ? undefined : '401 Unauthorized';
}

function socketOf(ws: WebSocket): MessageSocket {
  // `ws` closes the socket itself after an error.
  ws.on('error', () => {});
  return {
    send: (frame) => ws.send(frame),
    bufferedBytes: () => ws.bufferedAmount,
    close: (reason) => ws.close(POLICY_VIOLATION, reason.slice(0, MAX_REASON)),
    onFrame: (listener) =>
      ws.on('message', (data) => listener(Buffer.isBuffer(data) ? data.toString('utf8') : '')),
    onClose: (listener) => ws.on('close', (_code, reason) => listener(reason.toString('utf8'))),
  };
}
