// What the worker is doing right now, in memory that the watch reads while the worker is stuck, and in a file
// that the embedding process reads after the host has died. Without it nobody could tell the culprit from the bystanders.
import { writeSync } from 'node:fs';

const SERIAL = 0;
const EXECUTION = 1;
const START_MS = 2;
const BUDGET_MS = 3;
const WORDS = 4;

/** One entry under way. Times are ms since the time origin that writer and reader have agreed on. */
export interface Slice {
  readonly serial: number;
  readonly executionId: number;
  readonly startMs: number;
  readonly budgetMs: number;
}

export function createSlotMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT);
}

/** Reads the entry under way; `undefined` between entries. */
export function readSlot(memory: SharedArrayBuffer): Slice | undefined {
  const words = new Int32Array(memory);
  const executionId = Atomics.load(words, EXECUTION);
  if (executionId === 0) return undefined;
  return {
    serial: Atomics.load(words, SERIAL),
    executionId,
    startMs: Atomics.load(words, START_MS),
    budgetMs: Atomics.load(words, BUDGET_MS),
  };
}

/** The worker's end of the slot. */
export class SlotWriter {
  readonly #words: Int32Array;
  readonly #originMs: number;
  readonly #markFd: number | undefined;
  readonly #mark = new Uint32Array(1);

  /** `originMs` is the time origin agreed on; `markFd` the open mark file, where there is one. */
  constructor(memory: SharedArrayBuffer, originMs: number, markFd: number | undefined) {
    this.#words = new Int32Array(memory);
    this.#originMs = performance.timeOrigin - originMs;
    this.#markFd = markFd;
  }

  begin(executionId: number, budgetMs: number): void {
    const words = this.#words;
    Atomics.store(words, START_MS, this.#originMs + performance.now());
    Atomics.store(words, BUDGET_MS, budgetMs);
    Atomics.add(words, SERIAL, 1);
    Atomics.store(words, EXECUTION, executionId);
    this.#writeMark(executionId);
  }

  end(): void {
    Atomics.store(this.#words, EXECUTION, 0);
  }

  /**
   * To be called when no further entry follows at once: clears the file, which `end` leaves as it is, because half of all
   * entries follow one another, and each writing of it is a system call.
   */
  rest(): void {
    this.#writeMark(0);
  }

  #writeMark(executionId: number): void {
    if (this.#markFd === undefined || this.#mark[0] === executionId) return;
    this.#mark[0] = executionId;
    writeSync(this.#markFd, this.#mark, 0, 4, 0);
  }
}
