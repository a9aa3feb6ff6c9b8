// What a store keeps of the tool calls of a session: begun, answered, by whom, and what may be done again.
import type { ToolEffect } from '../tools/define-tool.ts';

export type ToolBeginReply =
  /** Journaled: run the tool. */
  | { readonly code: 'run' }
  /** Answered before: give this to the script. */
  | { readonly code: 'done'; readonly ok: boolean; readonly result: string }
  /** That broker runs it. */
  | { readonly code: 'wait'; readonly brokerId: string }
  /** Begun by a broker that is gone, and not to be repeated. */
  | { readonly code: 'doubt' }
  /** The same number, but another tool or other arguments. */
  | { readonly code: 'mismatch' }
  | { readonly code: 'stale' };

/** What a call does to the world; `external`: it is answered by a client, so any broker may wait for the answer. */
export type JournalEffect = ToolEffect | 'external';

export interface ToolBegin {
  readonly id: string;
  readonly fence: string;
  readonly callId: number;
  readonly brokerId: string;
  readonly effect: JournalEffect;
  /** Hash of name and arguments. */
  readonly hash: string;
  /** JSON payload of `tool_call`. */
  readonly event: string;
  /** A broker that is known to be gone: a call that it runs may be taken from it. */
  readonly goneBroker?: string;
}

/** A call that only reads, with its answer: it was not journaled before it ran. */
export interface ToolDone extends Omit<ToolBegin, 'effect' | 'goneBroker'> {
  readonly ok: boolean;
  /** JSON: the result, or `{code, message}`. */
  readonly result: string;
  /** JSON payload of `tool_result_applied`. */
  readonly resultEvent: string;
}

export type ToolDoneReply = { readonly code: 'ok' } | Exclude<ToolBeginReply, { code: 'run' | 'wait' }>;

export interface ToolEnd {
  readonly id: string;
  readonly callId: number;
  readonly ok: boolean;
  /** JSON: the result, or `{code, message}`. */
  readonly result: string;
  /** JSON payload of `tool_result_applied`. */
  readonly event: string;
  /** The answer comes from a client: only an external call takes it, and only while its session runs. */
  readonly isFromClient?: boolean;
}
