// What a broker and a runtime say to each other: one closed union per direction. The runtime is the side nobody trusts.
import type { ExecutionLimits, ExecutionOutcome, Isolation, LogLevel, ScriptLanguage } from '../execution.ts';
import type { Labels } from './events.ts';

/** Names one attempt to run one session. What carries another fence than the session has now is refused. */
export interface Assignment {
  readonly id: string;
  /** `<epoch>-<count>`, opaque: compared for equality only. */
  readonly fence: string;
}

/** First message of a runtime; everything before it closes the link. */
export interface Hello {
  readonly type: 'hello';
  readonly protocolVersion: number;
  readonly runtimeId: string;
  /** Known to the runtime and its brokers alone: who presents it again is the same runtime on a new line. */
  readonly instance?: string;
  readonly labels: Labels;
  /** Sessions it can run at one time. */
  readonly slots: number;
}
/** Sessions that a runtime still holds from a link it lost; one `attached` or `cancel` answers for each. */
export interface Attach {
  readonly type: 'attach';
  readonly sessions: readonly Assignment[];
}
export interface Heartbeat {
  readonly type: 'heartbeat';
  /** Sessions under way. */
  readonly busy: number;
  /** Resident memory of the runtime process and its hosts, bytes. */
  readonly rssBytes: number;
}
/** The runtime takes no new work; it closes the link when the last session is done. */
export interface Draining {
  readonly type: 'draining';
}
/** A `start` that the runtime did not take: nothing of the script has run. */
export type Refuse = Assignment & { readonly type: 'refuse' };
export type ToolCall = Assignment & {
  readonly type: 'tool_call';
  /** Number of the call within the session, from 1, in program order. */
  readonly callId: number;
  readonly name: string;
  readonly args: unknown;
};
export type Emit = Assignment & {
  readonly type: 'emit';
  /** Number of the line within the session, from 1. A number not above the last one stored is a repeat. */
  readonly n: number;
  readonly level: LogLevel;
  readonly text: string;
};
/** Repeated after a new attach until `done_ack` comes. */
export type Done = Assignment & { readonly type: 'done'; readonly outcome: WireOutcome };

export type RuntimeMessage = Hello | Attach | Heartbeat | Draining | Refuse | ToolCall | Emit | Done;

/** An outcome without what the session has elsewhere already: its logs are events. */
export type WireOutcome =
  | { readonly success: true; readonly valueJson: string; readonly stats: ExecutionOutcome['stats'] }
  | {
      readonly success: false;
      readonly error: NonNullable<ExecutionOutcome['error']>;
      readonly stats: ExecutionOutcome['stats'];
    };

export interface Welcome {
  readonly type: 'welcome';
  readonly protocolVersion: number;
  /** Tells two links to one broker from links to two. */
  readonly brokerId: string;
  /** A runtime that is silent for 2.5 of these is lost, ms. */
  readonly heartbeatMs: number;
}
export type Start = Assignment & {
  readonly type: 'start';
  readonly source: string;
  readonly args: unknown;
  readonly language: ScriptLanguage;
  readonly filename: string;
  readonly tenant: string;
  readonly limits: Partial<ExecutionLimits>;
  readonly isolation?: Isolation;
  /** W3C trace context of the session's span. */
  readonly traceparent?: string;
};
export type ToolResult = Assignment & {
  readonly type: 'tool_result';
  readonly callId: number;
} & (
    | { readonly ok: true; readonly result: unknown }
    | { readonly ok: false; readonly code: string; readonly message: string }
  );
/** Stop the script; its `done` is still wanted unless the fence is stale. */
export type Cancel = Assignment & { readonly type: 'cancel'; readonly reason: 'cancelled' | 'stale' };
export type Attached = Assignment & { readonly type: 'attached' };
export type DoneAck = Assignment & { readonly type: 'done_ack' };

export type BrokerMessage = Welcome | Start | ToolResult | Cancel | Attached | DoneAck | Draining;
