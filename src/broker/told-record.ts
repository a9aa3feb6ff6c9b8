// What a session is by now, told by its events alone: who has followed it from its creation need not ask the store.
import type { StoredEvent } from '../protocol/events.ts';
import type { NewSession, SessionRecord } from '../store/store.ts';

export function recordOfNew(session: NewSession): SessionRecord {
  const { id, tenant, route, priority, labels, atMs, deadlineMs } = session;
  return {
    id,
    tenant,
    route,
    priority,
    labels,
    deadlineMs,
    state: 'queued',
    createdAtMs: atMs,
    attempts: 0,
    lastSeq: 0,
    isCancelled: false,
  };
}

/** The record after the next event. */
export function told(record: SessionRecord, { type, seq, ts, payload }: StoredEvent): SessionRecord {
  const next = { ...record, lastSeq: seq };
  switch (type) {
    case 'session_init':
      return { ...next, createdAtMs: ts };
    case 'started':
      return { ...next, state: 'running', attempts: record.attempts + 1 };
    case 'queued':
      // Given back unbegun: the attempt does not count.
      return { ...next, state: 'queued', attempts: record.attempts - 1 };
    case 'final':
      return { ...next, state: endState(payload), final: payload };
    default:
      return next;
  }
}

function endState(final: string): 'completed' | 'failed' | 'cancelled' {
  if (final.startsWith('{"ok":true,')) return 'completed';
  const payload: { readonly ok?: unknown; readonly error?: { readonly code?: unknown } } = JSON.parse(final);
  if (payload.ok === true) return 'completed';
  return payload.error?.code === 'CANCELLED' ? 'cancelled' : 'failed';
}
