// What the scripts answer, as typed values.
import { z } from 'zod';
import { EnclaveError } from '../errors.ts';
import { isEventType, PRIORITIES, type Priority } from '../protocol/events.ts';
import type { BrokerInfo, KeyReservation } from './fleet-operations.ts';
import type { ClaimReply, DispatchEntry, EventPage, SessionRecord, ToolBeginReply } from './store.ts';

/** A reply that is a list of texts. */
export function texts(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map(String) : [];
}

export async function parseClaim(
  reply: readonly string[],
  sourceOf: (code: string) => Promise<string>,
): Promise<ClaimReply> {
  const [code, fence = '', attempts, tenant = '', request = '', codeHash = '', deadline, created] = reply;
  const attempt = Number(attempts);
  switch (code) {
    case 'ok':
      return {
        code,
        fence,
        attempt,
        tenant,
        request,
        source: await sourceOf(codeHash),
        createdAtMs: Number(created),
        deadlineMs: Number(deadline),
      };
    case 'lost':
      // A shorter reply: the place of the request holds the time of creation.
      return { code, fence, attempt, tenant, createdAtMs: Number(request) };
    case 'done':
    case 'busy':
    case 'missing':
      return { code };
    default:
      throw unexpected('claim', code);
  }
}

export function parseToolBegin([code, second = '', third = '']: readonly string[]): ToolBeginReply {
  switch (code) {
    case 'done':
      return { code, ok: second === '1', result: third };
    case 'wait':
      return { code, brokerId: second };
    case 'run':
    case 'doubt':
    case 'mismatch':
    case 'stale':
      return { code };
    default:
      throw unexpected('tool-begin', code);
  }
}

const text = z.string();
const STATES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;
const labels = z.record(z.string(), z.string());

/** The fields of a session that a record is made of, in the order in which `read.lua` gives them too. */
export const RECORD_FIELDS: readonly string[] = [
  ...['state', 'tenant', 'route', 'priority', 'labels', 'created', 'deadline', 'attempts'],
  ...['seq', 'cancel', 'rt', 'broker', 'final'],
];

/** What HMGET gives for {@link RECORD_FIELDS}; none when there is no such session. */
export function parseRecord(id: string, reply: readonly (string | null)[]): SessionRecord | undefined {
  return reply[0] === null
    ? undefined
    : recordOf(
        id,
        reply.map((field) => field ?? ''),
      );
}

/** @param fields texts, empty for what is not set; `read.lua` adds what only it needs. */
function recordOf(id: string, fields: readonly string[]): SessionRecord {
  const [state, tenant = '', route = '', priority, labelJson = '{}', created, deadline, ...more] = fields;
  const [attempts, seq, cancel, rt = '', broker = '', final = ''] = more;
  return {
    id,
    tenant,
    state: oneOf(state, STATES),
    route,
    priority: oneOf(priority, PRIORITIES),
    labels: labelJson === '{}' ? {} : labels.parse(JSON.parse(labelJson)),
    createdAtMs: Number(created),
    deadlineMs: Number(deadline),
    attempts: Number(attempts),
    lastSeq: Number(seq),
    isCancelled: cancel === '1',
    ...(rt === '' ? {} : { runtimeId: rt }),
    ...(broker === '' ? {} : { brokerId: broker }),
    ...(final === '' ? {} : { final }),
  };
}

/** What `finish` tells of a session besides its event: its fields in the order of the script. */
export function parseEnded(
  id: string,
  endState: SessionRecord['state'],
  final: string,
  [tenant = '', route = '', prio = '', labelJson = '{}', created, deadline, attempts, seq]: readonly string[],
): SessionRecord {
  const fields = [
    endState,
    tenant,
    route,
    prio,
    labelJson,
    created,
    deadline,
    attempts,
    seq,
    '',
    '',
    '',
    final,
  ];
  return recordOf(
    id,
    fields.map((field) => field ?? ''),
  );
}

export function parsePage(id: string, reply: unknown): EventPage | undefined {
  const [code, lost, fields, entries]: readonly unknown[] = Array.isArray(reply) ? reply : [];
  if (code === 'missing') return undefined;
  if (code !== 'ok') throw unexpected('read', String(code));
  // By hand: all readers of a broker that is gone ask its successor at once.
  const events = (Array.isArray(entries) ? entries : []).map((entry) => {
    const [eventId = '', ts, type, payload = ''] = texts(entry);
    const seq = Number(eventId.slice(eventId.indexOf('-') + 1));
    if (!isEventType(type)) throw unexpected('read', type);
    return { id: eventId, seq, ts: Number(ts), type, payload };
  });
  return { record: recordOf(id, texts(fields)), events, isLost: lost === '1' };
}

const takeReply = z.array(z.array(z.tuple([text, text, text])));

export function parseEntries(reply: unknown, route: string): DispatchEntry[] {
  return takeReply.parse(reply).flatMap((entries, i) =>
    entries.map(([entryId, id, at]) => ({
      entryId,
      id,
      route,
      priority: PRIORITIES[i] ?? 'low',
      atMs: Number(at),
    })),
  );
}

/** Entries as XAUTOCLAIM gives them: [entry id, [field, value, …]]. */
export function parseStreamEntries(reply: unknown, route: string, prio: Priority): DispatchEntry[] {
  return z
    .array(z.tuple([text, z.array(text)]))
    .parse(reply)
    .map(([entryId, [, id = '', , at]]) => ({ entryId, id, route, priority: prio, atMs: Number(at) }));
}

const reservation = z.object({ sessionId: text, bodyHash: text });

export function parseReservation(json: string): KeyReservation {
  return reservation.parse(JSON.parse(json));
}

const broker = z.object({
  brokerId: text,
  runtimes: z.array(z.object({ runtimeId: text, labels, slots: z.number(), busy: z.number() })),
  rates: z.record(text, z.number()).optional(),
});

/** None when the text is of another version of enclave. */
export function parseBroker(json: string): BrokerInfo[] {
  const parsed = broker.safeParse(JSON.parse(json));
  if (!parsed.success) return [];
  const { rates, ...rest } = parsed.data;
  return [rates === undefined ? rest : { ...rest, rates }];
}

function unexpected(script: string, code: string | undefined): EnclaveError {
  return new EnclaveError('INTERNAL', `script ${script} answered ${JSON.stringify(code)}`);
}

/** One of the codes that a script may answer. */
export function oneOf<const T extends string>(text: string | undefined, codes: readonly T[]): T {
  const found = codes.find((code) => code === text);
  if (found !== undefined) return found;
  throw new TypeError(`a script answered ${JSON.stringify(text)}`);
}
