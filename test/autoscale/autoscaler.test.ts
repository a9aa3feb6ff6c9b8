// Who decides, when, and what is told of it. The drivers have tests of their own.
import { describe, expect, it } from 'vitest';
import { Autoscaler, type PoolNotice } from '../../src/autoscale/autoscaler.ts';
import type { PoolDriver } from '../../src/autoscale/driver.ts';
import { resolvePool } from '../../src/autoscale/options.ts';
import { ManualClock } from '../../src/clock.ts';
import { EnclaveError } from '../../src/errors.ts';
import { createMemoryStore } from '../../src/store/memory.ts';

/** A driver whose runtimes are a number. */
function counted(): PoolDriver & { runtimes: number; isDown: boolean; error: EnclaveError | undefined } {
  return {
    kind: 'local',
    runtimes: 0,
    isDown: false,
    error: undefined,
    async size() {
      return this.runtimes;
    },
    async scaleTo(size) {
      if (this.error !== undefined) throw this.error;
      this.runtimes = size;
    },
    async standDown() {
      this.isDown = true;
      this.runtimes = 0;
    },
    async [Symbol.asyncDispose]() {
      this.runtimes = 0;
    },
  };
}

function setup(options: Parameters<typeof resolvePool>[0] = {}) {
  const clock = new ManualClock();
  const store = createMemoryStore({ clock });
  const driver = counted();
  const notices: PoolNotice[] = [];
  const load = { busy: 0, queued: 0 };
  const make = (brokerId: string, driven: PoolDriver) =>
    new Autoscaler({
      ...resolvePool({ scaleInterval: 30_000, ...options }),
      driver: driven,
      clock,
      observe: async () => ({ slots: driver.runtimes * 10, slotsPerRuntime: 10, ...load }),
      lead: (ttlMs) => store.lead('pool', brokerId, ttlMs),
      onNotice: (notice) => notices.push(notice),
    });
  return { clock, store, driver, notices, load, make };
}

describe('the autoscaler', () => {
  it('follows the load up at once and down slowly, one check after the other', async () => {
    const { clock, driver, load, make, notices } = setup();
    await using scaler = make('b1', driver);
    scaler.start();
    await clock.advance(1);
    expect(driver.runtimes).toBe(2);
    load.busy = 20;
    load.queued = 20;
    await clock.advance(30_000);
    // 40 / (10 · 0.8) = 5.
    expect(driver.runtimes).toBe(5);
    load.busy = 2;
    load.queued = 0;
    // Low at 60 s and 90 s; the cool-down of two intervals since 30 s is over at 90 s.
    await clock.advance(30_000);
    expect(driver.runtimes).toBe(5);
    await clock.advance(30_000);
    expect(driver.runtimes).toBe(4);
    await clock.advance(30_000);
    expect(driver.runtimes).toBe(4);
    expect(notices.map(({ message }) => message.split(':')[0])).toEqual([
      '0 to 2 runtimes',
      '2 to 5 runtimes',
      '5 to 4 runtimes',
    ]);
    expect(scaler.status).toMatchObject({ isLeader: true, size: 4, desired: 4, driver: 'local' });
  });

  it('looks earlier under pressure, but not more often than every five seconds', async () => {
    const { clock, driver, load, make } = setup();
    await using scaler = make('b1', driver);
    scaler.start();
    await clock.advance(1);
    load.busy = 20;
    load.queued = 20;
    scaler.hurry();
    await clock.advance(1);
    expect(driver.runtimes).toBe(2);
    await clock.advance(5_000);
    scaler.hurry();
    await clock.advance(1);
    expect(driver.runtimes).toBe(5);
  });

  it('has one leader, and another when that one is gone', async () => {
    const { clock, driver, make } = setup();
    const idle = counted();
    const first = make('b1', driver);
    await using second = make('b2', idle);
    first.start();
    await clock.advance(1);
    second.start();
    await clock.advance(60_000);
    expect([driver.runtimes, idle.runtimes]).toEqual([2, 0]);
    expect(second.status).toMatchObject({ isLeader: false, reason: 'another broker decides' });
    // Its end gives the role back: the next check of the other takes it.
    await first[Symbol.asyncDispose]();
    await clock.advance(30_000);
    expect(second.status.isLeader).toBe(true);
  });

  it('gives up what it has started when it is no longer the one that decides', async () => {
    const { clock, driver, make, store } = setup();
    await using scaler = make('b1', driver);
    scaler.start();
    await clock.advance(1);
    await store.lead('pool', 'b1', 0);
    await store.lead('pool', 'b2', 3_600_000);
    await clock.advance(30_000);
    expect(driver.isDown).toBe(true);
  });

  it('says once that the budget stops it, and once that the driver fails, and goes on trying', async () => {
    const { clock, driver, load, make, notices } = setup({ hourlyBudget: 3, costPerRuntime: 1 });
    await using scaler = make('b1', driver);
    scaler.start();
    await clock.advance(1);
    load.busy = 20;
    load.queued = 80;
    await clock.advance(90_000);
    expect(driver.runtimes).toBe(3);
    expect(scaler.status.limit).toBe('budget');
    const limited = notices.filter(({ kind }) => kind === 'limited');
    expect(limited.length).toBeGreaterThan(0);
    expect(limited[0]?.message).toContain('the hourly budget of 3 pays for 3 of the 13 needed');
    driver.runtimes = 0;
    driver.error = new EnclaveError('FORBIDDEN', 'Kubernetes refuses it');
    await clock.advance(90_000);
    expect(notices.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
    expect(scaler.status.failure).toContain('Kubernetes refuses it');
    driver.error = undefined;
    await clock.advance(30_000);
    expect(driver.runtimes).toBe(2);
    expect(scaler.status.failure).toBeUndefined();
  });
});
