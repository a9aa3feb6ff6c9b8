// The lag that no program can avoid on this machine at this load: a loop that does nothing but look at the clock and dispatch.
import { Pool } from 'undici';
import { createArrivals } from '../../src/bench/arrivals.ts';
import { LatencyRecorder } from '../../src/bench/recorder.ts';

/** p99 of (hand-over - intended start) of Poisson arrivals, µs. The loop takes a whole core. */
export async function barestLag(
  origin: string,
  connections: number,
  ratePerSecond: number,
  durationMs: number,
): Promise<number> {
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const phase = { name: 's', fromPerSecond: ratePerSecond, toPerSecond: ratePerSecond, durationMs };
  const source = createArrivals('poisson', [{ ...phase, measured: true }], 42);
  const lags = new LatencyRecorder();
  const zeroMs = performance.now();
  let open = 0;
  const { promise, reject, resolve } = Promise.withResolvers<void>();
  const handler = {
    onRequestStart() {},
    onResponseStart() {},
    onResponseData() {},
    onResponseEnd() {
      open -= 1;
    },
    onResponseError: (_controller: unknown, error: Error) => reject(error),
  };
  let next = source.next();
  const turn = (): void => {
    for (let nowMs = performance.now() - zeroMs; next !== undefined && next.offsetMs <= nowMs; ) {
      lags.record((nowMs - next.offsetMs) * 1_000);
      open += 1;
      pool.dispatch({ path: '/', method: 'GET' }, handler);
      next = source.next();
      nowMs = performance.now() - zeroMs;
    }
    if (next === undefined && open === 0) resolve();
    else setImmediate(turn);
  };
  turn();
  await promise;
  await pool.destroy();
  const p99 = lags.quantile(0.99);
  return p99.kind === 'value' ? p99.us : Infinity;
}
