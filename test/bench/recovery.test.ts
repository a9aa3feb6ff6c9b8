import { describe, expect, it } from 'vitest';
import { RecoveryWatch } from '../../src/bench/recovery.ts';
import { ManualClock } from '../../src/clock.ts';
import { createWorkload } from '../../src/scenario/workload.ts';
import { FakeExecutor, failed, later, succeeded } from '../support/fake-executor.ts';
import { testScenario } from '../support/scenario.ts';

async function until<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  let isDone = false;
  const ended = work.finally(() => {
    isDone = true;
  });
  for (let turn = 0; turn < 400 && !isDone; turn++) await clock.advance(100);
  return ended;
}

/** @param delayMs - time of an execution that starts at an instant; undefined: it fails */
function watchOf(clock: ManualClock, delayMs: (atMs: number) => number | undefined): RecoveryWatch {
  const executor = new FakeExecutor(() => {
    const ms = delayMs(clock.nowMs());
    return ms === undefined ? later(clock, 1, failed('QUEUE_FULL')) : later(clock, ms, succeeded());
  });
  const { signal } = new AbortController();
  const workload = createWorkload(testScenario(), 1, 1_000);
  return new RecoveryWatch({ executor, workload, clock, signal, timeoutMs: 1_000 });
}

describe('RecoveryWatch', () => {
  it('takes no time when the target is at rest', async () => {
    const clock = new ManualClock();
    const watch = watchOf(clock, () => 20);
    await until(clock, watch.learn());
    expect(await until(clock, watch.wait())).toBe(0);
  });

  it('waits while the target is slow or refuses, and says how long it was', async () => {
    const clock = new ManualClock();
    // At rest until 1 s; then it refuses for 2 s, is slow for 2 s, and at rest again.
    const watch = watchOf(clock, (atMs) =>
      atMs < 1_000 || atMs >= 5_000 ? 20 : atMs < 3_000 ? undefined : 300,
    );
    await until(clock, watch.learn());
    await clock.advance(1_000 - clock.nowMs());
    const recoveryMs = await until(clock, watch.wait());
    // It is looked at every quarter of a second, each look lasting up to five executions of 300 ms.
    expect(recoveryMs).toBeGreaterThanOrEqual(4_000 - 1_500);
    expect(recoveryMs).toBeLessThanOrEqual(4_000 + 1_750);
  });

  it('gives up after 15 s', async () => {
    const clock = new ManualClock();
    const watch = watchOf(clock, (atMs) => (atMs < 1_000 ? 20 : 400));
    await until(clock, watch.learn());
    await clock.advance(1_000);
    expect(await until(clock, watch.wait())).toBeNull();
  });
});
