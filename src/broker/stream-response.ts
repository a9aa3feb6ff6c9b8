// Writes the events of a session to an HTTP response, as fast as its reader takes them and no faster.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { eventJson, isTerminal } from '../protocol/events.ts';
import { formatSse, formatSsePriming } from '../protocol/sse.ts';
import type { EventCursor } from '../store/store.ts';
import type { ObserveBroker } from '../telemetry/broker-events.ts';
import type { Broker } from './broker.ts';
import type { StreamStep } from './event-hub.ts';
import type { Watch } from './watch.ts';

export type StreamFormat = 'sse' | 'ndjson';

const RETRY_MS = 1_000;
const TYPES = { sse: 'text/event-stream', ndjson: 'application/x-ndjson' } as const;

export interface StreamOptions {
  readonly broker: Broker;
  readonly reply: FastifyReply;
  readonly id: string;
  readonly from: EventCursor;
  /** Has heard of the session since before it was created. */
  readonly watch?: Watch | undefined;
  readonly format: StreamFormat;
  readonly observe: ObserveBroker;
  /** A reader that takes nothing for so long is cut; it may resume, ms. */
  readonly slowClientMs: number;
}

export async function streamSession(options: StreamOptions): Promise<void> {
  const { broker, reply, id, from, format, observe, slowClientMs, watch } = options;
  reply.hijack();
  const { raw } = reply;
  const gone = new AbortController();
  raw.on('close', () => gone.abort('the reader is gone'));
  raw.on('error', () => gone.abort('the reader is gone'));
  // Set, not only written: the server asks for them when it tells what it answered.
  raw.setHeaders(
    new Map([
      ['content-type', `${TYPES[format]}; charset=utf-8`],
      ['cache-control', 'no-store'],
      ['x-accel-buffering', 'no'],
      ['x-session-id', id],
    ]),
  );
  raw.writeHead(200);
  observe({ type: 'stream_opened', sessionId: id });
  let wasCut = false;
  // At once, so that the reader knows the id even if nothing happens for long.
  raw.write(format === 'sse' ? formatSsePriming(`${from.epoch ?? 0}-${from.seq}`, RETRY_MS) : '\n');
  let lastSeq = from.seq;
  try {
    for await (const step of broker.stream(id, from, gone.signal, watch)) {
      const { text, seq } = render(id, step, lastSeq, format);
      lastSeq = seq;
      observe({ type: 'stream_written', bytes: Buffer.byteLength(text) });
      if (!(await write(raw, text, gone.signal, slowClientMs))) wasCut = true;
    }
  } catch {
    // The headers are out: all that can be said is that the stream ends here. The reader resumes, or asks.
  } finally {
    raw.end();
    observe({ type: 'stream_closed', sessionId: id, wasCut });
  }
}

function render(
  id: string,
  step: StreamStep,
  lastSeq: number,
  format: StreamFormat,
): { readonly text: string; readonly seq: number } {
  const transient = (type: string, payload: unknown) => {
    const json = eventJson(id, { seq: lastSeq, ts: 0, type, payload: JSON.stringify(payload) });
    // Without an id of its own: the reader's last id stays that of the last stored event.
    return { text: format === 'sse' ? `data: ${json}\n\n` : `${json}\n`, seq: lastSeq };
  };
  switch (step.kind) {
    case 'heartbeat':
      return transient('heartbeat', {});
    case 'reconnect':
      return transient('reconnect', { retryMs: RETRY_MS });
    case 'lost': {
      const { record, firstAvailable } = step;
      const final: unknown =
        record.final !== undefined && isTerminal(record.state) ? JSON.parse(record.final) : undefined;
      const payload = { firstAvailable, state: record.state, ...(final === undefined ? {} : { final }) };
      const { text } = transient('history_lost', payload);
      return { text, seq: firstAvailable - 1 };
    }
    case 'events': {
      const lines = step.events.map((event) => {
        const json = eventJson(id, event);
        return format === 'sse' ? formatSse(event.id, json) : `${json}\n`;
      });
      return { text: lines.join(''), seq: step.events.at(-1)?.seq ?? lastSeq };
    }
  }
}

/** False when the reader was cut since it took nothing. */
async function write(
  raw: ServerResponse,
  text: string,
  signal: AbortSignal,
  patienceMs: number,
): Promise<boolean> {
  if (raw.write(text) || signal.aborted) return true;
  try {
    await once(raw, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]) });
    return true;
  } catch {
    raw.destroy();
    return signal.aborted;
  }
}
