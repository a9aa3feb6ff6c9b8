// What happens in a broker, for those who only watch: metrics and logs. No script text, no arguments, no results.
import type { Priority, SessionState } from '../protocol/events.ts';
import type { RuntimeInfo } from '../store/fleet-operations.ts';

export type BrokerEvent =
  | {
      readonly type: 'submitted';
      readonly sessionId: string;
      readonly tenant: string;
      readonly route: string;
      readonly priority: Priority;
    }
  /** A submit was not taken. */
  | { readonly type: 'refused'; readonly tenant: string; readonly reason: string }
  | {
      readonly type: 'started';
      readonly sessionId: string;
      readonly tenant: string;
      readonly runtimeId: string;
      readonly attempt: number;
      /** From its creation to this, ms. */
      readonly waitMs: number;
      /** Trace context of the submit, when it is traced. */
      readonly traceparent?: string;
    }
  /** A runtime or a broker could not take it after all. */
  | { readonly type: 'requeued'; readonly sessionId: string; readonly reason: string }
  | {
      readonly type: 'ended';
      readonly sessionId: string;
      readonly state: SessionState;
      /** `ok`, or the code of the table. */
      readonly outcome: string;
      /** From its creation to this, ms; absent when the store could not say. */
      readonly durationMs?: number;
    }
  | {
      readonly type: 'tool_called';
      readonly sessionId: string;
      readonly tool: string;
      readonly callId: number;
      readonly isOk: boolean;
      /** The tool's own code, when it failed. */
      readonly code?: string;
      readonly durationMs: number;
    }
  /** A call whose broker was lost: nobody knows whether it happened. */
  | { readonly type: 'in_doubt'; readonly sessionId: string; readonly callId: number }
  /** Somebody wrote under a fence that is void by now; nothing was changed. */
  | { readonly type: 'stale_write'; readonly sessionId: string; readonly operation: string }
  | { readonly type: 'runtime_joined'; readonly runtime: RuntimeInfo }
  | { readonly type: 'runtime_left'; readonly runtime: RuntimeInfo; readonly wasDraining: boolean }
  | {
      readonly type: 'store_called';
      readonly operation: string;
      readonly durationMs: number;
      readonly isOk: boolean;
    }
  /** A submit asked for a kept result. */
  | { readonly type: 'cache_asked'; readonly outcome: 'hit' | 'miss' }
  | { readonly type: 'stream_opened'; readonly sessionId: string }
  | { readonly type: 'stream_written'; readonly bytes: number }
  /** `wasCut`: its reader took nothing for too long. */
  | { readonly type: 'stream_closed'; readonly sessionId: string; readonly wasCut: boolean }
  /** A fault of ours that a request ran into; the client is not told which. */
  | { readonly type: 'fault'; readonly message: string }
  | {
      readonly type: 'responded';
      readonly method: string;
      /** Pattern of the route, never the path asked for. */
      readonly route: string;
      readonly status: number;
      readonly durationMs: number;
    };

/** Hears of every event, in order. Must be quick and must not throw. */
export type ObserveBroker = (event: BrokerEvent) => void;
