// A runtime: takes sessions over lines to brokers, runs them on an executor, and keeps what it has done until a broker
// has it for sure. A line may break and come back, here or at another broker; scripts go on meanwhile.
import { randomUUID } from 'node:crypto';
import { BriefMap } from '../brief-map.ts';
import type { Clock } from '../clock.ts';
import type {
  ExecutionLimits,
  ExecutionOutcome,
  Executor,
  ExecutorStats,
  ToolHandler,
} from '../execution.ts';
import { lowerLimits } from '../limits.ts';
import { NO_STATS } from '../no-stats.ts';
import { type Labels, PROTOCOL_VERSION } from '../protocol/events.ts';
import type { RuntimeLink } from '../protocol/link.ts';
import type { BrokerMessage, RuntimeMessage, Start, ToolResult, WireOutcome } from '../protocol/messages.ts';
import { startRun } from '../telemetry/tracing.ts';
import { ToolFailure } from '../tools/tool-failure.ts';

export interface RuntimeOptions {
  /** Makes the executor; every tool call of a script goes to this handler. Disposed with the runtime. */
  readonly createExecutor: (toolHandler: ToolHandler) => Executor;
  readonly clock: Clock;
  readonly labels: Labels;
  /** Sessions at one time. */
  readonly slots: number;
  readonly heartbeatMs: number;
  /** Limits that no execution gets more than, whatever the broker says. */
  readonly ceiling?: Partial<ExecutionLimits>;
  readonly runtimeId?: string;
}

export interface RuntimeNow {
  /** Sessions under way. */
  readonly busy: number;
  readonly slots: number;
  readonly isConnected: boolean;
  readonly isDraining: boolean;
  readonly executor: ExecutorStats;
}

/**
 * An outcome whose script waited for its turn may wait this share of that for others to go along with it, and not longer than
 * {@link MAX_WAIT_MS}. Where scripts wait, processors are what is short, and every frame of its own costs two processes a turn.
 */
const WAIT_SHARE = 0.4;
const MIN_WAIT_MS = 1;
const MAX_WAIT_MS = 25;

interface Call {
  readonly name: string;
  readonly args: unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: ToolFailure) => void;
}

interface Running {
  readonly start: Start;
  readonly abort: AbortController;
  /** Everything a new broker may have to hear again. */
  readonly emits: RuntimeMessage[];
  readonly calls: Map<number, Call>;
  outcome: WireOutcome | undefined;
}

export class Runtime implements AsyncDisposable {
  readonly runtimeId: string;
  /** Proves on a new line that we are who we were on the old one. */
  readonly #instance: string = randomUUID();
  readonly #options: RuntimeOptions;
  readonly #executor: Executor;
  readonly #running = new BriefMap<string, Running>();
  #link: RuntimeLink | undefined;
  /** Ours, or the broker's if that is shorter: it drops whom it does not hear. */
  #heartbeatMs: number;
  #stopBeating: () => void = () => {};
  #isDraining = false;
  #idle: (() => void) | undefined;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#heartbeatMs = options.heartbeatMs;
    this.runtimeId = options.runtimeId ?? `r_${randomUUID()}`;
    this.#executor = options.createExecutor((name, args, context) =>
      this.#callTool(context.executionId, context.callId, name, args),
    );
  }

  /** Resolves once scripts can start without waiting. */
  ready(): Promise<void> {
    return this.#executor.ready();
  }

  /** Scripts that run; what has ended and only waits for the broker to have it is none. */
  get busy(): number {
    return [...this.#running.values()].filter(({ outcome }) => outcome === undefined).length;
  }

  /** What it is doing at this moment. */
  get now(): RuntimeNow {
    return {
      busy: this.busy,
      slots: this.#options.slots,
      isConnected: this.#link !== undefined,
      isDraining: this.#isDraining,
      executor: this.#executor.stats(),
    };
  }

  /** Uses this line from now on. Sessions of the line before are brought along. Resolves when the broker has welcomed us. */
  attach(link: RuntimeLink, onClose: (reason: string) => void = () => {}): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { labels, slots } = this.#options;
    const { runtimeId } = this;
    const instance = this.#instance;
    this.#link = link;
    link.onMessage((message) => {
      if (message.type === 'welcome') {
        this.#heartbeatMs = Math.min(this.#options.heartbeatMs, message.heartbeatMs);
        this.#beat();
        resolve();
      } else this.#hear(message);
    });
    link.onClose((reason) => {
      if (this.#link === link) {
        this.#link = undefined;
        this.#stopBeating();
      }
      onClose(reason);
    });
    this.#send({ type: 'hello', protocolVersion: PROTOCOL_VERSION, runtimeId, instance, labels, slots });
    const sessions = this.#running.values().map(({ start: { id, fence } }) => ({ id, fence }));
    // Also when there are none: what a broker thinks we have and we do not was lost with the line.
    this.#send({ type: 'attach', sessions: [...sessions] });
    if (this.#isDraining) this.#send({ type: 'draining' });
    return promise;
  }

  /** Takes no new work; resolves when what runs has ended and a broker knows. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    this.#send({ type: 'draining' });
    if (this.#running.size > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDraining = true;
    this.#stopBeating();
    this.#link?.close('the runtime is closing');
    for (const { abort } of this.#running.values()) abort.abort();
    await this.#executor[Symbol.asyncDispose]();
  }

  #beat(): void {
    this.#stopBeating();
    this.#stopBeating = this.#options.clock.setTimer(this.#heartbeatMs, () => {
      const { hosts } = this.#executor.stats();
      const rssBytes = hosts.reduce((sum, host) => sum + (host.rssBytes ?? 0), 0);
      this.#send({ type: 'heartbeat', busy: this.busy, rssBytes });
      this.#beat();
    });
  }

  #hear(message: BrokerMessage): void {
    switch (message.type) {
      case 'start':
        this.#start(message);
        return;
      case 'tool_result':
        this.#settleCall(message);
        return;
      case 'cancel': {
        const running = this.#of(message);
        if (message.reason === 'stale') this.#forget(running);
        running?.abort.abort();
        return;
      }
      case 'attached':
        this.#tellAgain(this.#of(message));
        return;
      case 'done_ack':
        this.#forget(this.#of(message));
        return;
      default:
      // A broker that drains closes the line when it goes.
    }
  }

  #of({ id, fence }: { readonly id: string; readonly fence: string }): Running | undefined {
    const running = this.#running.get(id);
    return running?.start.fence === fence ? running : undefined;
  }

  #start(start: Start): void {
    const { id, fence } = start;
    if (this.#isDraining || this.#running.size >= this.#options.slots || this.#running.has(id)) {
      this.#send({ type: 'refuse', id, fence });
      return;
    }
    const running: Running = {
      start,
      abort: new AbortController(),
      emits: [],
      calls: new Map(),
      outcome: undefined,
    };
    this.#running.set(id, running);
    void this.#run(running);
  }

  async #run(running: Running): Promise<void> {
    const { id, fence, source, args, language, filename, tenant, limits, isolation } = running.start;
    const endSpan = startRun(running.start.traceparent, id);
    const outcome = await this.#executor
      .execute({
        source,
        args,
        language,
        filename,
        tenant,
        limits: lowerLimits(limits, this.#options.ceiling ?? {}),
        executionId: id,
        signal: running.abort.signal,
        ...(isolation === undefined ? {} : { isolation }),
        onEvent: (event) => {
          if (event.type !== 'log') return;
          const { level, text } = event;
          const emit = { type: 'emit', id, fence, n: running.emits.length + 1, level, text } as const;
          running.emits.push(emit);
          this.#send(emit);
        },
      })
      .catch(asFault);
    endSpan(outcome.success ? 'ok' : outcome.error.code);
    running.outcome = wireOutcome(outcome);
    running.calls.clear();
    const waitMs = Math.min(MAX_WAIT_MS, running.outcome.stats.queueMs * WAIT_SHARE);
    if (this.#running.get(id) === running)
      this.#send({ type: 'done', id, fence, outcome: running.outcome }, waitMs < MIN_WAIT_MS ? 0 : waitMs);
  }

  #callTool(id: string, callId: number, name: string, args: unknown): Promise<unknown> {
    const running = this.#running.get(id);
    if (running === undefined) throw new ToolFailure('CANCELLED', 'the session has moved on');
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    running.calls.set(callId, { name, args, resolve, reject });
    this.#send({ type: 'tool_call', id, fence: running.start.fence, callId, name, args });
    return promise;
  }

  #settleCall(message: ToolResult): void {
    const running = this.#of(message);
    const call = running?.calls.get(message.callId);
    running?.calls.delete(message.callId);
    if (message.ok) call?.resolve(message.result);
    else call?.reject(new ToolFailure(message.code, message.message));
  }

  /** A broker that took the session over may have missed what the one before did not store. It drops what it has. */
  #tellAgain(running: Running | undefined): void {
    if (running === undefined) return;
    const { id, fence } = running.start;
    for (const emit of running.emits) this.#send(emit);
    for (const [callId, { name, args }] of running.calls)
      this.#send({ type: 'tool_call', id, fence, callId, name, args });
    if (running.outcome !== undefined) this.#send({ type: 'done', id, fence, outcome: running.outcome });
  }

  #forget(running: Running | undefined): void {
    if (running === undefined) return;
    this.#running.delete(running.start.id);
    for (const { reject } of running.calls.values())
      reject(new ToolFailure('CANCELLED', 'the session has moved on'));
    if (this.#running.size === 0) this.#idle?.();
  }

  #send(message: RuntimeMessage, withinMs = 0): void {
    this.#link?.send(message, withinMs);
  }
}

function wireOutcome(outcome: ExecutionOutcome): WireOutcome {
  const { hostPid: _hostPid, ...stats } = outcome.stats;
  return outcome.success
    ? { success: true, valueJson: outcome.valueJson, stats }
    : { success: false, error: outcome.error, stats };
}

/** An executor that rejects has a fault of its own: the session must end all the same. */
function asFault(thrown: unknown): ExecutionOutcome {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    success: false,
    error: { code: 'SANDBOX_CRASHED', name: 'EnclaveError', message },
    logs: [],
    stats: NO_STATS,
  };
}
