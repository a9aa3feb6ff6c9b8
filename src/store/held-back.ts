// Sessions of which nobody outside knows yet, in the memory of their broker: whoever asked waits for the one answer. Such a session
// is written once, when it has ended, and the answer goes out after that. Should its broker die before, nothing was promised,
// and nothing that matters has happened: before a call that may do more than read, the session is written as any other.
import { BriefMap } from '../brief-map.ts';
import type { Clock } from '../clock.ts';
import { isTerminal } from '../protocol/events.ts';
import { overlaid } from './overlay.ts';
import * as rules from './session-rules.ts';
import {
  type Bell,
  DIRECT_ENTRY,
  type Finish,
  type Holder,
  LATE_SUBMIT_MS,
  type NewSession,
  type SessionOperations,
  type Store,
  type SubmitClaimed,
  type WholeWrites,
} from './store.ts';
import type { ToolBegin, ToolBeginReply, ToolDone, ToolDoneReply, ToolEnd } from './tool-journal.ts';

/** A session that takes longer is written while it runs: lists show it, ms. */
const HOLD_MS = 1_000;
const LOOK_MS = HOLD_MS / 4;
/** The same for one whose events and answers have become this long, characters. */
const MAX_HELD = 65_536;

const DONE: Promise<void> = Promise.resolve();

interface Held {
  readonly live: rules.LiveSession;
  readonly leaseMs: number;
  readonly sinceMs: number;
  size: number;
  /** The writing of it has begun, for good: nothing more happens in memory. */
  isLeaving: boolean;
  writing: Promise<void> | undefined;
}

/** A store in front of `store`; `store` itself when it has no use for it. */
export function holdBack(store: Store, clock: Clock): Store {
  const { epoch, putRunning, putEnded } = store;
  if (epoch === undefined || putRunning === undefined || putEnded === undefined) return store;
  const held = new HeldBack(store, { epoch, putRunning, putEnded }, clock);
  return Object.assign(overlaid(store), held.operations);
}

type Operations = SessionOperations &
  Pick<Store, 'open' | 'renew' | 'dropDeadline' | 'writeOut' | typeof Symbol.asyncDispose>;

class HeldBack {
  readonly #store: Store;
  readonly #whole: Omit<WholeWrites, 'writeOut'>;
  readonly #clock: Clock;
  readonly #held = new BriefMap<string, Held>();
  /** Ended and written at once, so without a deadline in the store; until that is dropped. */
  readonly #neverDue = new Set<string>();
  #onBell: (bell: Bell) => void = () => {};
  #stopLooking: (() => void) | undefined;
  #isClosing = false;

  constructor(store: Store, whole: Omit<WholeWrites, 'writeOut'>, clock: Clock) {
    this.#store = store;
    this.#whole = whole;
    this.#clock = clock;
  }

  get operations(): Operations {
    const store = this.#store;
    return {
      open: (brokerId, onBell) => {
        this.#onBell = onBell;
        return store.open(brokerId, onBell);
      },
      submit: (session) => {
        this.#tellWritten(session);
        return store.submit(session);
      },
      submitClaimed: (session, holder) => this.#submitClaimed(session, holder),
      append: async (id, fence, n, payload) => {
        const live = this.#inMemory(id);
        if (live === undefined) return await this.#written(id, () => store.append(id, fence, n, payload));
        return this.#grown(id, payload.length, rules.append(live, fence, n, payload, store.nowMs()));
      },
      toolBegin: (call) => this.#toolBegin(call),
      toolDone: (call) => this.#toolDone(call),
      toolEnd: (call) => this.#toolEnd(call),
      finish: (end) => this.#finish(end),
      // Whoever asks for one of these needs the session where everybody sees it.
      claim: (request) => this.#written(request.id, () => store.claim(request)),
      adopt: (id, ...rest) => this.#written(id, () => store.adopt(id, ...rest)),
      cancel: (id, final) => this.#written(id, () => store.cancel(id, final)),
      release: (id, ...rest) => this.#written(id, () => store.release(id, ...rest)),
      find: (id) => this.#written(id, () => store.find(id)),
      read: (id, ...rest) => this.#written(id, () => store.read(id, ...rest)),
      list: async (query) => {
        await this.#writeAll(({ live }) => live.tenant === query.tenant);
        return await store.list(query);
      },
      renew: (entries, leaseMs) =>
        store.renew(
          entries.filter(({ id }) => !this.#held.has(id)),
          leaseMs,
        ),
      dropDeadline: (id) => (this.#neverDue.delete(id) ? DONE : store.dropDeadline(id)),
      writeOut: async (ids) => {
        if (ids === undefined) this.#isClosing = true;
        await this.#writeAll(({ live }) => ids === undefined || ids.includes(live.id));
      },
      [Symbol.asyncDispose]: async () => {
        this.#stopLooking?.();
        await store[Symbol.asyncDispose]();
      },
    };
  }

  async #submitClaimed(session: NewSession, holder: Holder): Promise<SubmitClaimed> {
    const isHeld =
      session.isAwaited === true &&
      !this.#isClosing &&
      this.#store.nowMs() - session.atMs <= LATE_SUBMIT_MS &&
      this.#store.breakerState?.() !== 'open';
    if (!isHeld) {
      this.#tellWritten(session);
      return await this.#store.submitClaimed(session, holder);
    }
    const { id, route, priority, atMs } = session;
    const { runtimeId, brokerId, claimId, leaseMs } = holder;
    const epoch = this.#whole.epoch();
    const nowMs = this.#store.nowMs();
    const live = rules.create(session, epoch, nowMs);
    rules.handOut(live, { entryId: DIRECT_ENTRY, runtimeId, brokerId, claimId }, epoch, nowMs);
    const sinceMs = this.#clock.nowMs();
    this.#held.set(id, { live, leaseMs, sinceMs, size: 0, isLeaving: false, writing: undefined });
    this.#stopLooking ??= this.#look();
    return {
      code: 'created',
      fence: live.fence,
      entry: { entryId: DIRECT_ENTRY, id, route, priority, atMs },
    };
  }

  #tellWritten({ id, isAwaited = false }: NewSession): void {
    if (isAwaited) this.#onBell({ kind: 'written', id });
  }

  async #toolBegin(call: ToolBegin): Promise<ToolBeginReply> {
    // Before anything happens outside of us, the session is there for all to see.
    const live = call.effect === 'read' ? this.#inMemory(call.id) : undefined;
    if (live === undefined) return await this.#written(call.id, () => this.#store.toolBegin(call));
    return this.#grown(call.id, call.event.length, rules.toolBegin(live, call, this.#store.nowMs()));
  }

  async #toolDone(call: ToolDone): Promise<ToolDoneReply> {
    const live = this.#inMemory(call.id);
    if (live === undefined) return await this.#written(call.id, () => this.#store.toolDone(call));
    const length = call.event.length + call.result.length + call.resultEvent.length;
    return this.#grown(call.id, length, rules.toolDone(live, call, this.#store.nowMs()));
  }

  async #toolEnd(call: ToolEnd): Promise<'ok' | 'already' | 'missing'> {
    const live = this.#inMemory(call.id);
    if (live === undefined) return await this.#written(call.id, () => this.#store.toolEnd(call));
    const length = call.result.length + call.event.length;
    return this.#grown(call.id, length, rules.toolEnd(live, call, this.#store.nowMs()));
  }

  async #finish(end: Finish): Promise<'ok' | 'stale' | 'already'> {
    const { id } = end;
    const held = this.#held.get(id);
    if (held === undefined || held.isLeaving) return await this.#written(id, () => this.#store.finish(end));
    const { live } = held;
    // Asked again, since the store was away: it has ended here, and nowhere else yet.
    const reply = isTerminal(live.state) ? 'ok' : rules.finish(live, end, this.#store.nowMs());
    if (reply === 'ok') await this.#write(held);
    return reply;
  }

  /** The session, if what happens to it happens in memory. To be changed at once: after a wait it may be on its way into the store. */
  #inMemory(id: string): rules.LiveSession | undefined {
    const held = this.#held.get(id);
    return held === undefined || held.isLeaving ? undefined : held.live;
  }

  #grown<T>(id: string, length: number, reply: T): T {
    const held = this.#held.get(id);
    if (held === undefined) return reply;
    held.size += length;
    if (held.size > MAX_HELD) void this.#write(held).catch(() => {});
    return reply;
  }

  /** Does it when the store has the session; a writing that has begun is waited for. */
  async #written<T>(id: string, work: () => Promise<T>): Promise<T> {
    const held = this.#held.get(id);
    if (held !== undefined) await this.#write(held);
    return await work();
  }

  /** From now on the store has it. Rejects while that is away; whoever asks next tries again. */
  #write(held: Held): Promise<void> {
    held.writing ??= this.#put(held);
    return held.writing;
  }

  async #put(held: Held): Promise<void> {
    const { live, leaseMs } = held;
    const hasEnded = isTerminal(live.state) && !held.isLeaving;
    if (!hasEnded) {
      held.isLeaving = true;
      this.#onBell({ kind: 'written', id: live.id });
    }
    try {
      await (hasEnded ? this.#whole.putEnded(live) : this.#whole.putRunning(live, leaseMs));
    } catch (error) {
      // However soon it failed: not before `#write` has noted that it is under way.
      await DONE;
      held.writing = undefined;
      throw error;
    }
    this.#held.delete(live.id);
    if (!hasEnded) return;
    this.#neverDue.add(live.id);
    this.#onBell({ kind: 'ended', record: rules.toRecord(live) });
  }

  async #writeAll(which: (held: Held) => boolean): Promise<void> {
    await Promise.all(
      this.#held
        .values()
        .filter(which)
        .map((held) => this.#write(held)),
    );
  }

  /** Held sessions are in the order of their age. */
  #look(): () => void {
    return this.#clock.setTimer(LOOK_MS, () => {
      const untilMs = this.#clock.nowMs() - HOLD_MS;
      for (const held of this.#held.values()) {
        if (held.sinceMs > untilMs) break;
        void this.#write(held).catch(() => {});
      }
      this.#stopLooking = this.#held.size === 0 ? undefined : this.#look();
    });
  }
}
