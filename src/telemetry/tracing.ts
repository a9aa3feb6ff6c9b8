// Spans of a broker by the API of OpenTelemetry. Without an SDK of the host nothing is recorded and next to nothing is done.
//   enclave.submit     the request; child of the caller's span
//     enclave.dispatch   from the creation of the session to its start: the wait
//     enclave.session    from its start to its end, on the broker that owns it
//       enclave.tool_call  each call; spans that the tool makes are its children
//       enclave.run        on the runtime
import {
  type Context,
  context,
  ProxyTracerProvider,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { ToolHandler } from '../execution.ts';
import { version } from '../version.ts';
import type { BrokerEvent } from './broker-events.ts';
import { contextOf, formatTraceparent, isSampled, parseTraceparent } from './traceparent.ts';

export interface TracingOptions {
  /** Share of sessions that are traced, 0..1. A caller with a trace context decides for its own. */
  readonly sampleRate: number;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** ms since 1970. */
  readonly wallMs: () => number;
}

/** Sessions with an open span; the spans of those that moved to another broker are ended to make room. */
const MAX_OPEN = 20_000;

export class BrokerTracing {
  readonly #options: TracingOptions;
  readonly #open = new Map<string, Span>();

  constructor(options: TracingOptions) {
    this.#options = options;
  }

  /**
   * Runs a submit in a span of its own, if it is to be traced.
   * @param traceparent of the caller.
   * @param work is given what the session carries on.
   */
  submit<T extends { readonly sessionId: string }>(
    traceparent: string | undefined,
    work: (traceparent: string | undefined) => Promise<T>,
  ): Promise<T> {
    const parent = parseTraceparent(traceparent);
    const { sampleRate, random } = this.#options;
    // Without an SDK and without a caller whose trace is to be carried on there is nothing to tell anybody.
    if (parent === undefined && !isRecorded()) return work(undefined);
    if (parent === undefined ? sampleRate < 1 && random() >= sampleRate : !isSampled(parent))
      return work(undefined);
    return this.#submitTraced(contextOf(parent), work);
  }

  async #submitTraced<T extends { readonly sessionId: string }>(
    within: Context,
    work: (traceparent: string | undefined) => Promise<T>,
  ): Promise<T> {
    const span = tracer().startSpan('enclave.submit', { kind: SpanKind.SERVER }, within);
    try {
      const submitted = await context.with(trace.setSpan(within, span), () =>
        work(formatTraceparent(span.spanContext())),
      );
      span.setAttribute('enclave.session.id', submitted.sessionId);
      return submitted;
    } catch (thrown) {
      fail(span, codeOf(thrown));
      throw thrown;
    } finally {
      span.end();
    }
  }

  readonly observe: (event: BrokerEvent) => void = (event) => {
    if (event.type === 'started') this.#started(event);
    else if (event.type === 'requeued') this.#end(event.sessionId, 'REQUEUED');
    else if (event.type === 'ended') this.#end(event.sessionId, event.outcome);
  };

  #started({ sessionId, runtimeId, attempt, waitMs, traceparent }: BrokerEvent & { type: 'started' }): void {
    const parent = parseTraceparent(traceparent);
    if (parent === undefined) return;
    const within = contextOf(parent);
    const nowMs = this.#options.wallMs();
    const attributes = {
      'enclave.session.id': sessionId,
      'enclave.attempt': attempt,
      'enclave.runtime.id': runtimeId,
    };
    const startTime = nowMs - waitMs;
    tracer().startSpan('enclave.dispatch', { attributes, startTime }, within).end(nowMs);
    const options = { attributes, kind: SpanKind.CONSUMER, startTime: nowMs };
    this.#open.set(sessionId, tracer().startSpan('enclave.session', options, within));
    if (this.#open.size > MAX_OPEN)
      for (const [oldest] of this.#open.entries().take(1)) this.#end(oldest, 'MOVED');
  }

  #end(sessionId: string, outcome: string): void {
    const span = this.#open.get(sessionId);
    if (span === undefined) return;
    this.#open.delete(sessionId);
    span.setAttribute('enclave.outcome', outcome);
    if (outcome !== 'ok') fail(span, outcome);
    span.end();
  }

  /** What the runtime of a session is given, so that its spans are children of the session's. */
  readonly traceparentOf: (sessionId: string) => string | undefined = (sessionId) => {
    const span = this.#open.get(sessionId);
    return span === undefined ? undefined : formatTraceparent(span.spanContext());
  };

  /** A handler whose calls are spans of their session. */
  tools(handle: ToolHandler): ToolHandler {
    return async (tool, args, call) => {
      const session = this.#open.get(call.executionId);
      if (session === undefined) return await handle(tool, args, call);
      const within = trace.setSpan(contextOf(undefined), session);
      const attributes = { 'enclave.tool.name': tool.slice(0, 128), 'enclave.tool.call_id': call.callId };
      const span = tracer().startSpan('enclave.tool_call', { kind: SpanKind.CLIENT, attributes }, within);
      try {
        return await context.with(trace.setSpan(within, span), () => handle(tool, args, call));
      } catch (thrown) {
        fail(span, codeOf(thrown));
        throw thrown;
      } finally {
        span.end();
      }
    };
  }

  /** Ends what is open: its sessions go on elsewhere. */
  close(): void {
    for (const sessionId of [...this.#open.keys()]) this.#end(sessionId, 'MOVED');
  }
}

/** The span of a script on its runtime; ended by what is returned. */
export function startRun(traceparent: string | undefined, sessionId: string): (outcome: string) => void {
  const parent = parseTraceparent(traceparent);
  if (parent === undefined) return () => {};
  const attributes = { 'enclave.session.id': sessionId };
  const span = tracer().startSpan('enclave.run', { attributes }, contextOf(parent));
  return (outcome) => {
    span.setAttribute('enclave.outcome', outcome);
    if (outcome !== 'ok') fail(span, outcome);
    span.end();
  };
}

/** Whether the host has an SDK. */
function isRecorded(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer('enclave') !== undefined;
}

/** Asked for each time: the host may bring its SDK after this module was loaded. */
function tracer(): Tracer {
  return trace.getTracer('enclave', version);
}

/** The code alone: messages may hold what scripts and tools have said. */
function fail(span: Span, code: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: code });
}

function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code.slice(0, 64) : 'ERROR';
}
