// The store of one process. Live sessions are in memory; an archive keeps what has ended, and, if it is a file, everything.
import type { Clock } from '../clock.ts';
import { isTerminal, type Priority } from '../protocol/events.ts';
import type { Archive, LocalStoreOptions } from './archive.ts';
import type { FleetOperations } from './fleet-operations.ts';
import { LocalDispatch } from './local-dispatch.ts';
import { localFleet } from './local-fleet.ts';
import { listed } from './session-order.ts';
import * as rules from './session-rules.ts';
import {
  type Bell,
  type ClaimReply,
  type ClaimRequest,
  DEFAULT_RETENTION,
  type DispatchEntry,
  type EventCursor,
  type EventPage,
  type Finish,
  type Holder,
  LATE_SUBMIT_MS,
  type NewSession,
  type Retention,
  type SessionList,
  type SessionQuery,
  type SessionRecord,
  type Store,
  type SubmitClaimed,
} from './store.ts';
import type { ToolBegin, ToolBeginReply, ToolDone, ToolDoneReply, ToolEnd } from './tool-journal.ts';

export function createLocalStore(archive: Archive, options: LocalStoreOptions): Store {
  const sessions = new LocalStore(archive, options);
  return Object.assign(sessions, localFleet(archive, options.clock));
}

class LocalStore implements Omit<Store, keyof FleetOperations> {
  readonly kind: 'memory' | 'sqlite';
  readonly #archive: Archive;
  readonly #clock: Clock;
  readonly #retention: Retention;
  readonly #live = new Map<string, rules.LiveSession>();
  readonly #dispatch = new LocalDispatch();
  readonly #listeners = new Map<string, (bell: Bell) => void>();
  #opening: Promise<void> | undefined;
  #epoch = 1;

  constructor(archive: Archive, options: LocalStoreOptions) {
    this.#archive = archive;
    this.#clock = options.clock;
    this.#retention = options.retention ?? DEFAULT_RETENTION;
    this.kind = archive.kind;
  }

  /** Several brokers of one process may share the store; each opens it with a name of its own. */
  async open(brokerId: string, onBell: (bell: Bell) => void): Promise<void> {
    this.#opening ??= this.#load();
    await this.#opening;
    this.#listeners.set(brokerId, onBell);
  }

  async #load(): Promise<void> {
    this.#epoch = this.#archive.epoch(this.nowMs());
    const sessions = [...(await this.#archive.open(this.#retention))];
    for (const live of sessions) {
      this.#live.set(live.id, live);
      live.watchers.clear();
    }
    const [running, queued] = [true, false].map((runs) =>
      sessions.filter(({ state }) => (state === 'running') === runs),
    );
    // Entries of before keep their ids, so they go first: new ones are numbered after them.
    for (const { entryId, id, route, priority } of running ?? [])
      this.#dispatch.addAbandoned(entryId, id, route, priority);
    for (const { id, route, priority } of queued ?? []) this.#dispatch.add(id, route, priority, this.nowMs());
  }

  async ping(): Promise<void> {}

  nowMs(): number {
    return this.#clock.wallMs();
  }

  async submit(session: NewSession): Promise<'created' | 'exists' | 'late'> {
    const live = this.#create(session);
    if (typeof live === 'string') return live;
    this.#dispatch.add(live.id, live.route, live.priority, session.atMs);
    await this.#changed(live);
    this.#ringAll({ kind: 'route', route: live.route });
    return 'created';
  }

  async submitClaimed(session: NewSession, { runtimeId, brokerId, claimId }: Holder): Promise<SubmitClaimed> {
    const live = this.#create(session);
    if (live === 'exists') return this.#createdBy(session.id, claimId) ?? { code: live };
    if (live === 'late') return { code: live };
    const { id, route, priority } = live;
    const entry = this.#dispatch.addTaken(id, route, priority, this.nowMs());
    const request = { id, entryId: entry.entryId, runtimeId, brokerId, isTakeover: false, claimId };
    const claim = rules.claim(live, request, this.#epoch, this.nowMs());
    await this.#changed(live);
    return { code: 'created', fence: claim.code === 'ok' ? claim.fence : '', entry };
  }

  /** What the repeat of a creation gets. */
  #createdBy(id: string, claimId: string): SubmitClaimed | undefined {
    const live = this.#live.get(id);
    if (live?.state !== 'running' || live.claim.id !== claimId) return undefined;
    const { fence, entryId, route, priority, createdAtMs: atMs } = live;
    return { code: 'created', fence, entry: { entryId, id, route, priority, atMs } };
  }

  #create(session: NewSession): rules.LiveSession | 'exists' | 'late' {
    if (this.#find(session.id) !== undefined) return 'exists';
    if (this.nowMs() - session.atMs > LATE_SUBMIT_MS) return 'late';
    const live = rules.create(session, this.#epoch, this.nowMs());
    this.#live.set(live.id, live);
    return live;
  }

  async claim(request: ClaimRequest): Promise<ClaimReply> {
    const live = this.#find(request.id);
    if (live === undefined) return { code: 'missing' };
    const reply = rules.claim(live, request, this.#epoch, this.nowMs());
    if (reply.code === 'ok' || reply.code === 'lost') await this.#changed(live);
    return reply;
  }

  async adopt(id: string, fence: string, brokerId: string): ReturnType<Store['adopt']> {
    const live = this.#live.get(id);
    if (live === undefined || rules.adopt(live, fence, brokerId) === 'stale') return { code: 'stale' };
    await this.#changed(live);
    const { entryId, route, priority, isCancelled } = live;
    const entry: DispatchEntry = { entryId, id, route, priority, atMs: live.createdAtMs };
    this.#dispatch.renew([entry], this.nowMs());
    return { code: 'ok', entry, request: live.request(), isCancelled };
  }

  async append(id: string, fence: string, n: number, payload: string): Promise<'ok' | 'dup' | 'stale'> {
    const live = this.#live.get(id);
    if (live === undefined) return 'stale';
    const reply = rules.append(live, fence, n, payload, this.nowMs());
    if (reply === 'ok') await this.#changed(live);
    return reply;
  }

  async toolBegin(call: ToolBegin): Promise<ToolBeginReply> {
    const live = this.#live.get(call.id);
    const reply = rules.toolBegin(live, call, this.nowMs());
    if (live !== undefined && (reply.code === 'run' || reply.code === 'doubt')) await this.#changed(live);
    return reply;
  }

  async toolDone(call: ToolDone): Promise<ToolDoneReply> {
    const live = this.#live.get(call.id);
    const reply = rules.toolDone(live, call, this.nowMs());
    if (live !== undefined && reply.code === 'ok') await this.#changed(live);
    return reply;
  }

  async toolEnd(call: ToolEnd): Promise<'ok' | 'already' | 'missing'> {
    const live = this.#live.get(call.id);
    // An ended session takes no answer any more, and need not be written again.
    if (live === undefined) return this.#find(call.id)?.tools.has(call.callId) ? 'already' : 'missing';
    const reply = rules.toolEnd(live, call, this.nowMs());
    if (reply === 'ok') {
      await this.#changed(live);
      this.#listeners.get(live.brokerId)?.({ kind: 'tool', id: live.id });
    }
    return reply;
  }

  async finish(end: Finish): Promise<'ok' | 'stale' | 'already'> {
    const live = this.#find(end.id);
    if (live === undefined) return 'stale';
    const reply = rules.finish(live, end, this.nowMs());
    if (reply === 'ok') await this.#changed(live);
    return reply;
  }

  async cancel(id: string, final: string): Promise<'cancelled' | 'marked' | 'done' | 'missing'> {
    const live = this.#find(id);
    if (live === undefined) return 'missing';
    const reply = rules.cancel(live, final, this.nowMs());
    if (reply !== 'done') await this.#changed(live);
    if (reply === 'marked') this.#listeners.get(live.brokerId)?.({ kind: 'cancel', id });
    return reply;
  }

  async release(id: string, fence: string, reason: string): Promise<'ok' | 'stale'> {
    const live = this.#live.get(id);
    if (live === undefined) return 'stale';
    const { entryId } = live;
    if (rules.release(live, fence, reason, this.nowMs()) === 'stale') return 'stale';
    this.#dispatch.settle(entryId);
    this.#dispatch.add(id, live.route, live.priority, this.nowMs());
    await this.#changed(live);
    this.#ringAll({ kind: 'route', route: live.route });
    return 'ok';
  }

  async find(id: string): Promise<SessionRecord | undefined> {
    const live = this.#find(id);
    return live === undefined ? undefined : rules.toRecord(live);
  }

  async list(query: SessionQuery): Promise<SessionList> {
    const { limit } = query;
    // One more than asked for tells whether there are more.
    const asked = { ...query, limit: limit + 1 };
    const found = [...listed(this.#live.values(), asked), ...this.#archive.list(asked, this.nowMs())];
    const sessions = listed(found, asked);
    const page = sessions.slice(0, limit).map(rules.toRecord);
    const last = page.at(-1);
    if (last === undefined || sessions.length <= limit) return { sessions: page };
    return { sessions: page, next: { atMs: last.createdAtMs, id: last.id } };
  }

  async read(
    id: string,
    after: EventCursor,
    limit: number,
    watcher?: string,
  ): Promise<EventPage | undefined> {
    const live = this.#find(id);
    if (live === undefined) return undefined;
    if (watcher !== undefined && !isTerminal(live.state)) live.watchers.add(watcher);
    return rules.page(rules.toRecord(live), live.events, after, limit);
  }

  async overdue(limit: number): Promise<readonly string[]> {
    const nowMs = this.nowMs();
    return this.#live
      .values()
      .filter((live) => live.deadlineMs <= nowMs)
      .take(limit)
      .map((live) => live.id)
      .toArray();
  }

  /** The deadlines of a local store are those of its live sessions: there is nothing to forget. */
  async dropDeadline(): Promise<void> {}

  async take(
    route: string,
    quota: Readonly<Record<Priority, number>>,
    total: number,
  ): Promise<DispatchEntry[]> {
    return this.#dispatch.take(route, quota, total, this.nowMs());
  }

  async renew(entries: readonly DispatchEntry[]): Promise<void> {
    this.#dispatch.renew(entries, this.nowMs());
  }

  async reap(route: string, idleMs: number, limit: number): Promise<DispatchEntry[]> {
    return this.#dispatch.reap(route, idleMs, limit, this.nowMs());
  }

  async putBack({ entryId, id, route, priority }: DispatchEntry): Promise<void> {
    this.#dispatch.settle(entryId);
    this.#dispatch.add(id, route, priority, this.nowMs());
    this.#ringAll({ kind: 'route', route });
  }

  /** Brokers of one process leave nothing behind. */
  async sweep(): Promise<void> {}

  async settle(entry: DispatchEntry): Promise<void> {
    this.#dispatch.settle(entry.entryId);
  }

  async depth(route: string): Promise<number> {
    const { high, normal, low } = this.#dispatch.depths(route);
    return high + normal + low;
  }

  async depths(route: string): Promise<Readonly<Record<Priority, number>>> {
    return this.#dispatch.depths(route);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    await this.#archive[Symbol.asyncDispose]();
  }

  #find(id: string): rules.LiveSession | undefined {
    return this.#live.get(id) ?? this.#archive.find(id, this.nowMs());
  }

  async #changed(live: rules.LiveSession): Promise<void> {
    const isOver = isTerminal(live.state);
    await this.#archive.save(live);
    if (isOver) this.#live.delete(live.id);
    for (const watcher of live.watchers) this.#listeners.get(watcher)?.({ kind: 'session', id: live.id });
  }

  #ringAll(bell: Bell): void {
    for (const listener of this.#listeners.values()) listener(bell);
  }
}
