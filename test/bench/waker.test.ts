import { describe, expect, it } from 'vitest';
import { calibrate } from '../../src/bench/calibration.ts';
import { createThreadWaker } from '../../src/bench/waker.ts';
import { ManualClock, realClock } from '../../src/clock.ts';

describe('createThreadWaker()', () => {
  it('never fires early, and counts what it spins', async () => {
    using waker = await createThreadWaker(realClock);
    const startMs = realClock.nowMs();
    for (let i = 1; i <= 20; i++) {
      const atMs = realClock.nowMs() + 10;
      await new Promise<void>((resolve) => waker.wakeAt(atMs, resolve));
      expect(realClock.nowMs()).toBeGreaterThanOrEqual(atMs);
    }
    expect(waker.spunMs()).toBeGreaterThan(0);
    expect(waker.spunMs()).toBeLessThan(realClock.nowMs() - startMs);
  });

  it('forgets an instant that is cancelled or replaced', async () => {
    using waker = await createThreadWaker(realClock);
    const fired: string[] = [];
    // Far enough that a pause of this process between two lines does not make them due.
    waker.wakeAt(realClock.nowMs() + 200, () => fired.push('cancelled'));
    waker.cancel();
    waker.wakeAt(realClock.nowMs() + 200, () => fired.push('replaced'));
    await new Promise<void>((resolve) =>
      waker.wakeAt(realClock.nowMs() + 400, () => {
        fired.push('last');
        resolve();
      }),
    );
    expect(fired).toEqual(['last']);
  });
});

describe('calibrate()', () => {
  it('takes some time on a clock that runs, and none on one that stands still', () => {
    expect(calibrate(realClock)).toBeGreaterThan(0);
    expect(calibrate(new ManualClock())).toBe(0);
  });
});
