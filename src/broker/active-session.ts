// One session that a runtime of this broker runs: its console, its tool calls, its end, each under the session's fence.
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { EnclaveError, toEnclaveError } from '../errors.ts';
import type { ToolHandler } from '../execution.ts';
import type { BrokerMessage, Done, Emit, ToolCall } from '../protocol/messages.ts';
import type { DispatchEntry, Finish, Store } from '../store/store.ts';
import type { ToolEffect } from '../tools/define-tool.ts';
import { endOf, failedFinal } from './session-end.ts';

/** What the sessions of one broker share. */
export interface ActiveContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly brokerId: string;
  readonly callTool: ToolHandler;
  readonly effectOf: (tool: string) => ToolEffect;
  readonly maxToolResultBytes: number;
  /** Nothing is left to do here. `isOver`: the session has ended; else another broker owns it, and its entry. */
  readonly onEnded: (session: ActiveSession, isOver: boolean) => void;
}

export interface ActiveFacts {
  readonly id: string;
  readonly fence: string;
  readonly entry: DispatchEntry;
  readonly tenant: string;
  readonly attempt: number;
  /** Tools that the caller allows; all of the broker's when absent. */
  readonly tools?: readonly string[];
}

type ToolReply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Between two tries while the store is away, or while another broker runs the call, ms. */
const RETRY_MS = 250;
const CANCEL_PATIENCE_MS = 2_000;

export class ActiveSession {
  readonly facts: ActiveFacts;
  readonly #context: ActiveContext;
  readonly #calls = new Map<number, Promise<ToolReply>>();
  readonly #abort = new AbortController();
  /** Writes of this session, one after the other: a line may not overtake the one before, nor the end a line. */
  #tail: Promise<void> = Promise.resolve();
  #send: ((message: BrokerMessage) => void) | undefined;
  #isEnded = false;
  readonly #timers = new Set<() => void>();
  /** Ends the waits for answers that come from elsewhere. */
  readonly #wakers = new Set<() => void>();

  constructor(facts: ActiveFacts, context: ActiveContext, deadlineMs: number) {
    this.facts = facts;
    this.#context = context;
    const { clock, store } = context;
    this.#timers.add(
      clock.setTimer(Math.max(0, deadlineMs - store.nowMs()), () => {
        this.#finishInOrder('failed', failedFinal('SESSION_TIMEOUT', facts.attempt));
        this.#tell({ type: 'cancel', ...this.#assignment, reason: 'stale' });
      }),
    );
  }

  /** Where messages for the runtime go; absent while it is away. */
  connect(send: ((message: BrokerMessage) => void) | undefined): void {
    this.#send = send;
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
    this.#finishInOrder(state, final);
  }

  /** The runtime is gone for good. Does nothing if it has moved to another broker. */
  lost(): void {
    const final = failedFinal('RUNTIME_LOST', this.facts.attempt);
    this.#finishInOrder('failed', final, this.#context.brokerId);
  }

  /** Leaves the session as it is: another broker may own it by now, or will. */
  abandon(): void {
    this.#isEnded = true;
    this.#abort.abort();
    for (const stop of this.#timers) stop();
    this.#timers.clear();
  }

  /** Serves a call, however often the runtime repeats it after it was away: the tool runs at most once here. */
  toolCall(call: ToolCall): void {
    const { callId } = call;
    const reply = this.#calls.get(callId) ?? this.#serve(call);
    this.#calls.set(callId, reply);
    void reply.then((result) => {
      // A tool's abort after the end of the session is nobody's answer.
      if (!this.#isEnded) this.#tell({ type: 'tool_result', ...this.#assignment, callId, ...result });
    });
  }

  /** A call of this session has been answered elsewhere. */
  onToolEnded(): void {
    for (const wake of this.#wakers) wake();
  }

  get #assignment(): { readonly id: string; readonly fence: string } {
    return { id: this.facts.id, fence: this.facts.fence };
  }

  async #serve(call: ToolCall): Promise<ToolReply> {
    try {
      // Behind the lines that were printed before it.
      await this.#tail;
      return await this.#serveUnsafe(call);
    } catch (thrown) {
      return { ok: false, code: 'INTERNAL', message: toEnclaveError(thrown).message };
    }
  }

  async #serveUnsafe(call: ToolCall): Promise<ToolReply> {
    const { store, brokerId, effectOf } = this.#context;
    const { name, callId, args } = call;
    if (this.facts.tools !== undefined && !this.facts.tools.includes(name))
      return { ok: false, code: 'UNKNOWN_TOOL', message: `the session may not call ${JSON.stringify(name)}` };
    const argsJson = JSON.stringify(args) ?? 'null';
    const begin = {
      ...this.#assignment,
      callId,
      brokerId,
      effect: effectOf(name),
      hash: createHash('sha256').update(JSON.stringify(name)).update(argsJson).digest('base64url'),
      event: `{"callId":${callId},"toolName":${JSON.stringify(name)},"args":${argsJson}}`,
    };
    let goneBroker: string | undefined;
    for (;;) {
      const reply = await this.#persist(() =>
        store.toolBegin(goneBroker === undefined ? begin : { ...begin, goneBroker }),
      );
      switch (reply.code) {
        case 'run':
          return await this.#run(call);
        case 'done':
          return replayed(reply.ok, reply.result);
        case 'doubt':
          return {
            ok: false,
            code: 'OUTCOME_UNKNOWN',
            message: `the broker that called ${name} was lost; it may or may not have happened`,
          };
        case 'mismatch':
          return { ok: false, code: 'MISMATCH', message: `call ${callId} was another call before` };
        case 'stale':
          this.#lose();
          return { ok: false, code: 'CANCELLED', message: 'the session has moved on' };
        case 'wait':
          goneBroker = (await this.#isAlive(reply.brokerId)) ? undefined : reply.brokerId;
          if (goneBroker === undefined) await this.#pause();
      }
    }
  }

  async #run({ name, args, callId }: ToolCall): Promise<ToolReply> {
    const { id: executionId, tenant } = this.facts;
    const { signal } = this.#abort;
    const reply = await this.#answer(() =>
      this.#context.callTool(name, args, { executionId, callId, tenant, signal }),
    );
    const result = JSON.stringify(reply.ok ? (reply.result ?? null) : reply);
    const event = JSON.stringify({ callId, ok: reply.ok, ...(reply.ok ? {} : { code: reply.code }) });
    await this.#persist(() =>
      this.#context.store.toolEnd({ id: executionId, callId, ok: reply.ok, result, event }),
    );
    return reply;
  }

  async #answer(work: () => unknown): Promise<ToolReply> {
    try {
      const result: unknown = await work();
      const bytes = (JSON.stringify(result) ?? 'null').length;
      if (bytes <= this.#context.maxToolResultBytes) return { ok: true, result: result ?? null };
      const most = this.#context.maxToolResultBytes;
      return {
        ok: false,
        code: 'RESULT_TOO_LARGE',
        message: `the result has ${bytes} bytes, more than ${most}`,
      };
    } catch (thrown) {
      const code =
        thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      return { ok: false, code: code === '' ? 'TOOL_FAILED' : code.slice(0, 256), message };
    }
  }

  async #isAlive(brokerId: string): Promise<boolean> {
    if (brokerId === this.#context.brokerId) return true;
    const fleet = await this.#persist(() => this.#context.store.fleet());
    return fleet.some((broker) => broker.brokerId === brokerId);
  }

  #finishInOrder(state: Finish['state'], final: string, owner?: string): void {
    this.#inOrder(async () => {
      const end = { ...this.#assignment, state, final, ...(owner === undefined ? {} : { owner }) };
      const reply = await this.#persist(() => this.#context.store.finish(end));
      this.#tell({ type: 'done_ack', ...this.#assignment });
      this.abandon();
      this.#context.onEnded(this, reply !== 'stale');
    });
  }

  /** Somebody else owns the session: the runtime is to forget it. */
  #lose(): void {
    this.#tell({ type: 'cancel', ...this.#assignment, reason: 'stale' });
    this.abandon();
    this.#context.onEnded(this, false);
  }

  #inOrder(work: () => Promise<void>): void {
    this.#tail = this.#tail.then(async () => {
      if (!this.#isEnded) await work();
    });
    this.#tail = this.#tail.catch(() => {});
  }

  /** Tries again while the store is away: what a runtime has done is not thrown away for that. */
  async #persist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (thrown) {
        const error = toEnclaveError(thrown);
        if (error.code !== 'STORE_UNAVAILABLE' || this.#isEnded) throw error;
        await this.#pause();
      }
    }
  }

  async #pause(): Promise<void> {
    if (this.#isEnded) throw new EnclaveError('INTERNAL', 'the session has ended');
    await new Promise<void>((resolve) => {
      const stop = this.#context.clock.setTimer(RETRY_MS, () => {
        this.#timers.delete(end);
        this.#wakers.delete(end);
        resolve();
      });
      const end = () => {
        stop();
        this.#timers.delete(end);
        this.#wakers.delete(end);
        resolve();
      };
      this.#timers.add(end);
      this.#wakers.add(end);
    });
  }

  #tell(message: BrokerMessage): void {
    this.#send?.(message);
  }
}

function replayed(ok: boolean, json: string): ToolReply {
  const value: unknown = JSON.parse(json);
  if (ok) return { ok, result: value };
  const { code, message } =
    typeof value === 'object' && value !== null
      ? { code: '', message: '', ...value }
      : { code: '', message: '' };
  return { ok, code: String(code), message: String(message) };
}
