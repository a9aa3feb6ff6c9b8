import { describe, expect, it } from 'vitest';
import { fineClock } from '../../../src/bench/self-test/fine-clock.ts';
import { createThreadWaker, timerWaker } from '../../../src/bench/waker.ts';
import { ManualClock, realClock } from '../../../src/clock.ts';

describe('fineClock()', () => {
  it('fires each timer at its instant and in order, and none that was stopped', async () => {
    const manual = new ManualClock();
    const clock = fineClock(manual, timerWaker(manual));
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name} ${clock.nowMs()}`);
    clock.setTimer(5, note('a'));
    const stopFirst = clock.setTimer(1, note('stopped first'));
    const stopLast = clock.setTimer(9, note('stopped last'));
    clock.setTimer(5, note('b'));
    clock.setTimer(2.25, () => {
      note('c')();
      clock.setTimer(0.5, note('d'));
    });
    stopFirst();
    stopLast();
    await manual.advance(20);
    expect(fired).toEqual(['c 2.25', 'd 2.75', 'a 5', 'b 5']);
  });

  it('does so over a thread that sleeps, never before the time', async () => {
    using waker = await createThreadWaker(realClock, 0);
    const clock = fineClock(realClock, waker);
    const startMs = realClock.nowMs();
    const delays = [3.3, 1.1, 2.2, 1.1, 0];
    const early = await Promise.all(
      delays.map(
        (delayMs) =>
          new Promise<number>((resolve) => {
            clock.setTimer(delayMs, () => resolve(startMs + delayMs - realClock.nowMs()));
          }),
      ),
    );
    // The instants of the timers are counted from when each was set, a moment after the start.
    expect(Math.max(...early)).toBeLessThanOrEqual(0);
  });
});
