// What a broker asks of a session store. Memory, SQLite and Redis answer alike: one conformance suite runs over all three.
// Every operation is atomic for its session; what spans several keys is ordered so that it may be repeated or abandoned.
import type { CircuitState } from '../circuit-breaker.ts';
import type { Labels, Priority, SessionState, StoredEvent } from '../protocol/events.ts';
import type { FleetOperations } from './fleet-operations.ts';
import type { LiveSession } from './session-rules.ts';
import type { ToolBegin, ToolBeginReply, ToolDone, ToolDoneReply, ToolEnd } from './tool-journal.ts';

export interface NewSession {
  readonly id: string;
  readonly tenant: string;
  /** Queue it waits in, see {@link Dispatch}. */
  readonly route: string;
  readonly priority: Priority;
  readonly labels: Labels;
  readonly source: string;
  /** JSON that the claimer gets back unread: arguments, language, limits. May be made when it is first read. */
  readonly request: string;
  /** Trace context that is part of `request`, when the session is traced. */
  readonly traceparent?: string;
  /** When the broker decided to submit, ms on the store's clock. More than 5 s ago is `late`: its queue entry may be gone. */
  readonly atMs: number;
  readonly deadlineMs: number;
  /** JSON payload of `session_init`. */
  readonly init: string;
  /** Broker that wants to hear of every event. */
  readonly watcher?: string;
  /** Its id is new (`createSessionId`), and whoever asked gets one answer, when it has ended: nobody hears of the session before. */
  readonly isAwaited?: boolean;
}

export interface SessionRecord {
  readonly id: string;
  readonly tenant: string;
  readonly state: SessionState;
  readonly route: string;
  readonly priority: Priority;
  readonly labels: Labels;
  readonly createdAtMs: number;
  readonly deadlineMs: number;
  readonly attempts: number;
  readonly lastSeq: number;
  /** A cancel was asked for while it ran. */
  readonly isCancelled: boolean;
  readonly runtimeId?: string;
  readonly brokerId?: string;
  /** JSON payload of `final`, once there is one. */
  readonly final?: string;
}

/** Which sessions are asked for, see {@link SessionOperations.list}. */
export interface SessionQuery {
  readonly tenant: string;
  readonly state?: SessionState;
  /** Sessions after this place only; of an earlier answer. */
  readonly after?: SessionPlace;
  /** At most so many, from 1. */
  readonly limit: number;
}

/** A place in the order of sessions: by time, newest first. */
export interface SessionPlace {
  readonly atMs: number;
  /** Tells places of one millisecond apart; what it is, the store knows. */
  readonly id: string;
}

export interface SessionList {
  readonly sessions: readonly SessionRecord[];
  /** Where to go on; there may be more. Fewer sessions than the limit do not mean that there are none. */
  readonly next?: SessionPlace;
}

/** One place in the queue of a route. A session may have more than one; `claim` lets one of them through. */
export interface DispatchEntry {
  readonly entryId: string;
  readonly id: string;
  readonly route: string;
  readonly priority: Priority;
  readonly atMs: number;
}

export interface ClaimRequest {
  readonly id: string;
  readonly entryId: string;
  readonly runtimeId: string;
  readonly brokerId: string;
  /** The entry came from `reap`: a session that still runs under it has lost its owner. */
  readonly isTakeover: boolean;
  /** Of this claim alone: whoever asks again with it, since no answer came, gets the answer that was lost. */
  readonly claimId: string;
}
export type ClaimReply =
  | {
      readonly code: 'ok';
      readonly fence: string;
      readonly attempt: number;
      readonly tenant: string;
      readonly source: string;
      readonly request: string;
      readonly createdAtMs: number;
      readonly deadlineMs: number;
    }
  /** Its owner is gone. The old fence is void from now on, whoever took over ends the session under this one. */
  | {
      readonly code: 'lost';
      readonly fence: string;
      readonly attempt: number;
      readonly tenant: string;
      readonly createdAtMs: number;
    }
  /** `done`: ended already; `busy`: runs under another entry; `missing`: not there, or not yet. */
  | { readonly code: 'done' | 'busy' | 'missing' };

/** Who runs a session from its creation on. */
export interface Holder {
  readonly runtimeId: string;
  readonly brokerId: string;
  readonly leaseMs: number;
  /** As that of a {@link ClaimRequest}. */
  readonly claimId: string;
}

export type SubmitClaimed =
  | { readonly code: 'created'; readonly fence: string; readonly entry: DispatchEntry }
  | { readonly code: 'exists' | 'late' };

export type {
  JournalEffect,
  ToolBegin,
  ToolBeginReply,
  ToolDone,
  ToolDoneReply,
  ToolEnd,
} from './tool-journal.ts';

export interface Finish {
  readonly id: string;
  /** The fence of the attempt; empty for a session that is still queued. */
  readonly fence: string;
  /** End it only while this broker owns it: its runtime may have moved to another. */
  readonly owner?: string;
  readonly state: 'completed' | 'failed' | 'cancelled';
  /** JSON payload of `final`. */
  readonly final: string;
}

export interface EventPage {
  readonly record: SessionRecord;
  /** Events after the cursor, oldest first, at most `limit`. */
  readonly events: readonly StoredEvent[];
  /** The event at the cursor is not there any more (expired), or never was (the store was rolled back). */
  readonly isLost: boolean;
}

/** Where a reader stands: after the event with this number, and of this epoch when the reader knows it. */
export interface EventCursor {
  readonly seq: number;
  readonly epoch?: string;
}

/** What a store tells its broker without being asked. Hints: the broker reads what they point at. */
export type Bell =
  /** A watched session has new events; one that is short comes along. */
  | { readonly kind: 'session'; readonly id: string; readonly event?: StoredEvent }
  /** A watched session has ended, and this is all that is left to know of it. */
  | { readonly kind: 'ended'; readonly record: SessionRecord }
  /** An awaited session is kept back no more, or never was: from now on others may find it. */
  | { readonly kind: 'written'; readonly id: string }
  /** A session that this broker owns is to be cancelled. */
  | { readonly kind: 'cancel'; readonly id: string }
  /** A tool call that this broker waits for has ended elsewhere. */
  | { readonly kind: 'tool'; readonly id: string }
  /** Work was queued. */
  | { readonly kind: 'route'; readonly route: string }
  /** Bells may have been missed: read everything again that is open. */
  | { readonly kind: 'resync' };

export interface Retention {
  /** How long events and tool journal of an ended session are kept, ms. */
  readonly eventsMs: number;
  /** How long its result is kept, ms; at least `eventsMs`. */
  readonly resultMs: number;
}

export const DEFAULT_RETENTION: Retention = { eventsMs: 60_000, resultMs: 300_000 };

export interface StoreOptions {
  readonly retention?: Retention;
}

/** `entryId` of a session that was handed out without an entry in a queue: its lease is among the deadlines. */
export const DIRECT_ENTRY = 'direct';
/** A session queued longer than this without being found by its claimer never was created, ms. */
export const ORPHAN_ENTRY_MS = 10_000;
/** A submit older than this is refused, ms. */
export const LATE_SUBMIT_MS = 5_000;

/** What is done to one session. */
export interface SessionOperations {
  submit(session: NewSession): Promise<'created' | 'exists' | 'late'>;
  /** Creates a session that a runtime has already, under a lease: it is never queued. */
  submitClaimed(session: NewSession, holder: Holder): Promise<SubmitClaimed>;
  claim(request: ClaimRequest): Promise<ClaimReply>;
  /** A runtime has come back on another link: its broker is the owner now. */
  adopt(
    id: string,
    fence: string,
    brokerId: string,
  ): Promise<
    | {
        readonly code: 'ok';
        readonly entry: DispatchEntry;
        readonly request: string;
        readonly isCancelled: boolean;
      }
    | { readonly code: 'stale' }
  >;
  /** Adds a line of console output; `n` numbers the lines of a session, a repeat is `dup`. */
  append(id: string, fence: string, n: number, payload: string): Promise<'ok' | 'dup' | 'stale'>;
  toolBegin(call: ToolBegin): Promise<ToolBeginReply>;
  /** `toolBegin` and `toolEnd` in one step. A call that somebody else is at is answered by whoever is first. */
  toolDone(call: ToolDone): Promise<ToolDoneReply>;
  /** Has no fence: the effect has happened, whoever owns the session by now. */
  toolEnd(call: ToolEnd): Promise<'ok' | 'already' | 'missing'>;
  finish(end: Finish): Promise<'ok' | 'stale' | 'already'>;
  /** Ends a queued session with `final`; marks a running one and rings its owner. */
  cancel(id: string, final: string): Promise<'cancelled' | 'marked' | 'done' | 'missing'>;
  /** Puts a session back that its runtime did not start; settles the old entry. A repeat does no harm. */
  release(id: string, fence: string, reason: string): Promise<'ok' | 'stale'>;

  find(id: string): Promise<SessionRecord | undefined>;
  /** A tenant's sessions, newest first. */
  list(query: SessionQuery): Promise<SessionList>;
  /** Events after a cursor; from now on `watcher` hears of new ones. */
  read(id: string, after: EventCursor, limit: number, watcher?: string): Promise<EventPage | undefined>;
}

/**
 * Writing of sessions that were kept in the memory of a broker so far. A store that has these has them all; one that is in the
 * memory of the process itself needs none.
 */
export interface WholeWrites {
  /** What fences of now begin with. */
  epoch(): number;
  /** A session as it is: running, under a lease. A repeat does no harm. */
  putRunning(session: LiveSession, leaseMs: number): Promise<void>;
  /** A session that has ended: what there will be to know of it. A repeat does no harm. */
  putEnded(session: LiveSession): Promise<void>;
  /** Writes what is in memory yet: these sessions, or all, and then keeps no more of them there. Absent where that is nothing. */
  writeOut?(ids?: readonly string[]): Promise<void>;
}

/** Queues of the routes, and deadlines. */
export interface QueueOperations {
  /**
   * Sessions past their deadline, or handed out without an entry and not renewed since; at most `limit`. Whoever asks is
   * to look after them: nobody else is told of them for `deferMs`.
   */
  overdue(limit: number, deferMs: number): Promise<readonly string[]>;
  /** Forgets a deadline whose session has ended or never was. */
  dropDeadline(id: string): Promise<void>;

  /** Takes up to `quota` entries of each priority, then up to `total` in all, for this broker. */
  take(route: string, quota: Readonly<Record<Priority, number>>, total: number): Promise<DispatchEntry[]>;
  /** Keeps this broker's entries from being reaped; those that are in no queue for `leaseMs`. */
  renew(entries: readonly DispatchEntry[], leaseMs: number): Promise<void>;
  /** Takes over entries that nobody has renewed for `idleMs`. */
  reap(route: string, idleMs: number, limit: number): Promise<DispatchEntry[]>;
  /** An entry that was taken and cannot be served here: its session is queued anew, for whoever has room. */
  putBack(entry: DispatchEntry): Promise<void>;
  /** Forgets brokers that have long been gone and hold no entry. */
  sweep(route: string): Promise<void>;
  /** The entry has done its work. */
  settle(entry: DispatchEntry): Promise<void>;
  /** Entries of the route that nobody has taken yet. */
  depth(route: string): Promise<number>;
  /** The same by priority. */
  depths(route: string): Promise<Readonly<Record<Priority, number>>>;
}

export interface Store
  extends SessionOperations,
    QueueOperations,
    FleetOperations,
    Partial<WholeWrites>,
    AsyncDisposable {
  readonly kind: 'memory' | 'sqlite' | 'redis';
  /** Connects, as this broker. Bells ring from now on. @throws EnclaveError STORE_UNAVAILABLE */
  open(brokerId: string, onBell: (bell: Bell) => void): Promise<void>;
  /** Rejects with STORE_UNAVAILABLE unless the store answers. */
  ping(): Promise<void>;
  /** Whether operations are let through to a server; absent where there is none. */
  breakerState?(): CircuitState;
  /** The store's clock, ms since 1970. */
  nowMs(): number;
}
