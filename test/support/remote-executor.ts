// An in-process pool, in a child process that was started with the flag isolates need: they never run in vitest's own worker.
// To the test it is an Executor like any other, events, tool calls, signals and statistics included.
import { type ChildProcess, fork } from 'node:child_process';
import { EnclaveError } from '../../src/errors.ts';
import type {
  ExecutionEvent,
  ExecutionOutcome,
  ExecutionRequest,
  Executor,
  ExecutorStats,
  ToolHandler,
} from '../../src/execution.ts';
import type { PoolOptions } from '../../src/pool/options.ts';

export type ToChild =
  | { readonly type: 'create'; readonly options: PoolOptions }
  | {
      readonly type: 'execute';
      readonly id: number;
      readonly request: ExecutionRequest;
      readonly isAborted: boolean;
    }
  | { readonly type: 'abort'; readonly id: number }
  | {
      readonly type: 'answer';
      readonly call: number;
      readonly value?: unknown;
      readonly failure?: ToolFailureText;
    }
  | { readonly type: 'dispose' };

/** What came up in one turn, and the statistics at its end. */
export interface FromChild {
  readonly told: readonly Told[];
  readonly stats: ExecutorStats;
}

export type Told =
  | { readonly type: 'stats' | 'ready' | 'disposed' }
  | {
      readonly type: 'event';
      readonly id: number;
      readonly event: ExecutionEvent;
      readonly valueJson?: string;
    }
  | {
      readonly type: 'call';
      readonly call: number;
      readonly name: string;
      readonly args: unknown;
      readonly context: CallFacts;
    }
  | { readonly type: 'aborted'; readonly call: number; readonly reason: string };

interface ToolFailureText {
  readonly message: string;
  readonly code?: string;
}

interface CallFacts {
  readonly executionId: string;
  readonly callId: number;
  readonly tenant: string;
}

interface Pending {
  readonly resolve: (outcome: ExecutionOutcome) => void;
  readonly onEvent: ((event: ExecutionEvent) => void) | undefined;
}

const PROGRAM = new URL('../fixtures/programs/in-process-pool.ts', import.meta.url);
const NO_STATS: ExecutorStats = { queued: 0, live: 0, completed: 0, hosts: [], recycled: 0, lost: 0 };

export class RemoteExecutor implements Executor {
  readonly #child: ChildProcess;
  readonly #toolHandler: ToolHandler;
  readonly #ready = Promise.withResolvers<void>();
  readonly #disposed = Promise.withResolvers<void>();
  readonly #pending = new Map<number, Pending>();
  readonly #calls = new Map<number, AbortController>();
  #stats = NO_STATS;
  #lastId = 0;

  constructor({ toolHandler = () => undefined, ...options }: PoolOptions) {
    this.#toolHandler = toolHandler;
    this.#child = fork(PROGRAM, { execArgv: ['--no-node-snapshot'], serialization: 'advanced' });
    this.#child.on('message', (message) => {
      const { told, stats } = message as FromChild;
      this.#stats = stats;
      for (const one of told) this.#receive(one);
    });
    this.#child.on('exit', () => this.#fail());
    this.#send({ type: 'create', options });
  }

  /** Of the process that scripts run in. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  execute({ signal, onEvent, ...request }: ExecutionRequest): Promise<ExecutionOutcome> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#pending.set(id, { resolve, onEvent });
      this.#send({ type: 'execute', id, request, isAborted: signal?.aborted === true });
      signal?.addEventListener('abort', () => this.#send({ type: 'abort', id }), { once: true });
    });
  }

  ready(): Promise<void> {
    return this.#ready.promise;
  }

  stats(): ExecutorStats {
    return this.#stats;
  }

  /** The child stays, so that a pool that was disposed can be asked for more; it goes with the test's process. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#send({ type: 'dispose' });
    return this.#disposed.promise;
  }

  #send(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #receive(message: Told): void {
    switch (message.type) {
      case 'ready':
        this.#ready.resolve();
        return;
      case 'disposed':
        this.#child.unref();
        this.#child.channel?.unref();
        this.#disposed.resolve();
        return;
      case 'event':
        this.#onEvent(message.id, message.event, message.valueJson);
        return;
      case 'call':
        void this.#serve(message);
        return;
      case 'aborted':
        this.#calls.get(message.call)?.abort(message.reason);
    }
  }

  #onEvent(id: number, event: ExecutionEvent, valueJson: string | undefined): void {
    const pending = this.#pending.get(id);
    if (event.type === 'final' && valueJson !== undefined)
      Object.defineProperty(event.outcome, 'valueJson', { value: valueJson, enumerable: false });
    pending?.onEvent?.(event);
    if (event.type !== 'final') return;
    this.#pending.delete(id);
    pending?.resolve(event.outcome);
  }

  async #serve({ call, name, args, context }: Extract<Told, { type: 'call' }>): Promise<void> {
    const controller = new AbortController();
    this.#calls.set(call, controller);
    try {
      const value = await this.#toolHandler(name, args, { ...context, signal: controller.signal });
      this.#send({ type: 'answer', call, value });
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      const code = thrown instanceof Error && 'code' in thrown ? { code: String(thrown.code) } : {};
      this.#send({ type: 'answer', call, failure: { message, ...code } });
    }
    this.#calls.delete(call);
  }

  #fail(): void {
    this.#ready.reject(new EnclaveError('HOST_START_FAILED', 'the process with the pool has ended'));
    this.#ready.promise.catch(() => undefined);
    this.#disposed.resolve();
  }
}
