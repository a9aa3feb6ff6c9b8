// What is seen of an execution before it ends: its connection, the first thing that came back, lines, tool calls.
import type { Clock } from '../clock.ts';
import type { ExecutionEvent } from '../execution.ts';
import type { LoadWatch } from './load-target.ts';

/** Line gaps and tool calls kept of one execution: an answer that never ends must not fill the memory. */
const MAX_MARKS = 10_000;

/** Instants are ms since the start of the run. */
export interface Marks {
  readonly connectedMs?: number;
  readonly firstMs?: number;
  /** Times between lines. */
  readonly gapsMs?: readonly number[];
  readonly callsMs?: readonly number[];
}

/** Notes instants as they happen. */
export class ExecutionMarks implements LoadWatch {
  readonly #clock: Clock;
  readonly #zeroMs: number;
  readonly #gapsMs: number[] = [];
  readonly #callsMs: number[] = [];
  #connectedMs: number | undefined;
  #firstMs: number | undefined;
  #lastLineMs: number | undefined;

  /** @param zeroMs - start of the run on the clock */
  constructor(clock: Clock, zeroMs: number) {
    this.#clock = clock;
    this.#zeroMs = zeroMs;
  }

  connected(): void {
    this.#connectedMs ??= this.#now();
  }

  first(): void {
    this.#firstMs ??= this.#now();
  }

  line(): void {
    this.first();
    const nowMs = this.#now();
    if (this.#lastLineMs !== undefined && this.#gapsMs.length < MAX_MARKS)
      this.#gapsMs.push(nowMs - this.#lastLineMs);
    this.#lastLineMs = nowMs;
  }

  toolCall(durationMs: number): void {
    if (this.#callsMs.length < MAX_MARKS) this.#callsMs.push(durationMs);
  }

  marks(): Marks {
    return {
      ...(this.#connectedMs === undefined ? {} : { connectedMs: this.#connectedMs }),
      ...(this.#firstMs === undefined ? {} : { firstMs: this.#firstMs }),
      ...(this.#gapsMs.length === 0 ? {} : { gapsMs: this.#gapsMs }),
      ...(this.#callsMs.length === 0 ? {} : { callsMs: this.#callsMs }),
    };
  }

  #now(): number {
    return this.#clock.nowMs() - this.#zeroMs;
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
