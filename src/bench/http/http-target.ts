// Any HTTP service as a load target: keep-alive connections of undici, one request at a time on each, no redirects, no retries.
import { buildConnector, Client, type Dispatcher } from 'undici';
import type { ExecutionRequest, ExecutorStats } from '../../execution.ts';
import type { LoadOutcome, LoadRun, LoadTarget, LoadWatch } from '../load-target.ts';
import { HttpAnswer } from './http-answer.ts';
import type { HttpRequest } from './http-request.ts';

export interface HttpTargetOptions {
  readonly request: HttpRequest;
  /** Most connections at one time; requests beyond wait for one. Default 1,024. */
  readonly connections?: number;
  /** Longest time to make a connection, ms. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** `false` accepts any certificate. Default true. */
  readonly verifyCertificate?: boolean;
}

const MAX_CONNECTIONS = 1_024;
const CONNECT_TIMEOUT_MS = 10_000;
/** Requests taken from the queue before their places are given back. */
const FORGOTTEN_AT_ONCE = 1_000;

/**
 * Every execution sends the same request; what the script of the execution is does not matter.
 *
 * The connections are kept here and not in undici's Pool, which looks through all of them for every request.
 */
export class HttpTarget implements LoadTarget, AsyncDisposable {
  readonly tellsWatch = true;
  readonly #connect: () => Client;
  readonly #mostConnections: number;
  readonly #connections: Client[] = [];
  /** The one used last is taken first, so that those that are not needed time out. */
  readonly #idle: Client[] = [];
  /** From `#nextWaiting` on, in order of arrival. */
  #waiting: HttpAnswer[] = [];
  #nextWaiting = 0;
  readonly #options: Dispatcher.DispatchOptions;
  #live = 0;
  #completed = 0;

  constructor({ request, ...options }: HttpTargetOptions) {
    // One for all connections: it keeps the TLS sessions.
    const connect = buildConnector({
      timeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      rejectUnauthorized: options.verifyCertificate ?? true,
    });
    // The bench has a time-out of its own, which also ends answers that never end.
    this.#connect = () =>
      new Client(request.origin, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0, connect });
    this.#mostConnections = Math.min(MAX_CONNECTIONS, options.connections ?? MAX_CONNECTIONS);
    const { body, headers, method, path } = request;
    this.#options = { path, method, headers: { ...headers }, body };
  }

  start(run: LoadRun): void {
    this.#live += 1;
    const answer = new HttpAnswer(run, this.#finish);
    run.onCancel(() => answer.cancel());
    if (answer.isCancelled) return;
    const connection = this.#idle.pop() ?? this.#newConnection();
    if (connection === undefined) this.#waiting.push(answer);
    else this.#send(answer, connection);
  }

  execute({ signal }: ExecutionRequest, watch: LoadWatch = UNWATCHED): Promise<LoadOutcome> {
    return new Promise((resolve) => {
      this.start({
        connected: () => watch.connected(),
        first: () => watch.first(),
        line: () => watch.line(),
        toolCall: (durationMs) => watch.toolCall(durationMs),
        onCancel(act) {
          watch.onCancel(act);
          if (signal?.aborted === true) act();
          signal?.addEventListener('abort', act, { once: true });
        },
        ended: resolve,
      });
    });
  }

  #newConnection(): Client | undefined {
    if (this.#connections.length >= this.#mostConnections) return undefined;
    const connection = this.#connect();
    this.#connections.push(connection);
    return connection;
  }

  #send(answer: HttpAnswer, connection: Client): void {
    answer.connection = connection;
    connection.dispatch(this.#options, answer);
  }

  readonly #finish = (answer: HttpAnswer, outcome: LoadOutcome): void => {
    this.#live -= 1;
    this.#completed += 1;
    const { connection } = answer;
    if (connection !== undefined) {
      const next = this.#takeWaiting();
      if (next === undefined) this.#idle.push(connection);
      else this.#send(next, connection);
    }
    answer.run.ended(outcome);
  };

  #takeWaiting(): HttpAnswer | undefined {
    for (let next = this.#waiting[this.#nextWaiting]; next !== undefined; ) {
      this.#nextWaiting += 1;
      if (!next.isCancelled) {
        this.#forgetTaken();
        return next;
      }
      next = this.#waiting[this.#nextWaiting];
    }
    this.#waiting = [];
    this.#nextWaiting = 0;
    return undefined;
  }

  /** So seldom that taking stays cheap however long the queue is. */
  #forgetTaken(): void {
    if (this.#nextWaiting < FORGOTTEN_AT_ONCE || this.#nextWaiting * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#nextWaiting);
    this.#nextWaiting = 0;
  }

  /** At once: that nobody answers is a result of the run, not of its preparation. */
  ready(): Promise<void> {
    return Promise.resolve();
  }

  stats(): ExecutorStats {
    return { queued: 0, live: this.#live, completed: this.#completed, hosts: [], recycled: 0, lost: 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.destroy()));
  }
}

const UNWATCHED: LoadWatch = {
  connected() {},
  first() {},
  line() {},
  toolCall() {},
  onCancel() {},
};
