// What a broker asks of a session store. Memory, SQLite and Redis answer alike: one conformance suite runs over all three.
// Every operation is atomic for its session; what spans several keys is ordered so that it may be repeated or abandoned.
import type { Labels, Priority, SessionState, StoredEvent } from '../protocol/events.ts';
import type { ToolEffect } from '../tools/define-tool.ts';

export interface NewSession {
  readonly id: string;
  readonly tenant: string;
  /** Queue it waits in, see {@link Dispatch}. */
  readonly route: string;
  readonly priority: Priority;
  readonly labels: Labels;
  readonly source: string;
  /** JSON that the claimer gets back unread: arguments, language, limits. */
  readonly request: string;
  /** When the broker decided to submit, ms on the store's clock. More than 5 s ago is `late`: its queue entry may be gone. */
  readonly atMs: number;
  readonly deadlineMs: number;
  /** JSON payload of `session_init`. */
  readonly init: string;
  /** Broker that wants to hear of every event. */
  readonly watcher?: string;
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
}
export type ClaimReply =
  | {
      readonly code: 'ok';
      readonly fence: string;
      readonly attempt: number;
      readonly tenant: string;
      readonly source: string;
      readonly request: string;
      readonly deadlineMs: number;
    }
  /** Its owner is gone. The old fence is void from now on, whoever took over ends the session under this one. */
  | { readonly code: 'lost'; readonly fence: string; readonly attempt: number; readonly tenant: string }
  /** `done`: ended already; `busy`: runs under another entry; `missing`: not there, or not yet. */
  | { readonly code: 'done' | 'busy' | 'missing' };

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

export interface ToolBegin {
  readonly id: string;
  readonly fence: string;
  readonly callId: number;
  readonly brokerId: string;
  readonly effect: ToolEffect;
  /** Hash of name and arguments. */
  readonly hash: string;
  /** JSON payload of `tool_call`. */
  readonly event: string;
  /** A broker that is known to be gone: a call that it runs may be taken from it. */
  readonly goneBroker?: string;
}

export interface ToolEnd {
  readonly id: string;
  readonly callId: number;
  readonly ok: boolean;
  /** JSON: the result, or `{code, message}`. */
  readonly result: string;
  /** JSON payload of `tool_result_applied`. */
  readonly event: string;
}

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
  /** A watched session has new events. */
  | { readonly kind: 'session'; readonly id: string }
  /** A session that this broker owns is to be cancelled. */
  | { readonly kind: 'cancel'; readonly id: string }
  /** A tool call that this broker waits for has ended elsewhere. */
  | { readonly kind: 'tool'; readonly id: string }
  /** Work was queued. */
  | { readonly kind: 'route'; readonly route: string }
  /** Bells may have been missed: read everything again that is open. */
  | { readonly kind: 'resync' };

export interface RuntimeInfo {
  readonly runtimeId: string;
  readonly labels: Labels;
  readonly slots: number;
  readonly busy: number;
}
export interface BrokerInfo {
  readonly brokerId: string;
  readonly runtimes: readonly RuntimeInfo[];
}

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

export interface KeyReservation {
  readonly sessionId: string;
  readonly bodyHash: string;
}

/** A session queued longer than this without being found by its claimer never was created, ms. */
export const ORPHAN_ENTRY_MS = 10_000;
/** A submit older than this is refused, ms. */
export const LATE_SUBMIT_MS = 5_000;

export interface Store extends AsyncDisposable {
  readonly kind: 'memory' | 'sqlite' | 'redis';
  /** Connects, as this broker. Bells ring from now on. @throws EnclaveError STORE_UNAVAILABLE */
  open(brokerId: string, onBell: (bell: Bell) => void): Promise<void>;
  /** Rejects with STORE_UNAVAILABLE unless the store answers. */
  ping(): Promise<void>;
  /** The store's clock, ms since 1970. */
  nowMs(): number;

  submit(session: NewSession): Promise<'created' | 'exists' | 'late'>;
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
  /** Has no fence: the effect has happened, whoever owns the session by now. */
  toolEnd(call: ToolEnd): Promise<'ok' | 'already'>;
  finish(end: Finish): Promise<'ok' | 'stale' | 'already'>;
  /** Ends a queued session with `final`; marks a running one and rings its owner. */
  cancel(id: string, final: string): Promise<'cancelled' | 'marked' | 'done' | 'missing'>;
  /** Puts a session back that its runtime did not start; settles the old entry. */
  release(id: string, fence: string, reason: string): Promise<'ok' | 'stale'>;

  find(id: string): Promise<SessionRecord | undefined>;
  /** Events after a cursor; from now on `watcher` hears of new ones. */
  read(id: string, after: EventCursor, limit: number, watcher?: string): Promise<EventPage | undefined>;
  /** Sessions past their deadline that have not ended, at most `limit`. */
  overdue(limit: number): Promise<readonly string[]>;
  /** Forgets a deadline whose session has ended or never was. */
  dropDeadline(id: string): Promise<void>;

  /** Takes up to `quota` entries of each priority, then up to `total` in all, for this broker. */
  take(route: string, quota: Readonly<Record<Priority, number>>, total: number): Promise<DispatchEntry[]>;
  /** Keeps this broker's entries from being reaped. */
  renew(entries: readonly DispatchEntry[]): Promise<void>;
  /** Takes over entries that nobody has renewed for `idleMs`. */
  reap(route: string, idleMs: number, limit: number): Promise<DispatchEntry[]>;
  /** The entry has done its work. */
  settle(entry: DispatchEntry): Promise<void>;
  /** Entries of the route that nobody has taken yet. */
  depth(route: string): Promise<number>;

  /** Takes one of `limit` places of a scope until it is given back, or until `untilMs` if that never happens. */
  acquireSlot(scope: string, id: string, limit: number, untilMs: number): Promise<boolean>;
  releaseSlot(scope: string, id: string): Promise<void>;
  /** Reserves an idempotency key; the answer is the earlier reservation, if there is one. */
  reserveKey(
    tenant: string,
    key: string,
    reservation: KeyReservation,
    ttlMs: number,
  ): Promise<KeyReservation | undefined>;

  /** This broker is alive for `ttlMs` more, and these are its runtimes. */
  beat(info: BrokerInfo, ttlMs: number): Promise<void>;
  fleet(): Promise<readonly BrokerInfo[]>;
}
