// Keeps a runtime linked to a broker: dials, and dials again with a growing, jittered wait when the line is lost.
import { WebSocket } from 'ws';
import type { Clock } from '../clock.ts';
import { EnclaveError } from '../errors.ts';
import { MAX_FRAME_BYTES } from '../protocol/codec.ts';
import { type MessageSocket, runtimeLink } from '../protocol/socket-link.ts';
import type { Runtime } from './runtime.ts';

export interface ConnectOptions {
  /** `ws://`, `wss://`, `http://` or `https://` of a broker, or several with commas: the next is tried when one is lost. */
  readonly brokerUrl: string;
  readonly token?: string;
  readonly clock: Clock;
  /** A broker that leaves a ping unanswered for so long is lost, ms. */
  readonly pingMs: number;
  /** In [0, 1), for the jitter. */
  readonly random: () => number;
  readonly onState?: (state: 'connected' | 'lost', detail: string) => void;
}

const FIRST_WAIT_MS = 50;
const MAX_WAIT_MS = 5_000;
const HANDSHAKE_MS = 10_000;

export class Connection implements AsyncDisposable {
  readonly #runtime: Runtime;
  readonly #options: ConnectOptions;
  readonly #urls: readonly URL[];
  #dials = 0;
  #socket: WebSocket | undefined;
  #stopWaiting: () => void = () => {};
  #isClosed = false;
  #failures = 0;

  /** @throws EnclaveError INVALID_INPUT for a URL that is none. */
  constructor(runtime: Runtime, options: ConnectOptions) {
    this.#runtime = runtime;
    this.#options = options;
    this.#urls = options.brokerUrl.split(',').map(runtimeUrl);
  }

  /**
   * Resolves when a broker has welcomed the runtime for the first time; goes on by itself after it.
   * @throws EnclaveError UNAUTHORIZED or FORBIDDEN when the broker refuses this runtime: waiting would not help.
   */
  open(): Promise<void> {
    return new Promise((resolve, reject) => this.#dial(resolve, reject));
  }

  #dial(onOpen: () => void, onRefused: (error: EnclaveError) => void): void {
    const { token, clock } = this.#options;
    const url = this.#urls[this.#dials++ % this.#urls.length] ?? runtimeUrl('');
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_BYTES,
      handshakeTimeout: HANDSHAKE_MS,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    this.#socket = socket;
    let reason = 'the broker cannot be reached';
    socket.on('unexpected-response', (_request, response) => {
      const { statusCode = 0 } = response;
      response.resume();
      reason = `the broker answered ${statusCode}`;
      socket.terminate();
      const code = statusCode === 401 ? 'UNAUTHORIZED' : statusCode === 403 ? 'FORBIDDEN' : undefined;
      if (code === undefined) return;
      this.#isClosed = true;
      onRefused(new EnclaveError(code, `${url.host} refuses this runtime (${statusCode})`));
    });
    socket.on('error', (error) => {
      if (reason === 'the broker cannot be reached') reason = `${reason} (${error.message})`;
    });
    socket.on('open', () => {
      this.#failures = 0;
      this.#watch(socket);
      this.#options.onState?.('connected', url.host);
      const onClose = (why: string) => {
        reason = why === '' ? 'the line was cut' : why;
      };
      const line = runtimeLink(socketOf(socket), clock);
      void this.#runtime.attach(line, onClose).then(onOpen);
    });
    socket.on('close', () => {
      if (this.#isClosed) return;
      this.#options.onState?.('lost', reason);
      this.#stopWaiting = clock.setTimer(this.#waitMs(), () => this.#dial(onOpen, onRefused));
    });
  }

  /** A line that swallows everything is never closed by the other end: what answers no ping is given up. */
  #watch(socket: WebSocket): void {
    const { clock, pingMs } = this.#options;
    let isAnswered = true;
    let stop = () => {};
    const ping = () => {
      if (!isAnswered) {
        socket.terminate();
        return;
      }
      isAnswered = false;
      socket.ping();
      stop = clock.setTimer(pingMs, ping);
    };
    socket.on('pong', () => {
      isAnswered = true;
    });
    socket.once('close', () => stop());
    stop = clock.setTimer(pingMs, ping);
  }

  #waitMs(): number {
    const wait = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures++);
    return wait * (0.7 + 0.6 * this.#options.random());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#stopWaiting();
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      const giveUp = this.#options.clock.setTimer(1_000, () => socket.terminate());
      socket.once('close', giveUp);
      socket.close();
    });
  }
}

function runtimeUrl(brokerUrl: string): URL {
  const url = URL.parse(brokerUrl);
  const protocol = { 'ws:': 'ws:', 'http:': 'ws:', 'wss:': 'wss:', 'https:': 'wss:' }[url?.protocol ?? ''];
  if (url === null || protocol === undefined)
    throw new EnclaveError(
      'INVALID_INPUT',
      `broker URL: expected ws://, wss://, http:// or https://, got ${JSON.stringify(brokerUrl.slice(0, 100))}`,
    );
  url.protocol = protocol;
  url.pathname = `${url.pathname.replace(/\/$/u, '')}/runtime`;
  return url;
}

function socketOf(ws: WebSocket): MessageSocket {
  return {
    send: (frame) => ws.send(frame, () => {}),
    bufferedBytes: () => ws.bufferedAmount,
    close: (reason) => ws.close(1000, reason.slice(0, 100)),
    onFrame: (listener) =>
      ws.on('message', (data) => listener(Buffer.isBuffer(data) ? data.toString('utf8') : '')),
    onClose: (listener) => ws.on('close', (_code, reason) => listener(reason.toString('utf8'))),
  };
}
