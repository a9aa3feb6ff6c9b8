// Folds the events of a session into what is known of it. Repeats are dropped, a gap is told: nothing is lost or doubled
// however often a stream breaks and is resumed.
import type { LogLevel } from '../execution.ts';
import type { FinalPayload, SessionEvent, SessionState } from './events.ts';

export interface SessionView {
  readonly sessionId: string | undefined;
  /** Sequence number of the last event taken in; 0 before the first. */
  readonly lastSeq: number;
  readonly state: SessionState;
  readonly logs: readonly { readonly level: LogLevel; readonly text: string; readonly ts: number }[];
  /** Tool calls begun and answered so far. */
  readonly toolCalls: number;
  readonly toolResults: number;
  /** Events that the server no longer had when the stream was resumed. */
  readonly historyLost: boolean;
  readonly final: FinalPayload | undefined;
}

export const EMPTY_VIEW: SessionView = {
  sessionId: undefined,
  lastSeq: 0,
  state: 'queued',
  logs: [],
  toolCalls: 0,
  toolResults: 0,
  historyLost: false,
  final: undefined,
};

export type Reduction =
  /** The event was new: the view has changed. */
  | { readonly kind: 'applied'; readonly view: SessionView }
  /** Seen before, transient, or of another session: the view is as it was. */
  | { readonly kind: 'ignored' }
  /** Events are missing between the view and this one: resume from `view.lastSeq + 1`. */
  | { readonly kind: 'gap'; readonly expectedSeq: number };

const IGNORED: Reduction = { kind: 'ignored' };

export function reduceSession(view: SessionView, event: SessionEvent): Reduction {
  if (view.sessionId !== undefined && event.sessionId !== view.sessionId) return IGNORED;
  if (event.type === 'heartbeat' || event.type === 'reconnect') return IGNORED;
  if (event.type === 'history_lost') return afterLoss(view, event);
  if (event.seq <= view.lastSeq) return IGNORED;
  if (event.seq > view.lastSeq + 1) return { kind: 'gap', expectedSeq: view.lastSeq + 1 };
  return {
    kind: 'applied',
    view: { ...view, ...change(view, event), sessionId: event.sessionId, lastSeq: event.seq },
  };
}

function change(view: SessionView, event: SessionEvent): Partial<SessionView> {
  switch (event.type) {
    case 'queued':
      return { state: 'queued' };
    case 'started':
      return { state: 'running' };
    case 'log':
      return {
        logs: [...view.logs, { level: event.payload.level, text: event.payload.message, ts: event.ts }],
      };
    case 'tool_call':
      return { toolCalls: view.toolCalls + 1 };
    case 'tool_result_applied':
      return { toolResults: view.toolResults + 1 };
    case 'final':
      return { state: stateAfter(event.payload), final: event.payload };
    default:
      // session_init, and types of a later protocol.
      return {};
  }
}

function stateAfter(payload: FinalPayload): SessionState {
  if (payload.ok) return 'completed';
  return payload.error.code === 'CANCELLED' ? 'cancelled' : 'failed';
}

function afterLoss(view: SessionView, event: Extract<SessionEvent, { type: 'history_lost' }>): Reduction {
  const { firstAvailable, state, final } = event.payload;
  // With the snapshot's final nothing more will come; else the next event is the first that is still there.
  if (view.lastSeq >= firstAvailable && final === undefined) return IGNORED;
  const lastSeq = Math.max(view.lastSeq, final === undefined ? firstAvailable - 1 : event.seq);
  return {
    kind: 'applied',
    view: {
      ...view,
      sessionId: event.sessionId,
      lastSeq,
      state,
      historyLost: true,
      final: final ?? view.final,
    },
  };
}
