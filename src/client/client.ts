// Runs scripts on a broker, from Node or a browser. A stream that breaks is resumed where it was: no event twice, none lost.
import { codeInfo, EnclaveError } from '../errors.ts';
import type { Labels, Priority, SessionEvent } from '../protocol/events.ts';
import type { SessionView } from '../protocol/session-reducer.ts';
import { ComeBack } from './come-back.ts';
import { answerCalls, type ExternalAnswer, type ExternalHandler } from './external-tools.ts';
import { Follower } from './follower.ts';
import { type ClientConfig, type EnclaveClientOptions, resolveClientOptions } from './options.ts';
import { asConnectionError, refusal } from './refusal.ts';
import type { Answer, Question } from './transport.ts';

export interface RunRequest {
  readonly code: string;
  /** `args` inside the script. Default `{}`. */
  readonly input?: unknown;
  readonly language?: 'js' | 'ts';
  readonly filename?: string;
  readonly labels?: Labels;
  /** Default `normal`. */
  readonly priority?: Priority;
  /** Tools that the script may call. Default: all of the broker's. */
  readonly tools?: readonly string[];
  /** May lower the broker's limits, never raise them. */
  readonly limits?: Readonly<Record<string, number>>;
  /**
   * Takes the result of an earlier session with the same script, input, limits and tools, at most `ttl` ms old (default
   * 3,600,000), and leaves it for later ones: for scripts whose result depends on nothing else. `shared`: also from and for
   * tenants that share theirs. Never kept: failures, and results of scripts that called a tool that does more than read.
   */
  readonly cache?: { readonly ttl?: number; readonly shared?: boolean };
}

export interface RunOptions {
  /** Ends the wait and cancels the session. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: SessionEvent) => void;
  /** Answers calls of external tools, by the name of the tool. Default: they wait for another client. */
  readonly externalTools?: Readonly<Record<string, ExternalHandler>>;
  /** Sent with the submit; a repeat of the same submit attaches to the same session. Default: a new one. */
  readonly idempotencyKey?: string;
}

/** What is known of a session at its end: `final` is there, unless its result had expired already. */
export type RunResult = SessionView & { readonly sessionId: string };

export class EnclaveClient {
  readonly #config: ClientConfig;
  readonly #comeBack: ComeBack;

  constructor(options: EnclaveClientOptions) {
    this.#config = resolveClientOptions(options);
    this.#comeBack = new ComeBack(this.#config.random);
  }

  /**
   * Submits a script and follows it to its end. A failing script is a result, not an exception.
   * @throws EnclaveError with the broker's code when it refuses; CONNECTION_LOST; TIMED_OUT, while the session goes on.
   */
  async run(request: RunRequest, options: RunOptions = {}): Promise<RunResult> {
    const timeout = AbortSignal.timeout(this.#config.timeoutMs);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
    const follower = new Follower(this.#listener(options), this.#config.silenceMs);
    try {
      await this.#submitAndFollow(request, options.idempotencyKey ?? crypto.randomUUID(), follower, signal);
      return { ...follower.view, sessionId: follower.sessionId };
    } catch (thrown) {
      const { sessionId } = follower;
      if (options.signal?.aborted === true) {
        if (sessionId !== '') await this.cancel(sessionId);
        throw new EnclaveError('TIMED_OUT', `the caller cancelled session ${sessionId}`, { cause: thrown });
      }
      if (!timeout.aborted) throw thrown;
      const which = sessionId === '' ? 'the submit was not answered' : `session ${sessionId} goes on`;
      throw new EnclaveError('TIMED_OUT', `no result within ${this.#config.timeoutMs} ms; ${which}`);
    }
  }

  /**
   * Submits a script and returns at once; `follow` or `session` tell more.
   * @throws EnclaveError with the broker's code.
   */
  async submit(request: RunRequest, idempotencyKey: string = crypto.randomUUID()): Promise<string> {
    return await this.#bounded('the submit', (signal) =>
      this.#retry(signal, async () => {
        const answer = await this.#post('/sessions', request, 'application/json', idempotencyKey, signal);
        await answer.text();
        return answer.header('x-session-id') ?? '';
      }),
    );
  }

  /**
   * The events of a session from number `fromSeq` on, until its final one.
   * @throws EnclaveError NOT_FOUND, CONNECTION_LOST; TIMED_OUT, while the session goes on.
   */
  async follow(
    sessionId: string,
    options: RunOptions & { readonly fromSeq?: number } = {},
  ): Promise<RunResult> {
    const follower = new Follower(
      this.#listener(options),
      this.#config.silenceMs,
      (options.fromSeq ?? 1) - 1,
    );
    follower.sessionId = sessionId;
    await this.#bounded(`session ${sessionId}`, (timeout) =>
      this.#resume(
        follower,
        options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
      ),
    );
    return { ...follower.view, sessionId };
  }

  /** What the broker knows of a session, as it says it. @throws EnclaveError NOT_FOUND, CONNECTION_LOST, TIMED_OUT */
  async session(sessionId: string): Promise<unknown> {
    return await this.#bounded('the answer', async (signal): Promise<unknown> => {
      const answer = await this.#ask(`/sessions/${encodeURIComponent(sessionId)}`, { headers: {}, signal });
      return JSON.parse(await answer.text());
    });
  }

  /**
   * Answers a call of an external tool, such as one that a person approves.
   * @throws EnclaveError CONFLICT when it was answered already or the session has ended, NOT_FOUND, INVALID_INPUT
   */
  async answerToolCall(sessionId: string, callId: number, answer: ExternalAnswer): Promise<void> {
    const path = `/sessions/${encodeURIComponent(sessionId)}/tool-result`;
    const body = JSON.stringify({ callId, error: answer.ok ? undefined : {}, ...answer });
    const headers = { 'content-type': 'application/json' };
    await this.#bounded('the answer', (signal) =>
      this.#retry(signal, async () => {
        const answered = await this.#ask(path, { method: 'POST', headers, body, signal });
        await answered.text();
      }),
    );
  }

  #listener({ onEvent, externalTools }: RunOptions): ((event: SessionEvent) => void) | undefined {
    if (externalTools === undefined) return onEvent;
    const answer = answerCalls(
      externalTools,
      (sessionId, callId, given) => this.answerToolCall(sessionId, callId, given),
      // Somebody else was faster, or the session is over: its events tell.
      () => {},
    );
    return (event) => {
      onEvent?.(event);
      answer(event);
    };
  }

  /** Asks for the end of a session; one that has ended stays as it is. @throws EnclaveError NOT_FOUND */
  async cancel(sessionId: string): Promise<void> {
    const path = `/sessions/${encodeURIComponent(sessionId)}/cancel`;
    await this.#bounded('the answer', async (signal) => {
      const answer = await this.#ask(path, { method: 'POST', headers: {}, signal });
      await answer.text();
    });
  }

  /** Whether the broker says that it could serve a session now. */
  async isReady(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(this.#config.timeoutMs);
      const answer = await this.#config.ask(`${this.#config.baseUrl}/readyz`, { headers: {}, signal });
      await answer.text();
      return isGood(answer);
    } catch {
      return false;
    }
  }

  /** Ends `work` when its time is over. @throws EnclaveError TIMED_OUT, CONNECTION_LOST */
  async #bounded<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timeout = AbortSignal.timeout(this.#config.timeoutMs);
    try {
      return await work(timeout);
    } catch (thrown) {
      if (!timeout.aborted) throw thrown;
      throw new EnclaveError('TIMED_OUT', `${what} did not come within ${this.#config.timeoutMs} ms`, {
        cause: thrown,
      });
    }
  }

  async #submitAndFollow(
    request: RunRequest,
    key: string,
    follower: Follower,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#retry(signal, async () => {
      const answer = await this.#post('/sessions', request, 'text/event-stream', key, signal);
      follower.sessionId = answer.header('x-session-id') ?? '';
      // From here on the session exists: a stream that breaks is resumed, not submitted again.
      await follower.read(answer).catch(() => {});
    });
    if (follower.view.final === undefined) await this.#resume(follower, signal);
  }

  async #resume(follower: Follower, signal: AbortSignal): Promise<void> {
    while (follower.view.final === undefined) {
      const seen = follower.view.lastSeq;
      let { goAfterMs } = follower;
      const attempt = async () => {
        const headers: Record<string, string> = { accept: 'text/event-stream' };
        // The id names the lineage of the data as well as the number: a rolled back store is noticed.
        if (follower.lastId !== '') headers['last-event-id'] = follower.lastId;
        const query = follower.lastId === '' ? `?fromSeq=${seen + 1}` : '';
        const path = `/sessions/${encodeURIComponent(follower.sessionId)}/stream${query}`;
        const ask = () => this.#ask(path, { headers, signal, isLong: true });
        const wasTold = goAfterMs;
        // Once: who has waited for its return in vain tries as after any loss.
        goAfterMs = undefined;
        const answer = await (wasTold === undefined ? ask() : this.#comeBack.ask(wasTold, signal, ask));
        await follower.read(answer);
        // A stream that ended early and brought nothing is a failed try; one that brought something is progress, and so is
        // the word of a broker that goes.
        const isLost = follower.view.final === undefined && follower.view.lastSeq === seen;
        if (isLost && follower.goAfterMs === undefined)
          throw new EnclaveError('CONNECTION_LOST', 'the stream ended before the session did');
      };
      await this.#retry(signal, attempt);
    }
  }

  /** Repeats what may succeed later, with growing, jittered waits. */
  async #retry<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { isReconnecting, maxAttempts, initialDelayMs, backoffMultiplier, random } = this.#config;
    for (let attempt = 0; ; attempt++) {
      try {
        return await work();
      } catch (thrown) {
        signal.throwIfAborted();
        const error = asConnectionError(thrown);
        if (!isReconnecting || !codeInfo(error.code).retryable || attempt + 1 >= maxAttempts) throw error;
        const delayMs = initialDelayMs * backoffMultiplier ** attempt;
        await pause(Math.max(delayMs * (0.7 + 0.6 * random()), error.retryAfterMs ?? 0), signal);
      }
    }
  }

  async #post(
    path: string,
    body: unknown,
    accept: string,
    idempotencyKey: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    return await this.#ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, 'idempotency-key': idempotencyKey },
      body: JSON.stringify(body),
      signal,
    });
  }

  async #ask(path: string, question: Question): Promise<Answer> {
    const { baseUrl, apiKey, ask } = this.#config;
    const { headers } = question;
    const answer = await ask(`${baseUrl}${path}`, {
      ...question,
      headers: apiKey === undefined ? headers : { ...headers, authorization: `Bearer ${apiKey}` },
    });
    if (isGood(answer)) return answer;
    throw await refusal(answer);
  }
}

function isGood({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
