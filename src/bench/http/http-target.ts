// Any HTTP service as a load target: keep-alive connections of undici, one request at a time on each, no redirects, no retries.
import { type Dispatcher, Pool } from 'undici';
import type { ExecutionRequest, ExecutorStats } from '../../execution.ts';
import type { LoadFailure, LoadOutcome, LoadTarget, LoadWatch } from '../load-target.ts';
import { failureOf } from './http-failure.ts';
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
/** Answers whose lines are events of their own. */
const STREAMS = /^(?:application\/(?:x-)?(?:ndjson|jsonl)|text\/event-stream)/iu;
const NEWLINE = 10;
const SUCCEEDED: LoadOutcome = { success: true };

/** Every execution sends the same request; what the script of the execution is does not matter. */
export class HttpTarget implements LoadTarget, AsyncDisposable {
  readonly tellsWatch = true;
  readonly #pool: Pool;
  readonly #options: Dispatcher.DispatchOptions;
  #live = 0;
  #completed = 0;

  constructor({ request, ...options }: HttpTargetOptions) {
    this.#pool = new Pool(request.origin, {
      connections: Math.min(MAX_CONNECTIONS, options.connections ?? MAX_CONNECTIONS),
      pipelining: 1,
      // The bench has a time-out of its own, which also ends answers that never end.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: {
        timeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
        rejectUnauthorized: options.verifyCertificate ?? true,
      },
    });
    const { body, headers, method, path } = request;
    this.#options = { path, method, headers: { ...headers }, body };
  }

  execute({ signal }: ExecutionRequest, watch?: LoadWatch): Promise<LoadOutcome> {
    this.#live += 1;
    return new Promise((resolve) => {
      const answer = new Answer(signal, watch, (failure) => {
        this.#live -= 1;
        this.#completed += 1;
        resolve(failure === undefined ? SUCCEEDED : { success: false, error: failure });
      });
      this.#pool.dispatch(this.#options, answer);
    });
  }

  /** At once: that nobody answers is a result of the run, not of its preparation. */
  ready(): Promise<void> {
    return Promise.resolve();
  }

  stats(): ExecutorStats {
    return { queued: 0, live: this.#live, completed: this.#completed, hosts: [], recycled: 0, lost: 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}

/** Follows one request to its end; the body is read and forgotten. */
class Answer implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal | undefined;
  readonly #watch: LoadWatch | undefined;
  readonly #end: (failure?: LoadFailure) => void;
  #hasLines = false;
  #controller: Dispatcher.DispatchController | undefined;
  #isCancelled = false;
  #status = 0;

  constructor(
    signal: AbortSignal | undefined,
    watch: LoadWatch | undefined,
    end: (failure?: LoadFailure) => void,
  ) {
    this.#signal = signal;
    this.#watch = watch;
    this.#end = end;
    watch?.onCancel(this.#abort);
  }

  readonly #abort = (): void => {
    this.#isCancelled = true;
    this.#controller?.abort(new Error('given up'));
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isCancelled) {
      this.#abort();
      return;
    }
    this.#watch?.connected();
    if (this.#signal?.aborted === true) this.#abort();
    else this.#signal?.addEventListener('abort', this.#abort, { once: true });
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    this.#status = status;
    this.#watch?.first();
    const type = headers['content-type'];
    this.#hasLines = type !== undefined && STREAMS.test(String(type));
  }

  /** The bytes are forgotten; of a stream its lines are counted first. */
  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#hasLines) return;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) this.#watch?.line();
  }

  onResponseEnd(): void {
    this.#finish(this.#status < 300 ? undefined : { code: `HTTP_${this.#status}` });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#finish(failureOf(error, this.#status !== 0));
  }

  #finish(failure?: LoadFailure): void {
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#end(failure);
  }
}
