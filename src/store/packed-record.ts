// The record of an ended session as short text: there are hundreds of thousands of them for minutes. Of the statistics at the end
// of a final payload only the numbers are kept.
import { z } from 'zod';
import type { SessionRecord } from './store.ts';

/** An ended session, and when it ended, ms since 1970. */
export interface EndedRecord {
  readonly record: SessionRecord;
  readonly endedAtMs: number;
}

/** A character that no JSON text has stands for the common part; what follows it are the numbers of the statistics, in this order. */
const STATS_MARK = '\u0001';
const STATS_BEGIN = ',"stats":{';
const STATS =
  /^,"stats":\{"durationMs":([\d.]+),"queueMs":([\d.]+),"cpuMs":([\d.]+),"toolMs":([\d.]+),"toolCallCount":(\d+),"consoleBytes":(\d+),"logsTruncated":false,"resultBytes":(\d+),"isolation":"(context|isolate)"(?:,"heapUsedBytes":(\d+))?,"attempts":(\d+)\}\}$/u;
/** Anything that is no JSON text: it is kept as it is. */
const CONTROL = new RegExp(`[${String.fromCharCode(0)}-${String.fromCharCode(31)}]`, 'u');

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
  const names = `"${state}",${JSON.stringify(tenant)},${JSON.stringify(route)},"${priority}",${JSON.stringify(labels)}`;
  // Times after the first are short.
  const times = `${createdAtMs},${deadlineMs - createdAtMs},${endedAtMs - createdAtMs}`;
  return `[${names},${times},${attempts},${lastSeq}]\n${squeeze(record.final ?? '')}`;
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
  // Looked for from the end: a result may be long.
  const at = final.lastIndexOf(STATS_BEGIN);
  const found = at < 0 ? null : STATS.exec(final.slice(at));
  return found === null ? final : `${final.slice(0, at)}${STATS_MARK}${found.slice(1).join(',')}`;
}

function unsqueeze(text: string): string {
  if (text.startsWith('\n')) return text.slice(1);
  const at = text.indexOf(STATS_MARK);
  if (at < 0) return text;
  const [
    durationMs,
    queueMs,
    cpuMs,
    toolMs,
    toolCallCount,
    consoleBytes,
    resultBytes,
    isolation,
    heap,
    attempts,
  ] = text.slice(at + 1).split(',');
  const measured = `"durationMs":${durationMs},"queueMs":${queueMs},"cpuMs":${cpuMs},"toolMs":${toolMs}`;
  const counted = `"toolCallCount":${toolCallCount},"consoleBytes":${consoleBytes},"logsTruncated":false`;
  const result = `"resultBytes":${resultBytes},"isolation":"${isolation}"`;
  const heapUsed = heap === '' ? '' : `,"heapUsedBytes":${heap}`;
  return `${text.slice(0, at)},"stats":{${measured},${counted},${result}${heapUsed},"attempts":${attempts}}}`;
}
