// The record of an ended session as short text: there are hundreds of thousands of them for minutes. What the texts of final
// payloads have in common is written as control characters, which JSON never has.
import { z } from 'zod';
import type { SessionRecord } from './store.ts';

/** An ended session, and when it ended, ms since 1970. */
export interface EndedRecord {
  readonly record: SessionRecord;
  readonly endedAtMs: number;
}

/** In this order and never another: what is stored is read with it. New phrases go to the end; at most 31, less tab, line feed and carriage return. */
const PHRASES = [
  '{"ok":true,"result":',
  '{"ok":false,"error":{"code":"',
  ',"stats":{"durationMs":',
  ',"queueMs":',
  ',"cpuMs":',
  ',"toolMs":',
  ',"toolCallCount":',
  ',"consoleBytes":',
  ',"logsTruncated":false',
  ',"resultBytes":',
  ',"isolation":"context"',
  ',"isolation":"isolate"',
  ',"heapUsedBytes":',
  ',"attempts":1}}',
  '"name":"',
  '"message":"',
  '"stack":"',
] as const;
const MARKS = PHRASES.map((_phrase, index) => String.fromCharCode(index + (index < 8 ? 1 : 6)));
const BY_MARK = new Map(MARKS.map((mark, index) => [mark, PHRASES[index] ?? '']));
/** Anything that is no JSON text: it is kept as it is. */
const CONTROL = new RegExp(`[${String.fromCharCode(0)}-${String.fromCharCode(31)}]`, 'u');
const ALL_MARKS = new RegExp(`[${MARKS.join('')}]`, 'gu');

const STATES = ['completed', 'failed', 'cancelled'] as const;
const packed = z.tuple([
  z.enum(STATES),
  z.string(),
  z.string(),
  z.enum(['high', 'normal', 'low']),
  z.record(z.string(), z.string()),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
]);

/** One line of JSON for the record, one for its final payload. */
export function packRecord({ record, endedAtMs }: EndedRecord): string {
  const { state, tenant, route, priority, labels, createdAtMs, deadlineMs, attempts, lastSeq } = record;
  // Times after the first are short.
  const times = [createdAtMs, deadlineMs - createdAtMs, endedAtMs - createdAtMs];
  const head = [state, tenant, route, priority, labels, ...times, attempts, lastSeq];
  return `${JSON.stringify(head)}\n${squeeze(record.final ?? '')}`;
}

/** @throws when the text was not made by {@link packRecord} */
export function unpackRecord(id: string, text: string): EndedRecord {
  const end = text.indexOf('\n');
  const [state, tenant, route, priority, labels, createdAtMs, leftMs, tookMs, attempts, lastSeq] =
    packed.parse(JSON.parse(text.slice(0, end)));
  return {
    endedAtMs: createdAtMs + tookMs,
    record: {
      ...{ id, state, tenant, route, priority, labels, createdAtMs, attempts, lastSeq },
      deadlineMs: createdAtMs + leftMs,
      isCancelled: false,
      final: unsqueeze(text.slice(end + 1)),
    },
  };
}

function squeeze(final: string): string {
  if (CONTROL.test(final)) return `\n${final}`;
  return PHRASES.reduce((text, phrase, index) => text.replaceAll(phrase, MARKS[index] ?? ''), final);
}

function unsqueeze(text: string): string {
  if (text.startsWith('\n')) return text.slice(1);
  return text.replaceAll(ALL_MARKS, (mark) => BY_MARK.get(mark) ?? mark);
}
