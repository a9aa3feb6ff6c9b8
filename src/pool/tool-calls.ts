// The tool calls of one execution, served in the embedding process: bounded in time and size, and aborted with the execution.
import type { Clock } from '../clock.ts';
import type { ExecutionLimits, ToolCallContext, ToolHandler } from '../execution.ts';

/** Codes that the pool itself gives a failed call; any other code is the tool's own. */
export type ToolFaultCode =
  | 'UNKNOWN_TOOL'
  | 'TIMEOUT'
  | 'RESULT_TOO_LARGE'
  | 'RESULT_NOT_SERIALIZABLE'
  | 'BAD_ARGUMENTS'
  | 'TOOL_FAILED';

export type ToolReply =
  | { readonly ok: true; readonly json: string }
  | { readonly ok: false; readonly code: string; readonly message: string };

export interface ToolCallsSetup {
  readonly handler: ToolHandler | undefined;
  readonly limits: ExecutionLimits;
  readonly executionId: string;
  readonly tenant: string;
  readonly clock: Clock;
}

interface OpenCall {
  readonly context: CallContext;
  readonly stopTimer: () => void;
}

const MAX_CODE = 64;

export class ToolCalls {
  readonly #setup: ToolCallsSetup;
  readonly #open = new Map<number, OpenCall>();
  #busySinceMs = 0;
  #busyMs = 0;

  constructor(setup: ToolCallsSetup) {
    this.#setup = setup;
  }

  /** Time during which at least one call was under way so far, ms. */
  get busyMs(): number {
    return this.#busyMs + (this.#open.size > 0 ? this.#setup.clock.nowMs() - this.#busySinceMs : 0);
  }

  /** Starts a call; `answer` is called once, unless the execution ends before. */
  start(callId: number, tool: string, args: unknown, answer: (reply: ToolReply) => void): void {
    const { clock, limits, executionId, tenant } = this.#setup;
    const context = new CallContext(executionId, callId, tenant);
    const stopTimer = clock.setTimer(limits.toolTimeoutMs, () => {
      const message = `the tool ${tool} did not answer within ${limits.toolTimeoutMs} ms`;
      this.#end(callId, failure('TIMEOUT', message), answer);
      context.abort('TIMEOUT');
    });
    if (this.#open.size === 0) this.#busySinceMs = clock.nowMs();
    this.#open.set(callId, { context, stopTimer });
    this.#invoke(tool, args, context).then(
      (reply) => this.#end(callId, reply, answer),
      (thrown: unknown) => this.#end(callId, describeFailure(thrown), answer),
    );
  }

  /** Aborts what is under way and drops its answers. */
  close(): void {
    if (this.#open.size === 0) return;
    this.#busyMs = this.busyMs;
    for (const { context, stopTimer } of this.#open.values()) {
      stopTimer();
      context.abort('ENDED');
    }
    this.#open.clear();
  }

  #end(callId: number, reply: ToolReply, answer: (reply: ToolReply) => void): void {
    const call = this.#open.get(callId);
    if (call === undefined) return;
    call.stopTimer();
    this.#open.delete(callId);
    if (this.#open.size === 0) this.#busyMs += this.#setup.clock.nowMs() - this.#busySinceMs;
    answer(reply);
  }

  async #invoke(tool: string, args: unknown, context: ToolCallContext): Promise<ToolReply> {
    const { handler, limits } = this.#setup;
    if (handler === undefined) return failure('UNKNOWN_TOOL', `there is no tool ${JSON.stringify(tool)}`);
    const value = await handler(tool, args, context);
    let json: string;
    try {
      json = JSON.stringify(value) ?? 'null';
    } catch {
      return failure('RESULT_NOT_SERIALIZABLE', `the result of ${tool} cannot be written as JSON`);
    }
    if (json.length <= limits.maxToolResultBytes) return { ok: true, json };
    const message = `the result of ${tool} has ${json.length} bytes of JSON, ${limits.maxToolResultBytes} are allowed`;
    return failure('RESULT_TOO_LARGE', message);
  }
}

// The controller is made when a tool first asks for the signal: most never do.
class CallContext implements ToolCallContext {
  readonly executionId: string;
  readonly callId: number;
  readonly tenant: string;
  #controller: AbortController | undefined;
  #reason: string | undefined;

  constructor(executionId: string, callId: number, tenant: string) {
    this.executionId = executionId;
    this.callId = callId;
    this.tenant = tenant;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  abort(reason: string): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}

function failure(code: ToolFaultCode, message: string): ToolReply {
  return { ok: false, code, message };
}

/**
 * What a script may know of a thrown tool error: its code and message, never its stack. Anything can be thrown, also what
 * has no text or throws when it is asked for one; the script gets its answer all the same.
 */
function describeFailure(thrown: unknown): ToolReply {
  try {
    const message = String(thrown instanceof Error ? thrown.message : thrown);
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    const isCode = typeof code === 'string' && code !== '';
    return { ok: false, code: isCode ? code.slice(0, MAX_CODE) : 'TOOL_FAILED', message };
  } catch {
    return failure('TOOL_FAILED', 'the tool failed with something that cannot be written as text');
  }
}
