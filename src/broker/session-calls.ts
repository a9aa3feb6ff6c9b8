// The tool calls of one session: each journaled before it runs and after, run here, waited for, or answered by a client.
import { hash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { toEnclaveError } from '../errors.ts';
import type { ToolHandler } from '../execution.ts';
import type { ToolCall } from '../protocol/messages.ts';
import type { JournalEffect, Store, ToolBegin, ToolDoneReply } from '../store/store.ts';
import type { ToolEffect } from '../tools/define-tool.ts';
import type { ExternalToolCheck } from '../tools/external-tools.ts';
import type { Patience } from './patience.ts';

type ToolRefusal = { readonly ok: false; readonly code: string; readonly message: string };
export type ToolReply = { readonly ok: true; readonly result: unknown } | ToolRefusal;

/** What a tool said here, as it is and as it is stored. */
interface ToolAnswer {
  readonly reply: ToolReply;
  readonly json: string;
}

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
  /** How long a call that only reads may take without being journaled; {@link QUICK_MS}. */
  readonly quick: Patience;
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
  /** Resolves when what the script has printed before is stored; nothing when it is. */
  written(): Promise<void> | undefined;
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
export const QUICK_MS = 10;
const MAX_CODE = 256;

export class SessionCalls {
  readonly #session: CallSession;
  readonly #context: CallContext;
  readonly #replies = new Map<number, Promise<ToolReply>>();
  #underWay = 0;
  #isPure = true;

  constructor(session: CallSession, context: CallContext) {
    this.#session = session;
    this.#context = context;
  }

  /** Whether all calls so far only read. */
  get isPure(): boolean {
    return this.#isPure;
  }

  /** Whether a call of the session has no answer yet. */
  get areUnderWay(): boolean {
    return this.#underWay > 0;
  }

  /** Serves a call, however often the runtime repeats it after it was away: the tool runs at most once here. */
  reply(call: ToolCall): Promise<ToolReply> {
    const known = this.#replies.get(call.callId) ?? this.#serve(call);
    this.#replies.set(call.callId, known);
    return known;
  }

  async #serve(call: ToolCall): Promise<ToolReply> {
    this.#underWay++;
    try {
      // Behind the lines that were printed before it.
      const written = this.#session.written();
      if (written !== undefined) await written;
      return await this.#serveUnsafe(call);
    } catch (thrown) {
      return { ok: false, code: 'INTERNAL', message: toEnclaveError(thrown).message };
    } finally {
      this.#underWay--;
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
      try {
        await external.checkArgs(args);
      } catch (thrown) {
        return failureOf(thrown);
      }
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
    const quick = await new Promise<ToolAnswer | undefined>((resolve, reject) => {
      const stop = this.#context.quick.start(() => resolve(undefined));
      answer.then((answered) => {
        stop();
        resolve(answered);
      }, reject);
    });
    if (quick === undefined) return await this.#serveHere(call, begin, isFirst, key, () => answer);
    const { ok } = quick.reply;
    const done = { ...begin, ok, result: quick.json, resultEvent: endEvent(call.callId, quick.reply) };
    const reply = await this.#session.persist(() => this.#context.store.toolDone(done));
    return reply.code === 'ok' ? quick.reply : this.#refused(call, reply);
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
    ask: () => Promise<ToolAnswer>,
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
        await this.#end(call.callId, refused({ ok: false, code: 'TIMEOUT', message }));
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

  async #ask({ name, args, callId }: ToolCall): Promise<ToolAnswer> {
    const { callTool, maxToolResultBytes: most } = this.#context;
    const { id: executionId, tenant, signal } = this.#session;
    try {
      const result = await callTool(name, args, { executionId, callId, tenant, signal });
      const json = JSON.stringify(result) ?? 'null';
      if (json.length <= most) return { reply: { ok: true, result: result ?? null }, json };
      const message = `the result has ${json.length} bytes, more than ${most}`;
      return refused({ ok: false, code: 'RESULT_TOO_LARGE', message });
    } catch (thrown) {
      return refused(failureOf(thrown));
    }
  }

  async #run(callId: number, ask: () => Promise<ToolAnswer>): Promise<ToolReply> {
    const answer = await ask();
    await this.#end(callId, answer);
    return answer.reply;
  }

  async #end(callId: number, { reply, json: result }: ToolAnswer): Promise<void> {
    const { id, persist } = this.#session;
    const end = { id, callId, ok: reply.ok, result, event: endEvent(callId, reply) };
    await persist(() => this.#context.store.toolEnd(end));
  }

  async #isAlive(brokerId: string): Promise<boolean> {
    const fleet = await this.#session.persist(() => this.#context.store.fleet());
    return fleet.some((broker) => broker.brokerId === brokerId);
  }
}

/** What watchers hear of an answer: not the answer itself. */
function endEvent(callId: number, reply: ToolReply): string {
  return reply.ok
    ? `{"callId":${callId},"ok":true}`
    : `{"callId":${callId},"ok":false,"code":${JSON.stringify(reply.code)}}`;
}

function refused(reply: ToolRefusal): ToolAnswer {
  return { reply, json: JSON.stringify(reply) };
}

function failureOf(thrown: unknown): ToolRefusal {
  const code =
    thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { ok: false, code: code === '' ? 'TOOL_FAILED' : code.slice(0, MAX_CODE), message };
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
