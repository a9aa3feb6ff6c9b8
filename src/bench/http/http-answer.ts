// Follows one HTTP request to its end; the body is read and forgotten.
import type { Client, Dispatcher } from 'undici';
import type { LoadOutcome, LoadRun } from '../load-target.ts';
import { failureOf } from './http-failure.ts';

/** Answers whose lines are events of their own. */
const STREAMS = /^(?:application\/(?:x-)?(?:ndjson|jsonl)|text\/event-stream)/iu;
const NEWLINE = 10;
const SUCCEEDED: LoadOutcome = { success: true };
const GIVEN_UP: LoadOutcome = { success: false, error: { code: 'REQUEST_FAILED' } };

export class HttpAnswer implements Dispatcher.DispatchHandler {
  readonly run: LoadRun;
  readonly #onEnd: (answer: HttpAnswer, outcome: LoadOutcome) => void;
  /** What carries it; undefined while it waits for one. */
  connection: Client | undefined = undefined;
  isCancelled = false;
  #controller: Dispatcher.DispatchController | undefined = undefined;
  #hasLines = false;
  #status = 0;

  constructor(run: LoadRun, onEnd: (answer: HttpAnswer, outcome: LoadOutcome) => void) {
    this.run = run;
    this.#onEnd = onEnd;
  }

  /** The answer is no longer wanted. One that still waits for its connection ends at once. */
  cancel(): void {
    this.isCancelled = true;
    if (this.connection === undefined) this.#onEnd(this, GIVEN_UP);
    else this.#controller?.abort(new Error('given up'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.isCancelled) this.cancel();
    else this.run.connected();
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    this.#status = status;
    this.run.first();
    const type = headers['content-type'];
    this.#hasLines = type !== undefined && STREAMS.test(String(type));
  }

  /** The bytes are forgotten; of a stream its lines are counted first. */
  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#hasLines) return;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) this.run.line();
  }

  onResponseEnd(): void {
    const isGood = this.#status < 300;
    this.#onEnd(this, isGood ? SUCCEEDED : { success: false, error: { code: `HTTP_${this.#status}` } });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#onEnd(this, { success: false, error: failureOf(error, this.#status !== 0) });
  }
}
