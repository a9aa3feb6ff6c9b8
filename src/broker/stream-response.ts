// Writes the events of a session to an HTTP response, as fast as its reader takes them and no faster.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { eventJson, isTerminal } from '../protocol/events.ts';
import { formatSse, formatSsePriming } from '../protocol/sse.ts';
import type { EventCursor } from '../store/store.ts';
import type { Broker } from './broker.ts';
import type { StreamStep } from './event-hub.ts';
import type { Watch } from './watch.ts';

export type StreamFormat = 'sse' | 'ndjson';

/** A reader that takes nothing for so long is cut; it may resume, ms. */
const DRAIN_MS = 30_000;
const RETRY_MS = 1_000;
const TYPES = { sse: 'text/event-stream', ndjson: 'application/x-ndjson' } as const;

export async function streamSession(
  broker: Broker,
  reply: FastifyReply,
  id: string,
  from: EventCursor,
  format: StreamFormat,
  watch?: Watch,
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  const gone = new AbortController();
  raw.on('close', () => gone.abort());
  raw.on('error', () => gone.abort());
  raw.writeHead(200, {
    'content-type': `${TYPES[format]}; charset=utf-8`,
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-session-id': id,
  });
  // At once, so that the reader knows the id even if nothing happens for long.
  raw.write(format === 'sse' ? formatSsePriming(`${from.epoch ?? 0}-${from.seq}`, RETRY_MS) : '\n');
  let lastSeq = from.seq;
  try {
    for await (const step of broker.stream(id, from, gone.signal, watch)) {
      const { text, seq } = render(id, step, lastSeq, format);
      lastSeq = seq;
      await write(raw, text, gone.signal);
    }
  } catch {
    // The headers are out: all that can be said is that the stream ends here. The reader resumes, or asks.
  } finally {
    raw.end();
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

async function write(raw: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (raw.write(text) || signal.aborted) return;
  try {
    await once(raw, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(DRAIN_MS)]) });
  } catch {
    raw.destroy();
  }
}
