// Executors with a known law on a given clock: what the load engine is measured against.
import type { Clock } from '../../src/clock.ts';
import type { OutcomeCode } from '../../src/errors.ts';
import type {
  ExecutionOutcome,
  ExecutionRequest,
  ExecutionStats,
  Executor,
  ExecutorStats,
} from '../../src/execution.ts';

const STATS: ExecutionStats = {
  durationMs: 1,
  queueMs: 0,
  cpuMs: 0.5,
  toolMs: 0,
  toolCallCount: 0,
  consoleBytes: 0,
  logsTruncated: false,
  resultBytes: 1,
  isolation: 'isolate',
};

export function succeeded(stats: Partial<ExecutionStats> = {}): ExecutionOutcome {
  return { success: true, value: 1, valueJson: '1', stats: { ...STATS, ...stats }, logs: [] };
}

export function failed(code: OutcomeCode): ExecutionOutcome {
  return { success: false, error: { code, name: 'Error', message: code }, stats: STATS, logs: [] };
}

/** Answers each execution when `serve` says so. */
export class FakeExecutor implements Executor {
  readonly #serve: (request: ExecutionRequest, n: number) => Promise<ExecutionOutcome>;
  readonly requests: ExecutionRequest[] = [];
  #completed = 0;

  constructor(serve: (request: ExecutionRequest, n: number) => Promise<ExecutionOutcome>) {
    this.#serve = serve;
  }

  async execute(request: ExecutionRequest): Promise<ExecutionOutcome> {
    this.requests.push(request);
    const outcome = await this.#serve(request, this.requests.length - 1);
    this.#completed += 1;
    return outcome;
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  stats(): ExecutorStats {
    const live = this.requests.length - this.#completed;
    const host = { pid: 4_711, live, completed: this.#completed, cpuMs: this.#completed * 2, rssBytes: 1e7 };
    return { queued: 0, live, completed: this.#completed, hosts: [host], recycled: 0, lost: 0 };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Every execution takes `delayMs`, however many there are. */
export function fixedDelay(clock: Clock, delayMs: number): FakeExecutor {
  return new FakeExecutor(() => later(clock, delayMs, succeeded()));
}

/** One server, first come first served, `serviceMs` each. */
export function singleServer(clock: Clock, serviceMs: number): FakeExecutor {
  let freeAtMs = 0;
  return new FakeExecutor(() => {
    const nowMs = clock.nowMs();
    freeAtMs = Math.max(freeAtMs, nowMs) + serviceMs;
    return later(clock, freeAtMs - nowMs, succeeded({ queueMs: freeAtMs - nowMs - serviceMs }));
  });
}

/** Never answers; a cancelled execution ends as CANCELLED. */
export function silent(): FakeExecutor {
  return new FakeExecutor(
    (request) =>
      new Promise((resolve) => {
        request.signal?.addEventListener('abort', () => resolve(failed('CANCELLED')), { once: true });
      }),
  );
}

export function later<T>(clock: Clock, ms: number, value: T): Promise<T> {
  return new Promise((resolve) => void clock.setTimer(ms, () => resolve(value)));
}
