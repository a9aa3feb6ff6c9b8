// One execution inside the worker: start, deliveries of tool replies, its one outcome. Synchronous throughout.
import type ivm from 'isolated-vm';
import type { LogLevel } from '../execution.ts';
import { ConsoleMeter } from './console-meter.ts';
import { classifyEntryFault, type EntryFault, isMemoryFault } from './engine-errors.ts';
import {
  endFailure,
  type Failing,
  limitFailure,
  rejectionFailure,
  syntaxFailure,
} from './failure-reports.ts';
import type { FailureReport, RunOptions, UpMessage, Usage } from './messages.ts';
import { scriptUrl, wrapSource } from './positions.ts';
import { type Deliver, HOST_OPERATION, limitsToJson } from './prelude.ts';
import type { Room } from './room.ts';
import type { SlotWriter } from './slot.ts';
import type { SourceCache } from './source-cache.ts';

/**
 * isolated-vm's timers are not taken back when an entry ends in time: each wakes a thread when it is due. So they are made to
 * fall due together, at multiples of this.
 */
const TIMEOUT_GRAIN_MS = 50;
const HEAP_READING_FROM_MS = 5;
/** Console text of an entry that lasts leaves the worker after so long, in batches. */
const LOG_DELAY_MS = 20;
/** Steps given to what a time-out cut off. */
const DRAIN_STEPS = 3;
const LOG_LEVELS: ReadonlySet<string> = new Set(['debug', 'log', 'info', 'warn', 'error']);

export interface Reply {
  readonly callId: number;
  readonly ok: boolean;
  readonly json: string;
}

/** What an execution needs of the worker around it. */
export interface RunHost {
  readonly slot: SlotWriter;
  readonly sources: SourceCache;
  /** Queues a message upward; it leaves at the end of the turn, or at once when `isUrgent`. */
  readonly post: (message: UpMessage, isUrgent: boolean) => void;
  /** Differs for every execution of this process. */
  readonly nextNonce: () => string;
}

type Outcome =
  | { readonly ok: true; readonly json: string }
  | { readonly ok: false; readonly failure: FailureReport };

export class ExecutionRun {
  readonly id: number;
  readonly room: Room;
  readonly #failing: Failing;
  readonly #console: ConsoleMeter;
  readonly #options: RunOptions;
  readonly #host: RunHost;
  readonly #startedMs = performance.now();
  #entryMs = 0;
  #flushedMs = 0;
  #isCutOff = false;
  #context: ivm.Context | undefined;
  #deliver: ivm.Reference<Deliver> | undefined;
  #usedMs = 0;
  #calls = 0;
  #outcome: Outcome | undefined;

  constructor(id: number, source: string, options: RunOptions, room: Room, host: RunHost) {
    this.id = id;
    this.#failing = { file: { source, filename: options.filename }, limits: options.limits };
    this.#console = new ConsoleMeter(options.limits);
    this.#options = options;
    this.room = room;
    this.#host = host;
  }

  get isDone(): boolean {
    return this.#outcome !== undefined;
  }

  get hasFailed(): boolean {
    return this.#outcome?.ok === false;
  }

  /** First entry: guard, prelude and script in one crossing. */
  start(argsJson: string): void {
    this.room.live++;
    this.room.started++;
    const { file } = this.#failing;
    const wrapped = wrapSource(file, this.#host.nextNonce());
    this.#enter((timeout) => {
      const place = this.room.takePlace();
      this.#context = place.context;
      const main = this.#host.sources.main(file, this.#options, this.room, place.context);
      const values = [main ?? wrapped, argsJson, limitsToJson(this.#options.limits)] as const;
      this.#deliver = this.room.start(place, this.#onHostCall, values, timeout);
    });
    if (this.#outcome?.ok === false && this.#outcome.failure.code === 'SYNTAX_ERROR')
      this.#locateSyntaxError(wrapped);
  }

  /** A further entry with all replies that have come in for it. */
  deliver(replies: readonly Reply[]): void {
    const flat: (number | boolean | string)[] = [];
    for (const { callId, ok, json } of replies) flat.push(callId, ok, json);
    this.#enter((timeout) => {
      this.#deliver?.applySync(undefined, flat, { timeout });
    });
  }

  /** Ends the execution from outside; its outcome is decided elsewhere. */
  abandon(): void {
    this.#fail({ code: 'CANCELLED', name: 'EnclaveLimit', message: 'cancelled' });
  }

  /** The isolate is gone through another execution. */
  interrupt(): void {
    this.#fail(limitFailure('INTERRUPTED', 'the isolate was lost through another script of the same tenant'));
  }

  /** The last message of the execution. */
  doneMessage(): UpMessage {
    const outcome = this.#outcome ?? { ok: false, failure: limitFailure('SCRIPT_ERROR', 'no outcome') };
    const usage = this.#usage();
    return outcome.ok
      ? ['done', this.id, true, outcome.json, usage]
      : ['done', this.id, false, outcome.failure, usage];
  }

  /** Gives back what the execution held. The room is left standing; its owner decides. */
  release(): void {
    this.room.live--;
    // A fresh isolate goes as a whole, and a step into it could bring up what a time-out cut off.
    if (this.#options.isolation === 'context' && !this.room.isolate.isDisposed) {
      // Left to this thread's garbage collector, the reference would keep the context alive in the other heap.
      this.#deliver?.release();
      this.#context?.release();
    }
    this.#deliver = undefined;
    this.#context = undefined;
  }

  #enter(step: (timeoutMs: number) => void): void {
    const { isolate } = this.room;
    this.#entryMs = performance.now();
    const dueMs = this.#entryMs + this.#options.limits.cpuMs - this.#usedMs;
    const roundDueMs = Math.ceil(dueMs / TIMEOUT_GRAIN_MS) * TIMEOUT_GRAIN_MS;
    const timeoutMs = Math.max(1, Math.ceil(roundDueMs - this.#entryMs));
    this.#host.slot.begin(this.id, timeoutMs);
    const cpuBefore = isolate.cpuTime;
    let fault: EntryFault | undefined;
    try {
      step(timeoutMs);
    } catch (thrown) {
      const isTimeUp = performance.now() - this.#entryMs >= timeoutMs - 1;
      fault = classifyEntryFault(thrown, isolate, isTimeUp);
      if (fault.kind === 'rejection' && isMemoryFault(thrown) && this.#context === undefined)
        fault = { kind: 'memory' };
    }
    this.#usedMs += isolate.isDisposed
      ? performance.now() - this.#entryMs
      : Number(isolate.cpuTime - cpuBefore) / 1e6;
    this.#host.slot.end();
    if (fault !== undefined) this.#onFault(fault, timeoutMs);
    if (this.#outcome === undefined && this.#usedMs > this.#options.limits.cpuMs) this.#failCpu(this.#usedMs);
  }

  // What a time-out cut off, queued microtasks and a rejection nobody has handled, comes up in the next step into the isolate,
  // whoever takes it and without a time-out. So it is brought up here; what still goes on after that costs the isolate.
  #drain(): void {
    const { isolate } = this.room;
    this.#isCutOff = true;
    if (this.#options.isolation === 'isolate') return;
    this.#host.slot.begin(this.id, DRAIN_STEPS * TIMEOUT_GRAIN_MS);
    let isQuiet = false;
    for (let i = 0; i < DRAIN_STEPS && !isQuiet && !isolate.isDisposed; i++) {
      try {
        this.#context?.evalClosureSync('', [], { timeout: TIMEOUT_GRAIN_MS });
        isQuiet = true;
      } catch {
        // Its outcome is known.
      }
    }
    if (!isQuiet && !isolate.isDisposed) isolate.dispose();
    this.#host.slot.end();
  }

  #onFault(fault: EntryFault, timeoutMs: number): void {
    switch (fault.kind) {
      case 'timeout':
        this.room.timeouts++;
        this.#failCpu(Math.max(this.#usedMs, timeoutMs));
        this.#drain();
        return;
      case 'memory':
        this.#fail(
          limitFailure('MEMORY_LIMIT', `the script needed more than ${this.room.heapMb} MiB of memory`),
        );
        return;
      case 'rejection':
        this.#onRejection(fault);
    }
  }

  #onRejection(fault: Extract<EntryFault, { kind: 'rejection' }>): void {
    const failure = rejectionFailure(fault, this.#failing);
    if (this.#outcome === undefined) this.#fail(failure);
    else this.#log('warn', `unhandled rejection: ${failure.message}`, false);
  }

  #failCpu(usedMs: number): void {
    const { cpuMs } = this.#options.limits;
    this.#fail(
      limitFailure('CPU_TIMEOUT', `the script used ${Math.round(usedMs)} ms of its ${cpuMs} ms of CPU time`),
    );
  }

  #fail(failure: FailureReport): void {
    this.#outcome ??= { ok: false, failure };
  }

  // Called by the prelude in the middle of an entry: queues, never throws, never enters the isolate. The prelude has kept
  // the caps already; they are checked again in case a script ever gets hold of this function.
  readonly #onHostCall = (operation: unknown, a: unknown, b: unknown, c: unknown): string => {
    if (this.#outcome !== undefined) return 'finished';
    if (typeof a !== 'string' || typeof b !== 'string' || typeof c !== 'string') return 'expected texts';
    switch (operation) {
      case HOST_OPERATION.finish:
        this.#finish(a, b);
        return '';
      case HOST_OPERATION.call:
        return this.#call(Number(a), b, c);
      case HOST_OPERATION.log:
        return this.#log(a, b, c === 'cut');
      default:
        return 'unknown operation';
    }
  };

  #call(callId: number, tool: string, json: string): string {
    const { maxToolCalls, maxToolArgBytes } = this.#options.limits;
    if (!Number.isInteger(callId) || callId < 1 || callId > maxToolCalls || ++this.#calls > maxToolCalls) {
      this.#finish('TOOL_CALL_LIMIT', '');
      return 'too many calls';
    }
    if (json.length > maxToolArgBytes) {
      this.#finish('TOOL_ARGS_TOO_LARGE', '');
      return 'too large';
    }
    this.#host.post(['call', this.id, callId, tool, json], false);
    return '';
  }

  #log(level: string, text: string, isCut: boolean): string {
    const kept = isLogLevel(level) ? this.#console.take(text, isCut) : undefined;
    if (kept === undefined || !isLogLevel(level)) return 'refused';
    const now = performance.now();
    // Once nothing more can come, waiting for it would only keep a long entry's lines back.
    const isUrgent = this.#console.isUsedUp || now - Math.max(this.#entryMs, this.#flushedMs) > LOG_DELAY_MS;
    if (isUrgent) this.#flushedMs = now;
    this.#host.post(['log', this.id, level, kept, now - this.#startedMs], isUrgent);
    return '';
  }

  #finish(kind: string, payload: string): void {
    if (kind !== 'ok') this.#fail(endFailure(kind, payload, this.#failing));
    else if (payload.length > this.#options.limits.maxResultBytes)
      this.#finish('RESULT_TOO_LARGE', String(payload.length));
    else this.#outcome ??= { ok: true, json: payload };
  }

  // A SyntaxError of `eval` carries no position, so the text is compiled once more for the error's sake.
  #locateSyntaxError(wrapped: string): void {
    if (this.#outcome?.ok !== false || this.room.isolate.isDisposed) return;
    const { failure } = this.#outcome;
    this.#host.slot.begin(this.id, this.#options.limits.cpuMs);
    try {
      this.room.isolate.compileScriptSync(wrapped, { filename: scriptUrl(this.#failing.file.filename) });
      this.#outcome = { ok: false, failure: { ...failure, code: 'SCRIPT_ERROR' } };
    } catch (thrown) {
      this.#outcome = { ok: false, failure: syntaxFailure(thrown, this.#failing) };
    }
    this.#host.slot.end();
  }

  #usage(): Usage {
    const usage = {
      durationMs: performance.now() - this.#startedMs,
      cpuMs: this.#usedMs,
      consoleBytes: this.#console.bytes,
      logsTruncated: this.#console.isTruncated,
    };
    const { isolate } = this.room;
    const isReadable = this.#options.isolation === 'isolate' && !this.#isCutOff && !isolate.isDisposed;
    if (!isReadable || this.#usedMs < HEAP_READING_FROM_MS) return usage;
    return { ...usage, heapUsedBytes: isolate.getHeapStatisticsSync().used_heap_size };
  }
}

function isLogLevel(level: string): level is LogLevel {
  return LOG_LEVELS.has(level);
}
