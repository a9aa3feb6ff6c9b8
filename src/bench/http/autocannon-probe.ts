// autocannon as a closed-loop throughput probe. The only place that knows it; only its count of answers is read, never its latencies.
import autocannon from 'autocannon';
import type { HttpRequest } from './http-request.ts';

export interface ProbeOptions {
  readonly request: HttpRequest;
  /** Connections, one request at a time on each. */
  readonly connections: number;
  readonly durationMs: number;
  /** Longest wait for one answer, ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface ProbeResult {
  readonly durationMs: number;
  /** Answers with status 200 to 299. */
  readonly ok: number;
  readonly otherStatus: number;
  /** Failed connections and time-outs. */
  readonly errors: number;
  /** Good answers / duration. */
  readonly okPerSecond: number;
}

/** Whole seconds only: autocannon counts by the second. */
export async function runAutocannon(options: ProbeOptions): Promise<ProbeResult> {
  const { connections, request, signal } = options;
  const running = autocannon({
    url: `${request.origin}${request.path}`,
    method: request.method,
    headers: { ...request.headers },
    connections,
    duration: Math.max(1, Math.round(options.durationMs / 1_000)),
    timeout: Math.max(1, Math.ceil(options.timeoutMs / 1_000)),
    ...(request.body === null ? {} : { body: request.body }),
  });
  const stop = (): void => running.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const result = await running;
    const ok = result['2xx'];
    return {
      durationMs: result.duration * 1_000,
      ok,
      otherStatus: result.non2xx,
      errors: result.errors,
      okPerSecond: result.duration === 0 ? 0 : ok / result.duration,
    };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
