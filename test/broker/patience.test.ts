import { describe, expect, it } from 'vitest';
import { Patience } from '../../src/broker/patience.ts';
import { ManualClock, realClock } from '../../src/clock.ts';

describe('Patience', () => {
  it('ends each wait at its own time, and none that was ended before', async () => {
    const clock = new ManualClock();
    const patience = new Patience(clock, 10);
    const over: string[] = [];
    const start = (name: string) => patience.start(() => over.push(`${name} at ${clock.nowMs()}`));
    start('first');
    await clock.advance(4);
    const stop = start('second');
    start('third');
    await clock.advance(3);
    stop();
    await clock.advance(1_000);
    expect(over).toEqual(['first at 10', 'third at 14']);
  });

  it('begins anew when there was nothing to wait for', async () => {
    const clock = new ManualClock();
    const patience = new Patience(clock, 10);
    patience.start(() => {})();
    await clock.advance(100);
    let overAtMs = 0;
    patience.start(() => {
      overAtMs = clock.nowMs();
    });
    await clock.advance(100);
    expect(overAtMs).toBe(110);
  });

  it('lets a wait begin another', async () => {
    const clock = new ManualClock();
    const patience = new Patience(clock, 10);
    const over: number[] = [];
    const again = () => {
      over.push(clock.nowMs());
      if (over.length < 3) patience.start(again);
    };
    patience.start(again);
    await clock.advance(100);
    expect(over).toEqual([10, 20, 30]);
  });

  it('keeps no program running when its waits have ended', () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    new Patience(realClock, 60_000).start(() => {})();
    expect(timers()).toBe(before);
  });
});
