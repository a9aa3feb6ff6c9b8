// The rules of a session as plain functions over its state: the reference that the Lua files follow line by line.
// A rule either refuses and changes nothing, or changes the state and says which events that made.
import {
  type EventType,
  isTerminal,
  type Labels,
  type Priority,
  type SessionState,
  type StoredEvent,
} from '../protocol/events.ts';
import { startedPayload } from './payloads.ts';
import type {
  ClaimReply,
  ClaimRequest,
  EventCursor,
  EventPage,
  Finish,
  JournalEffect,
  NewSession,
  SessionRecord,
  ToolBegin,
  ToolBeginReply,
  ToolDone,
  ToolDoneReply,
  ToolEnd,
} from './store.ts';

export interface ToolState {
  status: 'run' | 'ok' | 'err' | 'doubt';
  readonly hash: string;
  readonly effect: JournalEffect;
  brokerId: string;
  result: string;
}

export interface LiveSession {
  readonly id: string;
  readonly tenant: string;
  readonly route: string;
  readonly priority: Priority;
  readonly labels: Labels;
  readonly source: string;
  /** Of {@link NewSession}; as text it is needed only where it is written. */
  readonly request: () => string;
  readonly createdAtMs: number;
  readonly deadlineMs: number;
  state: SessionState;
  epoch: number;
  fence: string;
  fenceCount: number;
  entryId: string;
  /** Of the claim that it is, or was last, handed out by. */
  claim: { id: string; isTakeover: boolean };
  runtimeId: string;
  brokerId: string;
  attempts: number;
  /** Number of the last event. */
  seq: number;
  emitted: number;
  isCancelled: boolean;
  final: string;
  readonly watchers: Set<string>;
  readonly events: StoredEvent[];
  readonly tools: Map<number, ToolState>;
}

export function create(session: NewSession, epoch: number, nowMs: number): LiveSession {
  const live: LiveSession = {
    id: session.id,
    tenant: session.tenant,
    route: session.route,
    priority: session.priority,
    labels: session.labels,
    source: session.source,
    request: () => session.request,
    createdAtMs: nowMs,
    deadlineMs: session.deadlineMs,
    state: 'queued',
    epoch,
    fence: '',
    fenceCount: 0,
    entryId: '',
    claim: { id: '', isTakeover: false },
    runtimeId: '',
    brokerId: '',
    attempts: 0,
    seq: 0,
    emitted: 0,
    isCancelled: false,
    final: '',
    watchers: new Set(session.watcher === undefined ? [] : [session.watcher]),
    events: [],
    tools: new Map(),
  };
  push(live, 'session_init', session.init, nowMs);
  return live;
}

function push(live: LiveSession, type: EventType, payload: string, ts: number): void {
  const seq = ++live.seq;
  live.events.push({ id: `${live.epoch}-${seq}`, seq, ts, type, payload });
}

/** Every change of a runtime's making passes here: it must run, and under this fence. */
function holds(live: LiveSession | undefined, fence: string): live is LiveSession {
  return live?.state === 'running' && live.fence === fence;
}

export function claim(live: LiveSession, request: ClaimRequest, epoch: number, nowMs: number): ClaimReply {
  if (isTerminal(live.state)) return { code: 'done' };
  // Asked again, since the answer was lost on its way.
  const isRepeat = live.claim.id === request.claimId;
  if (live.state === 'running') {
    if (isRepeat) return live.claim.isTakeover ? lostReply(live) : okReply(live);
    if (!request.isTakeover || live.entryId !== request.entryId) return { code: 'busy' };
    renewFence(live, epoch);
    live.brokerId = request.brokerId;
    live.claim = { id: request.claimId, isTakeover: true };
    return lostReply(live);
  }
  // Given back since: nobody waits for this repeat.
  if (isRepeat) return { code: 'busy' };
  handOut(live, request, epoch, nowMs);
  return okReply(live);
}

/** A session that waits goes to a runtime. */
export function handOut(
  live: LiveSession,
  { claimId, entryId, runtimeId, brokerId }: Omit<ClaimRequest, 'id' | 'isTakeover'>,
  epoch: number,
  nowMs: number,
): void {
  renewFence(live, epoch);
  live.claim = { id: claimId, isTakeover: false };
  live.state = 'running';
  live.entryId = entryId;
  live.runtimeId = runtimeId;
  live.brokerId = brokerId;
  live.attempts++;
  push(live, 'started', startedPayload(runtimeId, live.attempts), nowMs);
}

function okReply(live: LiveSession): ClaimReply {
  const { fence, attempts: attempt, tenant, source, createdAtMs, deadlineMs } = live;
  return { code: 'ok', fence, attempt, tenant, source, request: live.request(), createdAtMs, deadlineMs };
}

function lostReply({ fence, attempts: attempt, tenant, createdAtMs }: LiveSession): ClaimReply {
  return { code: 'lost', fence, attempt, tenant, createdAtMs };
}

function renewFence(live: LiveSession, epoch: number): void {
  live.epoch = Math.max(live.epoch, epoch);
  live.fenceCount++;
  live.fence = `${live.epoch}-${live.fenceCount}`;
}

export function adopt(live: LiveSession, fence: string, brokerId: string): 'ok' | 'stale' {
  if (!holds(live, fence)) return 'stale';
  live.brokerId = brokerId;
  return 'ok';
}

export function append(
  live: LiveSession,
  fence: string,
  n: number,
  payload: string,
  nowMs: number,
): 'ok' | 'dup' | 'stale' {
  if (!holds(live, fence)) return 'stale';
  if (n <= live.emitted) return 'dup';
  live.emitted = n;
  push(live, 'log', payload, nowMs);
  return 'ok';
}

export function toolBegin(live: LiveSession | undefined, call: ToolBegin, nowMs: number): ToolBeginReply {
  if (!holds(live, call.fence)) return { code: 'stale' };
  const known = live.tools.get(call.callId);
  if (known === undefined) {
    const { hash, effect, brokerId } = call;
    live.tools.set(call.callId, { status: 'run', hash, effect, brokerId, result: '' });
    push(live, 'tool_call', call.event, nowMs);
    return { code: 'run' };
  }
  if (known.hash !== call.hash) return { code: 'mismatch' };
  if (known.status === 'doubt') return { code: 'doubt' };
  if (known.status !== 'run') return { code: 'done', ok: known.status === 'ok', result: known.result };
  if (known.brokerId !== call.goneBroker) return { code: 'wait', brokerId: known.brokerId };
  if (known.effect === 'once') {
    known.status = 'doubt';
    return { code: 'doubt' };
  }
  known.brokerId = call.brokerId;
  return { code: 'run' };
}

export function toolDone(live: LiveSession | undefined, call: ToolDone, nowMs: number): ToolDoneReply {
  if (!holds(live, call.fence)) return { code: 'stale' };
  const known = live.tools.get(call.callId);
  if (known !== undefined && known.hash !== call.hash) return { code: 'mismatch' };
  if (known?.status === 'doubt') return { code: 'doubt' };
  if (known !== undefined && known.status !== 'run')
    return { code: 'done', ok: known.status === 'ok', result: known.result };
  const { hash, brokerId, result, ok } = call;
  live.tools.set(call.callId, { status: ok ? 'ok' : 'err', hash, effect: 'read', brokerId, result });
  if (known === undefined) push(live, 'tool_call', call.event, nowMs);
  push(live, 'tool_result_applied', call.resultEvent, nowMs);
  return { code: 'ok' };
}

export function toolEnd(live: LiveSession, call: ToolEnd, nowMs: number): 'ok' | 'already' | 'missing' {
  const known = live.tools.get(call.callId);
  if (known === undefined) return 'missing';
  if (call.isFromClient === true && known.effect !== 'external') return 'missing';
  if (known.status !== 'run' || (call.isFromClient === true && live.state !== 'running')) return 'already';
  known.status = call.ok ? 'ok' : 'err';
  known.result = call.result;
  if (live.state === 'running') push(live, 'tool_result_applied', call.event, nowMs);
  return 'ok';
}

export function finish(live: LiveSession, end: Finish, nowMs: number): 'ok' | 'stale' | 'already' {
  if (isTerminal(live.state)) return 'already';
  const mayEnd = end.fence === '' ? live.state === 'queued' : holds(live, end.fence);
  if (!mayEnd || (end.owner !== undefined && end.owner !== live.brokerId)) return 'stale';
  terminate(live, end.state, end.final, nowMs);
  return 'ok';
}

export function cancel(live: LiveSession, final: string, nowMs: number): 'cancelled' | 'marked' | 'done' {
  if (isTerminal(live.state)) return 'done';
  if (live.state === 'running') {
    live.isCancelled = true;
    return 'marked';
  }
  terminate(live, 'cancelled', final, nowMs);
  return 'cancelled';
}

function terminate(live: LiveSession, state: SessionState, final: string, nowMs: number): void {
  live.state = state;
  live.final = final;
  push(live, 'final', final, nowMs);
}

/** Back in the queue as if it had never been handed out; the fence that was given is void, but for a repeat of this. */
export function release(live: LiveSession, fence: string, reason: string, nowMs: number): 'ok' | 'stale' {
  if (live.state === 'queued' && live.fence === fence && fence !== '') return 'ok';
  if (!holds(live, fence)) return 'stale';
  live.state = 'queued';
  live.runtimeId = '';
  live.brokerId = '';
  live.attempts--;
  push(live, 'queued', JSON.stringify({ reason }), nowMs);
  return 'ok';
}

export function toRecord(live: LiveSession): SessionRecord {
  return {
    id: live.id,
    tenant: live.tenant,
    state: live.state,
    route: live.route,
    priority: live.priority,
    labels: live.labels,
    createdAtMs: live.createdAtMs,
    deadlineMs: live.deadlineMs,
    attempts: live.attempts,
    lastSeq: live.seq,
    isCancelled: live.isCancelled,
    ...(live.runtimeId === '' ? {} : { runtimeId: live.runtimeId }),
    ...(live.brokerId === '' ? {} : { brokerId: live.brokerId }),
    ...(live.final === '' ? {} : { final: live.final }),
  };
}

/** The page after a cursor. `events` are those still kept; their numbers are dense, but need not begin at 1. */
export function page(
  record: SessionRecord,
  events: readonly StoredEvent[],
  after: EventCursor,
  limit: number,
): EventPage {
  const first = events[0]?.seq;
  const at = first === undefined ? undefined : events[after.seq - first];
  const isThere =
    after.seq === 0
      ? first === 1
      : at !== undefined && (after.epoch === undefined || at.id === `${after.epoch}-${after.seq}`);
  const from = isThere && first !== undefined ? after.seq + 1 - first : 0;
  return { record, events: events.slice(from, from + limit), isLost: !isThere };
}
