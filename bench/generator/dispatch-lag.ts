// What turning the event loop ahead of an instant is worth: dispatch lag with and without, in runs by turns.
import { httpScenario, parseHttpRequest } from '../../src/bench/http/http-request.ts';
import { planLoad } from '../../src/bench/load-plan.ts';
import { runBench } from '../../src/bench/run-bench.ts';
import { LawTarget } from '../../src/bench/self-test/law-target.ts';
import { createThreadWaker } from '../../src/bench/waker.ts';
import { realClock } from '../../src/clock.ts';

export interface DispatchLag {
  /** Medians over the runs, µs. */
  readonly withSpinUs: number;
  readonly withoutUs: number;
  /** Median of the ratios of the two runs of a pair. */
  readonly ratio: number;
  /** Share of a core that was spun. */
  readonly spunRatio: number;
}

const PAIRS = 5;
const RATE_PER_SECOND = 100;
const DURATION_MS = 2_000;
const SHARE = 0.1;

/** Half the lags are below these: at 100/s two seconds support no more than a p90. */
export async function measureDispatchLag(): Promise<DispatchLag> {
  const pairs: { readonly on: number; readonly off: number; readonly spun: number }[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const order = pair % 2 === 0 ? [SHARE, 0] : [0, SHARE];
    const [first, second] = [await lag(order[0] ?? 0), await lag(order[1] ?? 0)];
    const [on, off] = order[0] === SHARE ? [first, second] : [second, first];
    pairs.push({ on: on.lateUs, off: off.lateUs, spun: on.spunMs / DURATION_MS });
  }
  return {
    withSpinUs: median(pairs.map(({ on }) => on)),
    withoutUs: median(pairs.map(({ off }) => off)),
    ratio: median(pairs.map(({ off, on }) => on / off)),
    spunRatio: median(pairs.map(({ spun }) => spun)),
  };
}

async function lag(spinShare: number): Promise<{ readonly lateUs: number; readonly spunMs: number }> {
  const scenario = httpScenario(parseHttpRequest({ url: 'http://127.0.0.1/' }));
  using waker = await createThreadWaker(realClock, spinShare);
  const { report } = await runBench({
    scenario,
    plan: planLoad(scenario, { ratePerSecond: RATE_PER_SECOND, durationMs: DURATION_MS, warmupMs: 0 }),
    executor: new LawTarget({ createServer: () => (nowMs) => nowMs + 5 }, realClock),
    target: { driver: 'law', pool_size_n: null, isolation: null },
    signal: new AbortController().signal,
    argv: [],
    waker,
  });
  const late = report.latency.find(({ metric }) => metric === 'late');
  return { lateUs: late?.p50_us ?? NaN, spunMs: waker.spunMs() };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
