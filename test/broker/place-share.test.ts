import { describe, expect, it } from 'vitest';
import { PlaceShare } from '../../src/broker/place-share.ts';
import { ManualClock } from '../../src/clock.ts';
import { createMemoryStore } from '../../src/store/memory.ts';

function setUp(limit: number) {
  const clock = new ManualClock();
  const store = createMemoryStore({ clock });
  let asked = 0;
  const counted = Object.assign(Object.create(store) as typeof store, {
    acquireSlot: (...args: Parameters<typeof store.acquireSlot>) => {
      asked++;
      return store.acquireSlot(...args);
    },
    releaseSlot: (...args: Parameters<typeof store.releaseSlot>) => store.releaseSlot(...args),
    nowMs: () => store.nowMs(),
  });
  const share = (brokerId: string, own: ManualClock = clock) =>
    new PlaceShare({ store: counted, clock: own, scope: '*', limit, brokerId });
  return { clock, share, asked: () => asked };
}

describe("a broker's share of places", () => {
  it('gives the place of a session that has ended to the next without asking', async () => {
    const { share, asked } = setUp(2);
    const own = share('b1');
    expect([await own.take('s1'), await own.take('s2')]).toEqual([true, true]);
    expect(asked()).toBe(2);
    for (let n = 3; n < 100; n++) {
      expect(own.giveBack(`s${n - 1}`)).toBe(true);
      expect(await own.take(`s${n}`)).toBe(true);
    }
    expect(asked()).toBe(2);
    expect(own.giveBack('s99')).toBe(true);
    expect(own.giveBack('s99')).toBe(false);
    expect(own.giveBack('never seen')).toBe(false);
  });

  it('and that of another have no more than the limit together', async () => {
    const { share } = setUp(3);
    const [a, b] = [share('a'), share('b')];
    expect([await a.take('s1'), await a.take('s2'), await b.take('s3'), await b.take('s4')]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(await a.take('s5')).toBe(false);
  });

  it('lets go of what nobody took for half a second, and of everything when it closes', async () => {
    const { clock, share } = setUp(2);
    const [a, b] = [share('a'), share('b')];
    await a.take('s1');
    await a.take('s2');
    a.giveBack('s1');
    expect(await b.take('s3')).toBe(false);
    await clock.advance(500);
    expect(await b.take('s3')).toBe(true);
    expect(await b.take('s4')).toBe(false);
    await a.close();
    expect(await b.take('s4')).toBe(true);
  });

  it('is held for as long as the broker lives, and not much longer', async () => {
    const { clock, share } = setUp(1);
    const [a, b] = [share('a'), share('b')];
    await a.take('s1');
    await clock.advance(60_000);
    expect(await b.take('s2')).toBe(false);
  });

  it('is free for others soon after the broker was killed', async () => {
    const { clock, share } = setUp(1);
    // Its clock stands still: it does nothing any more.
    await share('killed', new ManualClock()).take('s1');
    await clock.advance(14_000);
    expect(await share('b').take('s2')).toBe(false);
    await clock.advance(1_001);
    expect(await share('b').take('s2')).toBe(true);
  });
});
