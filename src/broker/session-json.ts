// A session as the HTTP API shows it.
import { z } from 'zod';
import type { SessionRecord } from '../store/store.ts';

/** What is said of a session in a list. */
export function summaryJson(record: SessionRecord): object {
  const { id, state, labels, attempts, createdAtMs, deadlineMs, lastSeq } = record;
  return {
    sessionId: id,
    state,
    labels,
    attempts,
    createdAt: createdAtMs,
    expiresAt: deadlineMs,
    lastSeq,
    streamUrl: `/sessions/${id}/stream`,
    cancelUrl: `/sessions/${id}/cancel`,
  };
}

/** The whole of it: with `result` or `error` and `stats` once it has ended. */
export function sessionJson(record: SessionRecord): object {
  const { ok: _ok, ...end } = endOf(record);
  return { ...summaryJson(record), ...end };
}

/** The text of {@link sessionJson}. What a script returned is not parsed for that. */
export function sessionText(record: SessionRecord): string {
  const { final: json } = record;
  if (json === undefined) return JSON.stringify(summaryJson(record));
  const first = FIRST_MEMBERS.find((text) => json.startsWith(text));
  const rest = first === undefined ? undefined : json.slice(first.length);
  return rest === undefined ? JSON.stringify(sessionJson(record)) : `${summaryHead(record)},${rest}`;
}

/** The text of {@link summaryJson} without its end, by hand: asked for every session. An id has nothing that JSON would escape. */
function summaryHead({
  id,
  state,
  labels,
  attempts,
  createdAtMs,
  deadlineMs,
  lastSeq,
}: SessionRecord): string {
  const times = `"createdAt":${createdAtMs},"expiresAt":${deadlineMs}`;
  const urls = `"streamUrl":"/sessions/${id}/stream","cancelUrl":"/sessions/${id}/cancel"`;
  return `{"sessionId":"${id}","state":"${state}","labels":${JSON.stringify(labels)},"attempts":${attempts},${times},"lastSeq":${lastSeq},${urls}`;
}

/** How the final payloads of this package begin; the others follow. */
const FIRST_MEMBERS = ['{"ok":true,', '{"ok":false,'];

export function taskJson(record: SessionRecord): object {
  if (record.final === undefined) return { status: 'processing' };
  const { result, error } = endOf(record);
  return record.state === 'completed' ? { status: record.state, result } : { status: record.state, error };
}

const final = z.looseObject({
  ok: z.boolean(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
});

function endOf({ final: json }: SessionRecord): Partial<z.infer<typeof final>> {
  return json === undefined ? {} : final.parse(JSON.parse(json));
}
