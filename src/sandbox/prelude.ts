// Runs second in every context: gives the script its globals and keeps its caps. Never called here: its text is evaluated
// inside the isolate, so nothing of this module but types may be used in it. All that is the same for every script is set up
// first, as a start snapshot holds it, and one function remains to be called with what differs. Script code can replace any built-in later,
// therefore all that is needed after the script has begun is captured first, and no array method or iteration is used then.
import type { describing as makeDescribing } from './describing.ts';
import type { ScriptLimits } from './messages.ts';
import type { createParallel as makeParallel } from './parallel.ts';

/** Operations of the one callback to the worker; its answer is empty, or says why the worker refused. */
export const HOST_OPERATION = { finish: 0, call: 1, log: 2 } as const;

export type HostCallback = (operation: number, a: string, b: string, c: string) => string;

/** Takes replies to tool calls, flat: call id, whether it went well, JSON text of the value or of `[code, message]`. */
export type Deliver = (...replies: (number | boolean | string)[]) => void;

interface PendingCall {
  readonly id: number;
  readonly tool: string;
  readonly json: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Holds the stack of the call, so that a failed tool points at the line that called it. */
  readonly site: { stack?: unknown };
  next: PendingCall | undefined;
}

/** Functions of other modules, whose text goes into the isolate with that of the prelude. */
interface PreludeParts {
  readonly describing: typeof makeDescribing;
  readonly createParallel: typeof makeParallel;
}

/** Starts the script, given as text or compiled, once; what it answers delivers the replies to its tool calls. */
export type Start = (
  host: HostCallback,
  script: string | (() => object),
  argsJson: string,
  limitsJson: string,
) => Deliver;

type LimitList = [
  maxToolCalls: number,
  maxPendingToolCalls: number,
  maxToolArgBytes: number,
  maxResultBytes: number,
  maxConsoleBytes: number,
  maxConsoleCalls: number,
  maxErrorBytes: number,
];

/** Limits as the prelude takes them: a list, since each key of an object would cost every context a hidden class. */
export function limitsToJson(limits: ScriptLimits): string {
  const { maxToolCalls, maxPendingToolCalls, maxToolArgBytes, maxResultBytes } = limits;
  const { maxConsoleBytes, maxConsoleCalls, maxErrorBytes } = limits;
  const list: LimitList = [
    maxToolCalls,
    maxPendingToolCalls,
    maxToolArgBytes,
    maxResultBytes,
    maxConsoleBytes,
    maxConsoleCalls,
    maxErrorBytes,
  ];
  return JSON.stringify(list);
}

/** Sets up a context. */
export function prelude({ describing, createParallel }: PreludeParts): Start {
  const { parse, stringify } = JSON;
  const { apply, defineProperty } = Reflect;
  const { hasOwnProperty: hasOwn } = Object.prototype;
  const { slice, indexOf } = String.prototype;
  const { set: mapSet } = WeakMap.prototype;
  const { captureStackTrace } = Error;
  const NativePromise = Promise;
  const NativeError = Error;
  const then = NativePromise.prototype.then;
  const text = String;
  // biome-ignore lint/security/noGlobalEval: inside the isolate; indirect, so that the script sees no name of this function
  const evaluate = eval;
  const FINISH = 0;
  const CALL = 1;
  const LOG = 2;
  const MAX_IN_FLIGHT = 1e6;
  const MAX_TOOL_NAME = 256;

  let host: HostCallback;
  let maxToolCalls = 0;
  let maxPendingToolCalls = 0;
  let maxToolArgBytes = 0;
  let maxResultBytes = 0;
  let maxErrorBytes = 0;
  let finished = false;
  let calls = 0;
  let underWay = 0;
  let inFlight = 0;
  let consoleLeft = 0;
  let consoleCallsLeft = 0;
  let isConsoleCut = false;
  let firstWaiting: PendingCall | undefined;
  let lastWaiting: PendingCall | undefined;
  const pending: { [id: number]: PendingCall } = { __proto__: null } as never;
  const toolFailures = new WeakMap<object, readonly [string, string]>();
  const nothing = (): void => undefined;
  const { cut, readText, show, describe } = describing(toolFailures, () => maxErrorBytes);

  function finish(kind: string, payload: string): void {
    if (finished) return;
    finished = true;
    host(FINISH, kind, payload, '');
  }

  function finishWithLimit(kind: string): Error {
    finish(kind, '');
    return new NativeError(kind);
  }

  function write(level: string, values: readonly unknown[]): void {
    if (finished || isConsoleCut) return;
    if (consoleLeft < 0 || consoleCallsLeft-- <= 0) {
      isConsoleCut = true;
      host(LOG, level, '', 'cut');
      return;
    }
    let line = '';
    for (let i = 0; i < values.length && line.length <= consoleLeft; i++)
      line += (i === 0 ? '' : ' ') + cut(show(values[i]), consoleLeft + 1);
    const kept = cut(line, consoleLeft);
    consoleLeft -= line.length + 1;
    isConsoleCut = consoleLeft < -1;
    host(LOG, level, kept, isConsoleCut ? 'cut' : '');
  }

  function toolError(call: Pick<PendingCall, 'tool' | 'site'>, code: string, message: string): Error {
    const error = new NativeError(message);
    // Descriptions have no prototype: one with a script's `get` on Object.prototype would be refused.
    const define = (key: string, value: string): boolean =>
      defineProperty(error, key, {
        __proto__: null,
        value,
        writable: true,
        configurable: true,
        enumerable: key === 'code' || key === 'tool',
      } as PropertyDescriptor);
    define('name', 'ToolError');
    define('code', code);
    define('tool', call.tool);
    const frames = readText(call.site, 'stack');
    const start = apply(indexOf, frames, ['\n']);
    define('stack', `ToolError: ${message}${start < 0 ? '' : apply(slice, frames, [start, start + 4_000])}`);
    apply(mapSet, toolFailures, [error, [call.tool, code]]);
    return error;
  }

  function send(call: PendingCall): void {
    underWay++;
    inFlight += call.json.length;
    pending[call.id] = call;
    host(CALL, text(call.id), call.tool, call.json);
  }

  function sendWaiting(): void {
    while (firstWaiting !== undefined && hasRoom()) {
      const call: PendingCall = firstWaiting;
      firstWaiting = call.next;
      if (firstWaiting === undefined) lastWaiting = undefined;
      send(call);
    }
  }

  function hasRoom(): boolean {
    return underWay === 0 || (underWay < maxPendingToolCalls && inFlight < MAX_IN_FLIGHT);
  }

  function callTool(tool: unknown, args: unknown): Promise<unknown> {
    if (finished) return new NativePromise(nothing);
    const site: { stack?: unknown } = { stack: '' };
    captureStackTrace?.(site, callTool);
    let problem = '';
    let json = '{}';
    if (typeof tool !== 'string' || tool === '' || tool.length > MAX_TOOL_NAME)
      problem = `expected the name of a tool, got ${typeof tool === 'string' ? `a text of ${tool.length} characters` : typeof tool}`;
    else {
      try {
        json = args === undefined ? '{}' : (stringify(args) ?? 'null');
      } catch (error) {
        problem = `the arguments cannot be written as JSON: ${show(error)}`;
      }
    }
    // Numbered only now: writing the arguments may have run a script's toJSON, which made calls of its own.
    if (calls >= maxToolCalls) throw finishWithLimit('TOOL_CALL_LIMIT');
    const id = ++calls;
    const name = typeof tool === 'string' ? cut(tool, MAX_TOOL_NAME) : '';
    if (json.length > maxToolArgBytes) throw finishWithLimit('TOOL_ARGS_TOO_LARGE');
    const promise = new NativePromise<unknown>((resolve, reject) => {
      const call: PendingCall = { id, tool: name, json, resolve, reject, site, next: undefined };
      if (problem !== '') {
        reject(toolError(call, 'BAD_ARGUMENTS', cut(problem, 1_000)));
      } else if (firstWaiting === undefined && hasRoom()) {
        send(call);
      } else {
        if (lastWaiting === undefined) firstWaiting = call;
        else lastWaiting.next = call;
        lastWaiting = call;
      }
    });
    // A failed call that is awaited late, or never, is no fault of the script.
    apply(then, promise, [undefined, nothing]);
    return promise;
  }

  function deliver(...replies: (number | boolean | string)[]): void {
    for (let i = 0; i < replies.length; i += 3) {
      const id = replies[i] as number;
      const call = pending[id];
      if (call === undefined) continue;
      delete pending[id];
      underWay--;
      inFlight -= call.json.length;
      const payload: unknown = parse(replies[i + 2] as string);
      if (replies[i + 1] === true) call.resolve(payload);
      else {
        const [code, message] = payload as [string, string];
        call.reject(toolError(call, code, message));
      }
    }
    sendWaiting();
  }

  const succeed = (value: unknown): void => {
    let json: string;
    try {
      json = stringify(value) ?? 'null';
    } catch (error) {
      finish('RESULT_NOT_SERIALIZABLE', describe(error));
      return;
    }
    if (json.length > maxResultBytes) finish('RESULT_TOO_LARGE', text(json.length));
    else finish('ok', json);
  };
  const fail = (error: unknown): void => finish('SCRIPT_ERROR', describe(error));

  function start(...[hostCallback, script, argsJson, limitsJson]: Parameters<Start>): Deliver {
    host = hostCallback;
    const limits: LimitList = parse(limitsJson);
    [maxToolCalls, maxPendingToolCalls, maxToolArgBytes, maxResultBytes] = limits;
    [, , , , consoleLeft, consoleCallsLeft, maxErrorBytes] = limits;
    define('args', parse(argsJson));
    let main: () => object;
    try {
      main = typeof script === 'string' ? evaluate(script) : script;
    } catch (error) {
      finish('SYNTAX_ERROR', describe(error));
      return deliver;
    }
    try {
      const promise: object = apply(main, undefined, []);
      // An own undefined constructor keeps `then` from looking at what the script may have put on Promise.prototype.
      if (!apply(hasOwn, promise, ['constructor']))
        defineProperty(promise, 'constructor', { __proto__: null, value: undefined } as PropertyDescriptor);
      apply(then, promise, [succeed, fail]);
    } catch (error) {
      fail(error);
    }
    return deliver;
  }

  function define(name: string, value: unknown): void {
    defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }
  define('callTool', callTool);
  define('parallel', createParallel());
  define('console', {
    debug: (...values: unknown[]) => write('debug', values),
    log: (...values: unknown[]) => write('log', values),
    info: (...values: unknown[]) => write('info', values),
    warn: (...values: unknown[]) => write('warn', values),
    error: (...values: unknown[]) => write('error', values),
  });
  return start;
}
