// The events of an ended session as short text. What its record says anyway is left out: how the session was announced, and how it
// ended.
import { z } from 'zod';
import { isEventType, type StoredEvent } from '../protocol/events.ts';
import { initPayload } from './payloads.ts';
import type { SessionRecord } from './store.ts';

/** Between the parts of an event, between events, and for a payload that follows from the record: no JSON text has them. */
const [PART, END, KNOWN] = ['\u0001', '\u0002', '\u0003'];
const MARKS = new RegExp(`[${PART}${END}${KNOWN}]`, 'u');

export type EventsOf = Pick<SessionRecord, 'id' | 'createdAtMs' | 'deadlineMs' | 'final'>;

/**
 * An id that follows the one before is left out, and of times only the difference to the one before is kept. Payloads are JSON and
 * stay as they are; a runtime that escaped its sandbox may have sent another text as its result.
 */
export function packEvents(record: EventsOf, events: readonly StoredEvent[]): string {
  if (events.some(({ payload }) => MARKS.test(payload)))
    return JSON.stringify(events.map(({ id, ts, type, payload }) => [id, ts, type, payload]));
  let text = '';
  let next = '';
  let atMs = record.createdAtMs;
  for (const { id, seq, ts, type, payload } of events) {
    const told = payload === knownPayload(record, type) ? KNOWN : payload;
    text += `${text === '' ? '' : END}${id === next ? '' : id}${PART}${ts - atMs}${PART}${type}${PART}${told}`;
    next = `${epochOf(id)}-${seq + 1}`;
    atMs = ts;
  }
  return text;
}

const whole = z.array(z.tuple([z.string(), z.number(), z.string(), z.string()]));
const parts = z.tuple([z.string(), z.coerce.number(), z.string(), z.string()]);

/** @throws when the text was not made by {@link packEvents} for the same record */
export function unpackEvents(record: EventsOf, text: string): StoredEvent[] {
  if (text.startsWith('['))
    return whole.parse(JSON.parse(text)).flatMap(([id, ts, type, payload]) => stored(id, ts, type, payload));
  let next = '';
  let atMs = record.createdAtMs;
  return text.split(END).flatMap((event) => {
    const [given, laterMs, type, told] = parts.parse(event.split(PART));
    const id = given === '' ? next : given;
    next = `${epochOf(id)}-${seqOf(id) + 1}`;
    atMs += laterMs;
    return stored(id, atMs, type, told === KNOWN ? knownPayload(record, type) : told);
  });
}

function stored(id: string, ts: number, type: string, payload = ''): StoredEvent[] {
  return isEventType(type) ? [{ id, seq: seqOf(id), ts, type, payload }] : [];
}

function knownPayload({ id, deadlineMs, final }: EventsOf, type: string): string | undefined {
  if (type === 'session_init') return initPayload(id, deadlineMs);
  return type === 'final' ? final : undefined;
}

function epochOf(id: string): string {
  return id.slice(0, id.indexOf('-'));
}

function seqOf(id: string): number {
  return Number(id.slice(id.indexOf('-') + 1));
}
