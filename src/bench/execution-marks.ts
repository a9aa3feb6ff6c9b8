// What is seen of an execution before it ends: its connection, the first thing that came back, lines, tool calls.
import type { ExecutionEvent, ExecutionRequest } from '../execution.ts';
import type { LoadWatch } from './load-target.ts';

/** Line gaps and tool calls kept of one execution: an answer that never ends must not fill the memory. */
const MAX_MARKS = 10_000;

/** Instants are ms since the start of the run; undefined where a target did not tell. */
export interface Marks {
  readonly connectedMs: number | undefined;
  readonly firstMs: number | undefined;
  /** Times between lines. */
  readonly gapsMs: readonly number[];
  readonly callsMs: readonly number[];
}

const NONE: readonly number[] = [];

/** Notes instants as they happen. One for every execution: what is not needed is not allocated. */
export class ExecutionMarks implements LoadWatch, Marks {
  readonly #now: () => number;
  connectedMs: number | undefined = undefined;
  firstMs: number | undefined = undefined;
  #gapsMs: number[] | undefined = undefined;
  #callsMs: number[] | undefined = undefined;
  #lastLineMs: number | undefined = undefined;
  #cancel: (() => void) | undefined = undefined;

  /** @param now - ms since the start of the run */
  constructor(now: () => number) {
    this.#now = now;
  }

  get gapsMs(): readonly number[] {
    return this.#gapsMs ?? NONE;
  }

  get callsMs(): readonly number[] {
    return this.#callsMs ?? NONE;
  }

  connected(): void {
    this.connectedMs ??= this.#now();
  }

  first(): void {
    this.firstMs ??= this.#now();
  }

  line(): void {
    const nowMs = this.#now();
    this.firstMs ??= nowMs;
    if (this.#lastLineMs !== undefined) {
      this.#gapsMs ??= [];
      if (this.#gapsMs.length < MAX_MARKS) this.#gapsMs.push(nowMs - this.#lastLineMs);
    }
    this.#lastLineMs = nowMs;
  }

  toolCall(durationMs: number): void {
    this.#callsMs ??= [];
    if (this.#callsMs.length < MAX_MARKS) this.#callsMs.push(durationMs);
  }

  onCancel(act: () => void): void {
    this.#cancel = act;
  }

  /** The answer is no longer wanted. */
  cancel(): void {
    this.#cancel?.();
  }
}

/** Tells a watch what the events of an execution mean. That it was queued and started is no answer yet. */
export function watchEvents(watch: LoadWatch): (event: ExecutionEvent) => void {
  return (event) => {
    switch (event.type) {
      case 'log':
        watch.line();
        return;
      case 'tool_call':
      case 'final':
        watch.first();
        return;
      case 'tool_result':
        watch.toolCall(event.durationMs);
        return;
      default:
    }
  };
}

/** For targets that know nothing of watches: events tell what is seen, a signal cancels. */
export function withEvents(request: ExecutionRequest, seen: ExecutionMarks): ExecutionRequest {
  const controller = new AbortController();
  seen.onCancel(() => controller.abort());
  return { ...request, signal: controller.signal, onEvent: watchEvents(seen) };
}
