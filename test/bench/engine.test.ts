import { describe, expect, it } from 'vitest';
import { createArrivals } from '../../src/bench/arrivals.ts';
import { runEngine } from '../../src/bench/engine.ts';
import type { EngineResult } from '../../src/bench/engine-types.ts';
import type { LoadPlan, Sample } from '../../src/bench/sample.ts';
import { timerWaker } from '../../src/bench/waker.ts';
import { ManualClock } from '../../src/clock.ts';
import type { Executor } from '../../src/execution.ts';
import { createWorkload } from '../../src/scenario/workload.ts';
import {
  FakeExecutor,
  failed,
  fixedDelay,
  later,
  silent,
  singleServer,
  succeeded,
} from '../support/fake-executor.ts';
import { testScenario } from '../support/scenario.ts';

function plan(changes: Partial<LoadPlan> = {}): LoadPlan {
  return {
    model: 'open',
    arrivals: 'constant',
    concurrency: 1,
    maxInFlight: 1_000,
    timeoutMs: 30_000,
    drainMs: 30_000,
    seed: 5,
    compress: 1,
    shorten: 1,
    phases: [{ name: 'steady', fromPerSecond: 100, toPerSecond: 100, durationMs: 1_000, measured: true }],
    ...changes,
  };
}

interface Run {
  readonly samples: Sample[];
  readonly result: EngineResult;
}

/** Drives `executor` on a manual clock until the run is over; `during` may act while it runs. */
async function run(
  clock: ManualClock,
  executor: Executor,
  thePlan: LoadPlan,
  signal: AbortSignal = new AbortController().signal,
): Promise<Run> {
  const samples: Sample[] = [];
  let result: EngineResult | undefined;
  const running = runEngine({
    executor,
    plan: thePlan,
    clock,
    waker: timerWaker(clock),
    workload: createWorkload(testScenario(), thePlan.seed, thePlan.timeoutMs),
    onSample: (sample) => samples.push(sample),
    signal,
  }).then((value) => {
    result = value;
  });
  for (let turn = 0; turn < 1_000 && result === undefined; turn++) await clock.advance(100);
  await running;
  if (result === undefined) throw new Error('the run did not end');
  return { samples, result };
}

const responses = (samples: readonly Sample[]): number[] =>
  samples.map(({ endMs, intendedMs }) => endMs - intendedMs);

describe('runEngine() in the open model', () => {
  it('starts every execution at its intended instant and measures a fixed delay exactly', async () => {
    const clock = new ManualClock();
    const { samples, result } = await run(clock, fixedDelay(clock, 25), plan());
    expect(samples).toHaveLength(100);
    expect(samples.every(({ intendedMs, startMs }) => intendedMs === startMs)).toBe(true);
    for (const response of responses(samples)) expect(response).toBeCloseTo(25, 9);
    // 100/s x 25 ms = 2.5 in flight on average over the second; the last ones drain after it.
    expect(result.inFlightMs).toBeCloseTo(2_500, 6);
    expect(result.inFlightMax).toBe(3);
    expect(result.complete).toBe(true);
  });

  it('measures a single FIFO server as the Lindley recursion over the same arrivals says', async () => {
    const clock = new ManualClock();
    const thePlan = plan({ arrivals: 'poisson' });
    const { samples } = await run(clock, singleServer(clock, 8), thePlan);
    // Lindley 1952: W(n+1) = max(0, W(n) + S - (A(n+1) - A(n))); response = W + S.
    const arrivals = createArrivals('poisson', thePlan.phases, thePlan.seed);
    let freeAtMs = 0;
    const expected: number[] = [];
    for (let next = arrivals.next(); next !== undefined; next = arrivals.next()) {
      freeAtMs = Math.max(freeAtMs, next.offsetMs) + 8;
      expected.push(freeAtMs - next.offsetMs);
    }
    expect(samples).toHaveLength(expected.length);
    for (const [i, response] of responses(samples).entries())
      expect(response).toBeCloseTo(expected[i] ?? NaN, 6);
  });

  it('marks what a closed loop would have sent: one that waits for a stall sends nothing meanwhile', async () => {
    const clock = new ManualClock();
    // 100/s, each 5 ms, but from 2.0 to 2.5 s nothing is answered: one in flight on average before.
    const executor = new FakeExecutor(() => {
      const nowMs = clock.nowMs();
      const isStalled = nowMs >= 2_000 && nowMs < 2_500;
      return later(clock, isStalled ? 2_505 - nowMs : 5, succeeded());
    });
    const phases = [
      { name: 'steady', fromPerSecond: 100, toPerSecond: 100, durationMs: 4_000, measured: true },
    ];
    const { result, samples } = await run(clock, executor, plan({ phases }));
    expect(result.closedLoopUsers).toBe(1);
    const slow = samples.filter(({ endMs, startMs }) => endMs - startMs > 6);
    // Fifty arrivals fall into the stall; the loop sends the first and waits for it.
    expect(slow).toHaveLength(50);
    expect(slow.filter(({ isAsClosed }) => isAsClosed === true)).toHaveLength(1);
    const others = samples.filter(({ intendedMs }) => intendedMs >= 1_000 && intendedMs < 2_000);
    expect(others.every(({ isAsClosed }) => isAsClosed === true)).toBe(true);
  });

  it('keeps asking an overloaded server: response time grows as D + (λD - 1) t', async () => {
    const clock = new ManualClock();
    // 100/s into a server that does 50/s: λD = 2, so an arrival at t waits t more.
    const { samples } = await run(clock, singleServer(clock, 20), plan());
    for (const { endMs, intendedMs } of samples) expect(endMs - intendedMs).toBeCloseTo(20 + intendedMs, 6);
  });

  it('drops arrivals that find no slot, and counts them', async () => {
    const clock = new ManualClock();
    const { samples } = await run(clock, fixedDelay(clock, 95), plan({ maxInFlight: 5 }));
    // A slot is free again after 95 ms: of every ten arrivals 10 ms apart the first five are served.
    const kinds = samples.toSorted((a, b) => a.index - b.index).map(({ end }) => end.kind);
    expect(kinds.slice(0, 20)).toEqual([
      ...Array(5).fill('ok'),
      ...Array(5).fill('dropped'),
      ...Array(5).fill('ok'),
      ...Array(5).fill('dropped'),
    ]);
    expect(samples).toHaveLength(100);
  });

  it('gives up executions at their time-out and frees the slot', async () => {
    const clock = new ManualClock();
    const executor = silent();
    const { samples } = await run(clock, executor, plan({ timeoutMs: 200, maxInFlight: 1_000 }));
    expect(samples).toHaveLength(100);
    expect(samples.every(({ end }) => end.kind === 'failed' && end.code === 'CLIENT_TIMEOUT')).toBe(true);
    expect(executor.requests.every((request) => request.signal?.aborted === true)).toBe(true);
  });

  it('abandons what is open when the drain is over', async () => {
    const clock = new ManualClock();
    const { samples, result } = await run(clock, silent(), plan({ drainMs: 500 }));
    expect(samples.every(({ end }) => end.kind === 'abandoned')).toBe(true);
    expect(result.endedMs - result.issuedMs).toBeGreaterThanOrEqual(500);
    expect(result.endedMs - result.issuedMs).toBeLessThanOrEqual(700);
  });

  it('issues what fell due while it could not run, with the intended instants unchanged', async () => {
    const clock = new ManualClock();
    const executor = fixedDelay(clock, 1);
    const samples: Sample[] = [];
    const waker = timerWaker(clock);
    let woken = 0;
    const running = runEngine({
      executor,
      plan: plan(),
      clock,
      // The 11th wake comes 250 ms late, as if the process had been stopped.
      waker: {
        ...waker,
        wakeAt: (atMs, fire) => waker.wakeAt(atMs + (++woken === 11 ? 250 : 0), fire),
      },
      workload: createWorkload(testScenario(), 1, 30_000),
      onSample: (sample) => samples.push(sample),
      signal: new AbortController().signal,
    });
    for (let turn = 0; turn < 15; turn++) await clock.advance(100);
    await running;
    expect(samples).toHaveLength(100);
    const late = samples.map(({ intendedMs, startMs }) => Math.round(startMs - intendedMs));
    expect(late.filter((ms) => ms > 0)).toEqual(Array.from({ length: 25 }, (_, i) => 250 - 10 * i));
  });

  it('tells failures by code, expected ones apart, and faults of the executor too', async () => {
    const clock = new ManualClock();
    const executor = new FakeExecutor((_request, n) =>
      n % 2 === 0 ? later(clock, 1, failed('MEMORY_LIMIT')) : Promise.reject(new Error('no such host')),
    );
    const { samples } = await run(clock, executor, plan());
    expect(new Set(samples.map(({ end }) => (end.kind === 'failed' ? end.code : end.kind)))).toEqual(
      new Set(['MEMORY_LIMIT', 'INTERNAL']),
    );
  });

  it('ends early when interrupted, and says so', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    clock.setTimer(305, () => controller.abort());
    const { samples, result } = await run(clock, fixedDelay(clock, 25), plan(), controller.signal);
    expect(result.complete).toBe(false);
    expect(samples).toHaveLength(31);
    expect(samples.every(({ end }) => end.kind === 'ok')).toBe(true);
  });
});

describe('runEngine() in the closed model', () => {
  it('keeps exactly the asked number in flight: throughput is concurrency / delay', async () => {
    const clock = new ManualClock();
    const { samples, result } = await run(
      clock,
      fixedDelay(clock, 20),
      plan({ model: 'closed', concurrency: 4, maxInFlight: 4 }),
    );
    // 4 users x 1,000 ms / 20 ms.
    expect(samples).toHaveLength(200);
    expect(result.inFlightMax).toBe(4);
    for (const response of responses(samples)) expect(response).toBeCloseTo(20, 6);
  });

  it('ends after a count of measured executions', async () => {
    const clock = new ManualClock();
    const phases = [
      { name: 'warm', fromPerSecond: 1, toPerSecond: 1, durationMs: 100, measured: false },
      { name: 'steady', fromPerSecond: 1, toPerSecond: 1, durationMs: Infinity, measured: true },
    ];
    const { samples } = await run(
      clock,
      fixedDelay(clock, 10),
      plan({ model: 'closed', concurrency: 3, count: 50, phases }),
    );
    expect(samples.filter(({ measured }) => measured)).toHaveLength(50);
    expect(samples.filter(({ measured }) => !measured)).toHaveLength(30);
  });

  it('does not spin on a target that refuses at once', async () => {
    const clock = new ManualClock();
    const executor = new FakeExecutor(() => Promise.resolve(failed('QUEUE_FULL')));
    const { samples } = await run(clock, executor, plan({ model: 'closed', concurrency: 2 }));
    // A pause of 10 ms after each refusal: 2 users x 100.
    expect(samples.length).toBeLessThanOrEqual(202);
  });

  it('goes on when a user is freed by a success', async () => {
    const clock = new ManualClock();
    const executor = new FakeExecutor((_request, n) => later(clock, n === 0 ? 500 : 10, succeeded()));
    const { samples } = await run(clock, executor, plan({ model: 'closed', concurrency: 2 }));
    expect(samples).toHaveLength(1 + 50 + 100);
  });
});
