// One session that a runtime of this broker runs: its console, its tool calls, its end, each under the session's fence.
import { EnclaveError, toEnclaveError } from '../errors.ts';
import type { BrokerMessage, Done, Emit, ToolCall } from '../protocol/messages.ts';
import type { DispatchEntry, Finish } from '../store/store.ts';
import type { RuntimePeer } from './runtime-peer.ts';
import { type CallContext, SessionCalls } from './session-calls.ts';
import { endOf, failedFinal } from './session-end.ts';
import type { CachePlan } from './session-request.ts';

/** What the sessions of one broker share. */
export interface ActiveContext extends CallContext {
  /** Nothing is left to do here. `isOver`: the session has ended; else another broker owns it, and its entry. */
  readonly onEnded: (session: ActiveSession, isOver: boolean) => void;
  /** Trace context for the runtime of a session, when it is traced. */
  readonly traceparentOf: (id: string) => string | undefined;
}

export interface ActiveFacts {
  readonly id: string;
  readonly fence: string;
  readonly entry: DispatchEntry;
  readonly tenant: string;
  readonly attempt: number;
  /** Tools that the caller allows; all of the broker's when absent. */
  readonly tools?: readonly string[];
  /** Where the result is kept for later sessions, if the script turns out to be pure. */
  readonly cache?: CachePlan;
}

/** Between two tries while the store is away, ms. */
const RETRY_MS = 250;
const CANCEL_PATIENCE_MS = 2_000;
/** A session ends at most so long after its deadline, ms. */
const DEADLINE_STEP_MS = 50;
/** Longest result that is kept, characters. */
const MAX_KEPT_RESULT = 262_144;

/** One for all: to make an error with its stack for every session costs more than most of their calls. */
const OVER = new Error('the session is over');

export class ActiveSession {
  readonly facts: ActiveFacts;
  readonly #context: ActiveContext;
  /** Made with the first call: most scripts make none. */
  #calls: { readonly served: SessionCalls; readonly abort: AbortController } | undefined;
  /** Writes of this session, one after the other: a line may not overtake the one before, nor the end a line. Absent: all are done. */
  #tail: Promise<void> | undefined;
  /** Writes that are not done. */
  #underWay = 0;
  #runtime: Pick<RuntimePeer, 'send' | 'sendSoon'> | undefined;
  #isEnded = false;
  readonly #timers = new Set<() => void>();
  /** Ends the waits for answers that come from elsewhere. */
  readonly #wakers = new Set<() => void>();
  #answers = 0;

  constructor(facts: ActiveFacts, context: ActiveContext, deadlineMs: number) {
    this.facts = facts;
    this.#context = context;
    const { clock, store } = context;
    const leftMs = Math.max(0, deadlineMs - store.nowMs());
    this.#timers.add(
      // Node keeps a list of timers for every length there is: few lengths, few lists.
      clock.setTimer(Math.ceil(leftMs / DEADLINE_STEP_MS) * DEADLINE_STEP_MS, () => {
        this.#finishInOrder('failed', failedFinal('SESSION_TIMEOUT', facts.attempt));
        this.#tell({ type: 'cancel', ...this.#assignment, reason: 'stale' });
      }),
    );
  }

  /** The runtime that messages go to; absent while it is away. */
  connect(runtime: Pick<RuntimePeer, 'send' | 'sendSoon'> | undefined): void {
    this.#runtime = runtime;
  }

  emit({ n, level, text }: Emit): void {
    const payload = JSON.stringify({ level, message: text });
    this.#inOrder(async () => {
      const { id, fence } = this.facts;
      if ((await this.#persist(() => this.#context.store.append(id, fence, n, payload))) === 'stale')
        this.#lose();
    });
  }

  /** Asks the runtime to stop; ends the session itself when the runtime does not. */
  cancel(): void {
    this.#tell({ type: 'cancel', ...this.#assignment, reason: 'cancelled' });
    this.#timers.add(
      this.#context.clock.setTimer(CANCEL_PATIENCE_MS, () =>
        this.#finishInOrder('cancelled', failedFinal('CANCELLED', this.facts.attempt)),
      ),
    );
  }

  done({ outcome }: Done): void {
    const { state, final } = endOf(outcome, this.facts.attempt);
    this.#finishInOrder(state, final, undefined, outcome.success ? outcome.valueJson : undefined);
  }

  /** The runtime is gone for good. Does nothing if it has moved to another broker. */
  lost(): void {
    const final = failedFinal('RUNTIME_LOST', this.facts.attempt);
    this.#finishInOrder('failed', final, this.#context.brokerId);
  }

  /** Leaves the session as it is: another broker may own it by now, or will. Tools that run for it are told to stop. */
  abandon(): void {
    this.#leave();
    // An event that nobody waits for costs as much as a call.
    if (this.#calls?.served.areUnderWay === true) this.#calls.abort.abort(OVER);
  }

  /** The same, but tools that run go on: whoever owns the session now waits for what they answer. */
  #leave(): void {
    this.#isEnded = true;
    for (const stop of this.#timers) stop();
    this.#timers.clear();
  }

  toolCall(call: ToolCall): void {
    // Of a session that has moved on: nobody is to hear the answer.
    if (this.#isEnded) return;
    this.#calls ??= this.#makeCalls();
    void this.#calls.served.reply(call).then((result) => {
      // A tool's abort after the end of the session is nobody's answer.
      const { callId } = call;
      if (!this.#isEnded) this.#tell({ type: 'tool_result', ...this.#assignment, callId, ...result });
    });
  }

  #makeCalls(): { readonly served: SessionCalls; readonly abort: AbortController } {
    const abort = new AbortController();
    const served = new SessionCalls(
      {
        ...this.facts,
        signal: abort.signal,
        written: () => this.#tail,
        persist: (work) => this.#persist(work),
        answers: () => this.#answers,
        pause: async (ms, seen) => {
          if (this.#answers === seen) await this.#pause(ms);
        },
        lose: () => this.#lose(),
      },
      this.#context,
    );
    return { served, abort };
  }

  /** A call of this session has been answered elsewhere. */
  onToolEnded(): void {
    this.#answers++;
    for (const wake of this.#wakers) wake();
  }

  get #assignment(): { readonly id: string; readonly fence: string } {
    return { id: this.facts.id, fence: this.facts.fence };
  }

  #finishInOrder(state: Finish['state'], final: string, owner?: string, resultJson?: string): void {
    this.#inOrder(async () => {
      const end = { ...this.#assignment, state, final, ...(owner === undefined ? {} : { owner }) };
      const reply = await this.#persist(() => this.#context.store.finish(end));
      if (reply === 'ok' && resultJson !== undefined) this.#keep(resultJson);
      this.#runtime?.sendSoon({ type: 'done_ack', ...this.#assignment });
      if (reply === 'stale') this.#leave();
      else this.abandon();
      this.#context.onEnded(this, reply !== 'stale');
    });
  }

  /** For later sessions of the same script, if it did nothing but compute and read. A result that is not kept is no loss. */
  #keep(resultJson: string): void {
    const { cache } = this.facts;
    if (cache === undefined || this.#calls?.served.isPure === false || resultJson.length > MAX_KEPT_RESULT)
      return;
    void this.#context.store.cachePut(cache.key, resultJson, cache.ttlMs).catch(() => {});
  }

  /** Somebody else owns the session: the runtime is to forget it. */
  #lose(): void {
    this.#tell({ type: 'cancel', ...this.#assignment, reason: 'stale' });
    this.#leave();
    this.#context.onEnded(this, false);
  }

  #inOrder(work: () => Promise<void>): void {
    this.#underWay++;
    this.#tail = this.#after(this.#tail, work);
  }

  /** Never rejects: what fails is over, and what follows is not. */
  async #after(before: Promise<void> | undefined, work: () => Promise<void>): Promise<void> {
    if (before !== undefined) await before;
    if (!this.#isEnded)
      try {
        await work();
      } catch {}
    this.#underWay--;
    if (this.#underWay === 0) this.#tail = undefined;
  }

  /** Tries again while the store is away: what a runtime has done is not thrown away for that. */
  async #persist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (thrown) {
        const error = toEnclaveError(thrown);
        if (error.code !== 'STORE_UNAVAILABLE' || this.#isEnded) throw error;
        await this.#pause(RETRY_MS);
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#isEnded) throw new EnclaveError('INTERNAL', 'the session has ended');
    await new Promise<void>((resolve) => {
      const end = () => {
        stop();
        this.#timers.delete(end);
        this.#wakers.delete(end);
        resolve();
      };
      const stop = this.#context.clock.setTimer(ms, end);
      this.#timers.add(end);
      this.#wakers.add(end);
    });
  }

  #tell(message: BrokerMessage): void {
    this.#runtime?.send(message);
  }
}
