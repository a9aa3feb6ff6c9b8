// One execution as the embedding process sees it: its events, logs, tool calls, deadlines, and its one outcome.
import type { Clock } from '../clock.ts';
import type { OutcomeCode } from '../errors.ts';
import type {
  ExecutionError,
  ExecutionEvent,
  ExecutionLimits,
  ExecutionOutcome,
  ExecutionRequest,
  ExecutionStats,
  Isolation,
  LogEntry,
  LogLevel,
  ToolHandler,
} from '../execution.ts';
import type { FailureReport, Usage } from '../sandbox/messages.ts';
import { ToolCalls, type ToolReply } from './tool-calls.ts';

export interface JobSetup {
  readonly request: ExecutionRequest;
  readonly executionId: string;
  readonly argsJson: string;
  readonly limits: ExecutionLimits;
  readonly isolation: Isolation;
  readonly toolHandler: ToolHandler | undefined;
  readonly runsAlone: boolean;
  readonly clock: Clock;
}

type EventBody = ExecutionEvent extends infer E
  ? E extends ExecutionEvent
    ? Omit<E, 'executionId' | 'seq' | 'atMs'>
    : never
  : never;

const NO_USAGE: Usage = { durationMs: 0, cpuMs: 0, consoleBytes: 0, logsTruncated: false };

export class Job {
  readonly request: ExecutionRequest;
  readonly executionId: string;
  readonly tenant: string;
  readonly argsJson: string;
  readonly limits: ExecutionLimits;
  readonly isolation: Isolation;
  readonly outcome: Promise<ExecutionOutcome>;
  /** Times it was given to a host that was then lost. */
  losses = 0;
  /** Whether it gets a fresh host that it shares with nobody. */
  runsAlone: boolean;
  hostPid: number | undefined;
  /** Crashes in the pool when it was admitted. */
  crashesSeen = 0;
  readonly #clock: Clock;
  readonly #tools: ToolCalls;
  readonly #submittedMs: number;
  readonly #onEvent: ((event: ExecutionEvent) => void) | undefined;
  #resolve: (outcome: ExecutionOutcome) => void = () => undefined;
  #startedMs: number | undefined;
  #logs: LogEntry[] = [];
  #consoleBytes = 0;
  #lastCallId = 0;
  #calls = 0;
  #seq = 0;
  #isDone = false;
  #stopTimer: () => void = () => undefined;

  constructor(setup: JobSetup) {
    const { request, executionId, argsJson, limits, isolation, toolHandler, clock } = setup;
    this.request = request;
    this.runsAlone = setup.runsAlone;
    this.executionId = executionId;
    this.tenant = request.tenant ?? 'default';
    this.argsJson = argsJson;
    this.limits = limits;
    this.isolation = isolation;
    this.#clock = clock;
    this.#submittedMs = clock.nowMs();
    this.#onEvent = request.onEvent;
    this.#tools = new ToolCalls({ handler: toolHandler, limits, executionId, tenant: this.tenant, clock });
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#emit({ type: 'queued' });
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  get isStarted(): boolean {
    return this.#startedMs !== undefined;
  }

  /** Tool calls served so far; after the first one a second run could do something twice. */
  get toolCallCount(): number {
    return this.#calls;
  }

  /** Runs `onLate` once the job has waited for longer than it may. */
  awaitStart(onLate: () => void): void {
    this.#stopTimer = this.#clock.setTimer(this.limits.queueMs, onLate);
  }

  /** The worker has begun; runs `onLate` at the wall deadline. */
  start(onLate: () => void): void {
    if (this.#isDone || this.isStarted) return;
    this.#startedMs = this.#clock.nowMs();
    this.#stopTimer();
    this.#stopTimer = this.#clock.setTimer(this.limits.wallMs, onLate);
    this.#emit({ type: 'started' });
  }

  /** Back to the queue after the loss of its host. */
  reset(): void {
    this.losses++;
    this.#startedMs = undefined;
    this.hostPid = undefined;
    this.#logs = [];
    this.#consoleBytes = 0;
    this.#stopTimer();
  }

  log(level: LogLevel, text: string, atMs: number): void {
    if (this.#isDone) return;
    const { maxConsoleBytes, maxConsoleCalls, maxErrorBytes } = this.limits;
    // The worker keeps these bounds itself; one more line is for the warning about a late rejection.
    if (this.#consoleBytes > maxConsoleBytes + maxErrorBytes || this.#logs.length >= maxConsoleCalls) return;
    this.#consoleBytes += text.length + 1;
    this.#logs.push({ level, text, atMs });
    this.#emit({ type: 'log', level, text });
  }

  /** Serves a tool call. False when the host had no right to make it. */
  callTool(callId: number, tool: string, argsJson: string, answer: (reply: ToolReply) => void): boolean {
    const { maxToolCalls, maxToolArgBytes } = this.limits;
    if (callId <= this.#lastCallId || callId > maxToolCalls || argsJson.length > maxToolArgBytes)
      return false;
    let args: unknown;
    try {
      args = JSON.parse(argsJson);
    } catch {
      return false;
    }
    this.#lastCallId = callId;
    this.#calls++;
    this.#emit({ type: 'tool_call', callId, tool, args });
    const startMs = this.#clock.nowMs();
    this.#tools.start(callId, tool, args, (reply) => {
      const durationMs = this.#clock.nowMs() - startMs;
      this.#emit({
        type: 'tool_result',
        callId,
        ok: reply.ok,
        ...(reply.ok ? {} : { code: reply.code }),
        durationMs,
      });
      answer(reply);
    });
    return true;
  }

  /** False when the host had no right to hand in such a result. */
  succeed(valueJson: string, usage: Usage): boolean {
    if (this.#isDone) return true;
    if (valueJson.length > this.limits.maxResultBytes) return false;
    let value: unknown;
    try {
      value = JSON.parse(valueJson);
    } catch {
      return false;
    }
    const stats = this.#close(usage, valueJson.length);
    const outcome: ExecutionOutcome = { success: true, value, valueJson, stats, logs: this.#logs };
    // Not enumerable: whoever prints the outcome wants to see the value once.
    this.#finish(Object.defineProperty(outcome, 'valueJson', { enumerable: false }));
    return true;
  }

  /** The worker says how the script failed; its code has been checked. */
  failAs(report: FailureReport, code: OutcomeCode, usage: Usage): void {
    if (this.#isDone) return;
    const most = this.limits.maxErrorBytes;
    const { line, column, stack, tool, toolCode } = report;
    this.#finishFailed(
      {
        code,
        name: report.name.slice(0, most),
        message: report.message.slice(0, most),
        ...(line === undefined || column === undefined ? {} : { line, column }),
        ...(stack === undefined ? {} : { stack: stack.slice(0, most) }),
        ...(tool === undefined ? {} : { tool: tool.slice(0, most) }),
        ...(toolCode === undefined ? {} : { toolCode: toolCode.slice(0, most) }),
      },
      usage,
    );
  }

  /** Ends it from this side: a deadline, a cancel, a lost host, a refusal. */
  fail(code: OutcomeCode, message: string, signal?: string): void {
    if (this.#isDone) return;
    const durationMs = this.#startedMs === undefined ? 0 : this.#clock.nowMs() - this.#startedMs;
    const usage = { ...NO_USAGE, durationMs, consoleBytes: this.#consoleBytes };
    this.#finishFailed(
      { code, name: 'EnclaveLimit', message, ...(signal === undefined ? {} : { signal }) },
      usage,
    );
  }

  #finishFailed(error: ExecutionError, usage: Usage): void {
    this.#finish({ success: false, error, stats: this.#close(usage, 0), logs: this.#logs });
  }

  #close(usage: Usage, resultBytes: number): ExecutionStats {
    this.#isDone = true;
    this.#stopTimer();
    const elapsedMs = this.#clock.nowMs() - this.#submittedMs;
    const startedAfterMs =
      this.#startedMs === undefined ? elapsedMs - usage.durationMs : this.#startedMs - this.#submittedMs;
    const toolMs = this.#tools.busyMs;
    this.#tools.close();
    return {
      durationMs: usage.durationMs,
      queueMs: Math.max(0, startedAfterMs),
      cpuMs: usage.cpuMs,
      toolMs,
      toolCallCount: this.#calls,
      consoleBytes: usage.consoleBytes,
      logsTruncated: usage.logsTruncated,
      resultBytes,
      isolation: this.isolation,
      ...(usage.heapUsedBytes === undefined ? {} : { heapUsedBytes: usage.heapUsedBytes }),
      ...(this.hostPid === undefined ? {} : { hostPid: this.hostPid }),
    };
  }

  #finish(outcome: ExecutionOutcome): void {
    this.#emit({ type: 'final', outcome });
    this.#resolve(outcome);
  }

  #emit(body: EventBody): void {
    if (this.#onEvent === undefined) return;
    const head = {
      executionId: this.executionId,
      seq: ++this.#seq,
      atMs: this.#clock.nowMs() - this.#submittedMs,
    };
    this.#onEvent({ ...head, ...body });
  }
}
