// What a client sees of a session: numbered events, the same from every broker and however often the stream is resumed.
import type { ErrorCode } from '../errors.ts';
import type { ExecutionStats, LogLevel } from '../execution.ts';

export const PROTOCOL_VERSION = 2;

/** Query parameter of the stream route: the first sequence number wanted, inclusive. Client and broker share it. */
export const FROM_SEQ_PARAM = 'fromSeq';

export type SessionState = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
export type Priority = 'high' | 'normal' | 'low';
export const PRIORITIES: readonly Priority[] = ['high', 'normal', 'low'];

export type Labels = Readonly<Record<string, string>>;

/** Why a session failed: a code of the table, and where in the script if that is known. */
export interface SessionError {
  readonly code: ErrorCode;
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly line?: number;
  readonly column?: number;
  readonly tool?: string;
  readonly toolCode?: string;
}

/** What a session cost: the stats of the execution, and how many times it was handed to a runtime. */
export type SessionStats = ExecutionStats & { readonly attempts: number };

export type FinalPayload =
  | {
      readonly ok: true;
      readonly result: unknown;
      readonly stats: SessionStats;
      /** The kept result of an earlier session: nothing was run. */
      readonly cached?: true;
    }
  | { readonly ok: false; readonly error: SessionError; readonly stats: SessionStats };

/** Payloads of the stored events, by type. A client must ignore types it does not know. */
export interface EventPayloads {
  readonly session_init: {
    readonly streamUrl: string;
    readonly cancelUrl: string;
    /** ms since 1970: when the session ends by itself. */
    readonly expiresAt: number;
    readonly execution: 'at-most-once';
    /** The store was away: the session is known to its broker alone, and gone with it. */
    readonly degraded?: true;
  };
  /** Back in the queue: the runtime that got it could not take it. */
  readonly queued: { readonly reason: string };
  readonly started: { readonly runtimeId: string; readonly attempt: number };
  readonly log: { readonly level: LogLevel; readonly message: string };
  readonly tool_call: {
    readonly callId: number;
    readonly toolName: string;
    readonly args: unknown;
    /** Waits for the answer of a client. */
    readonly external?: true;
  };
  readonly tool_result_applied: { readonly callId: number; readonly ok: boolean; readonly code?: string };
  /** The last event of a session, exactly once. */
  readonly final: FinalPayload;
}
export type EventType = keyof EventPayloads;

const EVENT_TYPES = {
  session_init: true,
  queued: true,
  started: true,
  log: true,
  tool_call: true,
  tool_result_applied: true,
  final: true,
} as const satisfies Record<EventType, true>;

export function isEventType(text: string | undefined): text is EventType {
  return text !== undefined && Object.hasOwn(EVENT_TYPES, text);
}

/** Events that belong to a stream, not to the session: never stored, `seq` is that of the last stored event. */
export interface TransientPayloads {
  readonly heartbeat: Record<string, never>;
  /** The server closes this stream soon; resume it elsewhere after `retryMs`. */
  readonly reconnect: { readonly retryMs: number };
  /** Events before `firstAvailable` are gone; the snapshot tells what the session is by now. */
  readonly history_lost: {
    readonly firstAvailable: number;
    readonly state: SessionState;
    readonly final?: FinalPayload;
  };
}

export interface EventHead {
  readonly protocolVersion: typeof PROTOCOL_VERSION;
  readonly sessionId: string;
  /** Dense from 1 within the session. */
  readonly seq: number;
  /** ms since 1970, clock of the store. */
  readonly ts: number;
}

type Typed<Payloads> = { [Type in keyof Payloads]: { type: Type; payload: Payloads[Type] } }[keyof Payloads];
export type SessionEvent = EventHead & Readonly<Typed<EventPayloads & TransientPayloads>>;

/** An event as a store keeps it: the payload stays JSON text, so that no broker parses what it only forwards. */
export interface StoredEvent {
  /** `<epoch>-<seq>`: the id of the Redis stream entry and of the SSE line. */
  readonly id: string;
  readonly seq: number;
  readonly ts: number;
  readonly type: EventType;
  readonly payload: string;
}

/** The JSON of an event around the JSON of its payload. */
export function eventJson(
  sessionId: string,
  event: { seq: number; ts: number; type: string; payload: string },
): string {
  const { seq, ts, type, payload } = event;
  return `{"protocolVersion":${PROTOCOL_VERSION},"sessionId":${JSON.stringify(sessionId)},"seq":${seq},"ts":${ts},"type":"${type}","payload":${payload}}`;
}

/** The sequence number in an event id, or `undefined` when the text is not an event id. */
export function seqOfEventId(id: string): number | undefined {
  const match = /^\d{1,16}-(\d{1,15})$/u.exec(id);
  return match === null ? undefined : Number(match[1]);
}

const TERMINAL: readonly SessionState[] = ['completed', 'failed', 'cancelled'];

export function isTerminal(state: SessionState): boolean {
  return TERMINAL.includes(state);
}
