// Writes the events of a session to an HTTP response, as fast as its reader takes them and no faster.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { eventJson, isTerminal } from '../protocol/events.ts';
import { formatSse, formatSsePriming } from '../protocol/sse.ts';
import type { EventCursor } from '../store/store.ts';
import type { ObserveBroker } from '../telemetry/broker-events.ts';
import type { Broker } from './broker.ts';
import { type EventStream, RETRY_MS, type StreamStep } from './event-stream.ts';

export type StreamFormat = 'sse' | 'ndjson';

const TYPES = { sse: 'text/event-stream', ndjson: 'application/x-ndjson' } as const;

export interface StreamOptions {
  readonly broker: Broker;
  readonly reply: FastifyReply;
  readonly stream: EventStream;
  readonly from: EventCursor;
  readonly format: StreamFormat;
  readonly observe: ObserveBroker;
  /** A reader that takes nothing for so long is cut; it may resume, ms. */
  readonly slowClientMs: number;
}

/** Takes the response over from fastify, and returns: what is left of a stream that waits is the object below and its socket. */
export function streamSession({ reply, ...options }: StreamOptions): void {
  reply.hijack();
  new StreamWriter(reply.raw, options).begin();
}

class StreamWriter {
  readonly #raw: ServerResponse;
  readonly #options: Omit<StreamOptions, 'reply'>;
  readonly #stopBeats: () => void;
  #lastSeq: number;
  #isBusy = false;
  #isAsked = false;
  #isOver = false;
  #wasCut = false;

  constructor(raw: ServerResponse, options: Omit<StreamOptions, 'reply'>) {
    const { stream, from, broker } = options;
    this.#raw = raw;
    this.#options = options;
    this.#lastSeq = from.seq;
    this.#stopBeats = broker.beatFor(stream, (step) => {
      if (!this.#isBusy) void this.#tell(step);
      void this.#pump();
    });
    stream.watch.onRing = () => void this.#pump();
  }

  begin(): void {
    const raw = this.#raw;
    const { stream, from, format, observe } = this.#options;
    const onGone = () => this.#end();
    raw.on('close', onGone);
    raw.on('error', onGone);
    // It went while its session was being looked up.
    if (raw.destroyed) {
      onGone();
      return;
    }
    // Set, not only written: the server asks for them when it tells what it answered.
    raw.setHeaders(
      new Map([
        ['content-type', `${TYPES[format]}; charset=utf-8`],
        ['cache-control', 'no-store'],
        ['x-accel-buffering', 'no'],
        ['x-session-id', stream.id],
      ]),
    );
    raw.writeHead(200);
    observe({ type: 'stream_opened', sessionId: stream.id });
    // At once, so that the reader knows the id even if nothing happens for long.
    raw.write(format === 'sse' ? formatSsePriming(`${from.epoch ?? 0}-${from.seq}`, RETRY_MS) : '\n');
    letGoOfRequest(raw);
    void this.#pump();
  }

  /** Tells what there is, then waits for the next bell. */
  async #pump(): Promise<void> {
    this.#isAsked = true;
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      while (this.#isAsked && !this.#isOver) {
        this.#isAsked = false;
        let step = await this.#options.stream.next();
        for (; step !== 'idle' && step !== 'end' && !this.#isOver; step = await this.#options.stream.next())
          await this.#tell(step);
        if (step === 'end') this.#end();
      }
    } catch {
      // The headers are out: all that can be said is that the stream ends here. The reader resumes, or asks.
      this.#end();
    } finally {
      this.#isBusy = false;
    }
  }

  /** Resolves when the reader has taken it, or was cut since it took nothing. */
  async #tell(step: StreamStep): Promise<void> {
    const { stream, format, observe, slowClientMs } = this.#options;
    const { text, seq } = render(stream.id, step, this.#lastSeq, format);
    this.#lastSeq = seq;
    observe({ type: 'stream_written', bytes: Buffer.byteLength(text) });
    if (this.#raw.write(text) || this.#isOver) return;
    const gone = new AbortController();
    const onGone = () => gone.abort();
    this.#raw.once('close', onGone);
    try {
      await once(this.#raw, 'drain', {
        signal: AbortSignal.any([gone.signal, AbortSignal.timeout(slowClientMs)]),
      });
    } catch {
      this.#wasCut = !gone.signal.aborted;
      this.#raw.destroy();
    } finally {
      this.#raw.removeListener('close', onGone);
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopBeats();
    const { stream, observe } = this.#options;
    stream.close();
    this.#raw.end();
    observe({ type: 'stream_closed', sessionId: stream.id, wasCut: this.#wasCut });
  }
}

/** A stream may be open for minutes: what was asked, and how, has been read. */
function letGoOfRequest({ req }: ServerResponse): void {
  req.headers = {};
  req.rawHeaders = [];
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
      return transient('reconnect', { retryMs: step.retryMs });
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
