// The tool calls of one session: each journaled before it runs and after, run here, waited for, or answered by a client.
import { hash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { toEnclaveError } from '../errors.ts';
import type { ToolHandler } from '../execution.ts';
import type { ToolCall } from '../protocol/messages.ts';
import type { JournalEffect, Store, ToolBegin, ToolDoneReply } from '../store/store.ts';
import type { ToolEffect } from '../tools/define-tool.ts';
import type { ExternalToolCheck } from '../tools/external-tools.ts';

export type ToolReply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** What the sessions of one broker share for their calls. */
export interface CallContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly brokerId: string;
  readonly callTool: ToolHandler;
  readonly effectOf: (tool: string) => ToolEffect;
  /** Tools that clients answer. */
  readonly external: ReadonlyMap<string, ExternalToolCheck>;
  readonly maxToolResultBytes: number;
  /** The calls that this broker is at now, whichever attempt at their session they belong to. */
  readonly callsHere: Set<string>;
}

/** What a call needs of its session. */
export interface CallSession {
  readonly id: string;
  readonly fence: string;
  readonly tenant: string;
  /** Tools that the caller allows; all of the broker's when absent. */
  readonly tools?: readonly string[];
  /** Fires when the session is over here. */
  readonly signal: AbortSignal;
  /** Resolves when what the script has printed before is stored. */
  written(): Promise<void>;
  /** Does it again while the store is away. */
  persist<T>(work: () => Promise<T>): Promise<T>;
  /** Answers that have come from elsewhere so far. */
  answers(): number;
  /** Ends early when an answer comes from elsewhere, at once if there are more than `seen`; rejects when the session is over here. */
  pause(ms: number, seen: number): Promise<void>;
  /** The session has another owner. */
  lose(): void;
}

/** Between two looks at a call that another broker runs, ms. */
const WAIT_MS = 250;
/** The same for a call that a client answers: a bell tells of the answer, the look is for a bell that got lost. */
const EXTERNAL_WAIT_MS = 5_000;
/** A call that only reads and is answered within this is journaled when it is answered, ms. */
const QUICK_MS = 10;
const MAX_CODE = 256;

export class SessionCalls {
  readonly #session: CallSession;
  readonly #context: CallContext;
  readonly #replies = new Map<number, Promise<ToolReply>>();
  #isPure = true;

  constructor(session: CallSession, context: CallContext) {
    this.#session = session;
    this.#context = context;
  }

  /** Whether all calls so far only read. */
  get isPure(): boolean {
    return this.#isPure;
  }

  /** Serves a call, however often the runtime repeats it after it was away: the tool runs at most once here. */
  reply(call: ToolCall): Promise<ToolReply> {
    const known = this.#replies.get(call.callId) ?? this.#serve(call);
    this.#replies.set(call.callId, known);
    return known;
  }

  async #serve(call: ToolCall): Promise<ToolReply> {
    try {
      // Behind the lines that were printed before it.
      await this.#session.written();
      return await this.#serveUnsafe(call);
    } catch (thrown) {
      return { ok: false, code: 'INTERNAL', message: toEnclaveError(thrown).message };
    }
  }

  async #serveUnsafe(call: ToolCall): Promise<ToolReply> {
    const { name, args } = call;
    const { tools } = this.#session;
    if (tools !== undefined && !tools.includes(name))
      return { ok: false, code: 'UNKNOWN_TOOL', message: `the session may not call ${JSON.stringify(name)}` };
    const external = this.#context.external.get(name);
    // A client is not asked what the tool does not declare.
    if (external !== undefined) {
      const refused = await failureOf(() => external.checkArgs(args));
      if (refused !== undefined) return refused;
    }
    const effect = external === undefined ? this.#context.effectOf(name) : 'external';
    if (effect !== 'read') this.#isPure = false;
    const begin = this.#beginOf(call, effect);
    if (external !== undefined) return await this.#awaitClient(call, begin, external);
    const key = `${call.callId} ${this.#session.id}`;
    const { callsHere } = this.#context;
    const isFirst = !callsHere.has(key);
    if (isFirst) callsHere.add(key);
    try {
      return effect === 'read'
        ? await this.#serveRead(call, begin, isFirst, key)
        : await this.#serveHere(call, begin, isFirst, key, () => this.#ask(call));
    } finally {
      if (isFirst) callsHere.delete(key);
    }
  }

  #beginOf({ name, callId, args }: ToolCall, effect: JournalEffect): ToolBegin {
    const nameJson = JSON.stringify(name);
    const argsJson = JSON.stringify(args) ?? 'null';
    const { id, fence } = this.#session;
    const mark = effect === 'external' ? ',"external":true' : '';
    return {
      id,
      fence,
      callId,
      brokerId: this.#context.brokerId,
      effect,
      hash: hash('sha256', nameJson + argsJson, 'base64url'),
      event: `{"callId":${callId},"toolName":${nameJson},"args":${argsJson}${mark}}`,
    };
  }

  /**
   * A call that only reads may begin before it is journaled, since it may be repeated: one that is quick is journaled with its
   * answer, in one step. One that takes longer is journaled while it runs, so that watchers see it.
   */
  async #serveRead(call: ToolCall, begin: ToolBegin, isFirst: boolean, key: string): Promise<ToolReply> {
    const answer = this.#ask(call);
    const { promise: slow, resolve } = Promise.withResolvers<undefined>();
    const stop = this.#context.clock.setTimer(QUICK_MS, () => resolve(undefined));
    const quick = await Promise.race([answer, slow]);
    stop();
    if (quick === undefined) return await this.#serveHere(call, begin, isFirst, key, () => answer);
    const { result, event: resultEvent } = endOf(call.callId, quick);
    const done = { ...begin, ok: quick.ok, result, resultEvent };
    const reply = await this.#session.persist(() => this.#context.store.toolDone(done));
    return reply.code === 'ok' ? quick : this.#refused(call, reply);
  }

  /**
   * @param isFirst nobody else of this broker was at it when it came.
   * @param ask the tool's answer.
   */
  async #serveHere(
    call: ToolCall,
    begin: ToolBegin,
    isFirst: boolean,
    key: string,
    ask: () => Promise<ToolReply>,
  ): Promise<ToolReply> {
    const { brokerId, callsHere } = this.#context;
    let goneBroker: string | undefined;
    for (;;) {
      const seen = this.#session.answers();
      const reply = await this.#begin(call, goneBroker === undefined ? begin : { ...begin, goneBroker });
      if (reply === 'run') return await this.#run(call.callId, ask);
      if ('ok' in reply) return reply;
      const isOwn = reply.waitFor === brokerId;
      // Begun by this broker, in which nobody else is at it: the answer was lost on its way.
      if (isOwn && isFirst) return await this.#run(call.callId, ask);
      const isAtIt = isOwn ? callsHere.has(key) : await this.#isAlive(reply.waitFor);
      goneBroker = isAtIt ? undefined : reply.waitFor;
      if (goneBroker === undefined) await this.#session.pause(WAIT_MS, seen);
    }
  }

  /** The answer of a client, on whatever broker it came in. */
  async #awaitClient(call: ToolCall, begin: ToolBegin, { timeoutMs }: ExternalToolCheck): Promise<ToolReply> {
    const { clock } = this.#context;
    const endMs = timeoutMs === undefined ? Infinity : clock.nowMs() + timeoutMs;
    for (;;) {
      // Counted before the look: an answer between the look and the wait ends the wait.
      const seen = this.#session.answers();
      const reply = await this.#begin(call, begin);
      if (reply !== 'run' && 'ok' in reply) return reply;
      const leftMs = endMs - clock.nowMs();
      // Whoever is first, the time-out or the answer, is in the journal: the next look tells.
      if (leftMs <= 0) {
        const message = `nobody answered ${call.name} within ${timeoutMs} ms`;
        await this.#end(call.callId, { ok: false, code: 'TIMEOUT', message });
      } else await this.#session.pause(Math.min(EXTERNAL_WAIT_MS, leftMs), seen);
    }
  }

  /** `run`: it is journaled and ours to do; a reply: it is over; else whom to wait for. */
  async #begin(call: ToolCall, begin: ToolBegin): Promise<'run' | ToolReply | { readonly waitFor: string }> {
    const { store } = this.#context;
    const reply = await this.#session.persist(() => store.toolBegin(begin));
    if (reply.code === 'run') return 'run';
    return reply.code === 'wait' ? { waitFor: reply.brokerId } : this.#refused(call, reply);
  }

  /** What the journal has to say instead of the tool. */
  #refused({ name, callId }: ToolCall, reply: Exclude<ToolDoneReply, { code: 'ok' }>): ToolReply {
    switch (reply.code) {
      case 'done':
        return replayed(reply.ok, reply.result);
      case 'doubt':
        return {
          ok: false,
          code: 'OUTCOME_UNKNOWN',
          message: `the broker that called ${name} was lost; it may or may not have happened`,
        };
      case 'mismatch':
        return { ok: false, code: 'MISMATCH', message: `call ${callId} was another call before` };
      case 'stale':
        this.#session.lose();
        return { ok: false, code: 'CANCELLED', message: 'the session has moved on' };
    }
  }

  #ask({ name, args, callId }: ToolCall): Promise<ToolReply> {
    const { id: executionId, tenant, signal } = this.#session;
    return this.#answer(() => this.#context.callTool(name, args, { executionId, callId, tenant, signal }));
  }

  async #run(callId: number, ask: () => Promise<ToolReply>): Promise<ToolReply> {
    const reply = await ask();
    await this.#end(callId, reply);
    return reply;
  }

  async #end(callId: number, reply: ToolReply): Promise<void> {
    const { id, persist } = this.#session;
    const { result, event } = endOf(callId, reply);
    await persist(() => this.#context.store.toolEnd({ id, callId, ok: reply.ok, result, event }));
  }

  async #answer(work: () => unknown): Promise<ToolReply> {
    const most = this.#context.maxToolResultBytes;
    let result: unknown;
    const failure = await failureOf(async () => {
      result = await work();
    });
    if (failure !== undefined) return failure;
    const bytes = (JSON.stringify(result) ?? 'null').length;
    if (bytes <= most) return { ok: true, result: result ?? null };
    const message = `the result has ${bytes} bytes, more than ${most}`;
    return { ok: false, code: 'RESULT_TOO_LARGE', message };
  }

  async #isAlive(brokerId: string): Promise<boolean> {
    const fleet = await this.#session.persist(() => this.#context.store.fleet());
    return fleet.some((broker) => broker.brokerId === brokerId);
  }
}

/** What is stored of an answer. */
function endOf(callId: number, reply: ToolReply): { readonly result: string; readonly event: string } {
  const code = reply.ok ? {} : { code: reply.code };
  return {
    result: JSON.stringify(reply.ok ? (reply.result ?? null) : reply),
    event: JSON.stringify({ callId, ok: reply.ok, ...code }),
  };
}

async function failureOf(
  work: () => Promise<void>,
): Promise<Extract<ToolReply, { readonly ok: false }> | undefined> {
  try {
    await work();
    return undefined;
  } catch (thrown) {
    const code =
      thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { ok: false, code: code === '' ? 'TOOL_FAILED' : code.slice(0, MAX_CODE), message };
  }
}

function replayed(ok: boolean, json: string): ToolReply {
  const value: unknown = JSON.parse(json);
  if (ok) return { ok, result: value };
  const { code, message } =
    typeof value === 'object' && value !== null
      ? { code: '', message: '', ...value }
      : { code: '', message: '' };
  return { ok, code: String(code), message: String(message) };
}
