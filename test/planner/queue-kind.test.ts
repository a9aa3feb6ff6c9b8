import { describe, expect, it } from 'vitest';
import { mmcWait } from '../../src/planner/mmc.ts';
import { type QueueKind, queueWait, usualQueue } from '../../src/planner/queue-kind.ts';
import { exponentialServiceTime, responseQuantile } from '../../src/planner/service-time.ts';
import { simulate } from '../../src/planner/simulate.ts';

const at = (queue: QueueKind, vcpu: number, busy: number, instances = 3) =>
  queueWait({ queue, vcpu, instances, busy, cpuS: 1, cpuScv: 1 });
const mean = (queue: QueueKind, vcpu: number, busy: number) => {
  const wait = at(queue, vcpu, busy);
  return wait === undefined ? Infinity : wait.probability / wait.rate;
};

describe('queueWait()', () => {
  it('is M/M/c of the processors behind one queue', () => {
    const exact = (servers: number) =>
      mmcWait({ servers, offeredLoad: 0.8 * servers, meanServiceTime: 1 }).mean;
    expect(mean('pooled', 4, 0.8)).toBeCloseTo(exact(12), 12);
    expect(mean('split', 4, 0.8)).toBeCloseTo(exact(4), 12);
    expect(mean('host', 4, 0.8)).toBeCloseTo(exact(1), 12);
  });

  it('puts placement between one queue per instance and one per host; with one host all three are one', () => {
    expect(mean('placed', 4, 0.8)).toBeGreaterThan(mean('split', 4, 0.8));
    expect(mean('placed', 4, 0.8)).toBeLessThan(0.4 * mean('host', 4, 0.8));
    expect(mean('placed', 1, 0.8)).toBeCloseTo(mean('host', 1, 0.8), 12);
  });

  it('has no steady state from a full processor on', () => {
    for (const queue of ['pooled', 'split', 'placed', 'host'] as const)
      expect(at(queue, 2, 1)).toBeUndefined();
  });

  it('is within 15 % of the simulated shortest of c queues at p95 and p99, where random choice is 30 % off and more', () => {
    for (const [vcpu, busy] of [
      [2, 0.6],
      [2, 0.8],
      [4, 0.6],
      [4, 0.8],
    ] as const) {
      const { response } = simulate({
        seed: 3,
        arrivals: { kind: 'poisson', ratePerSecond: vcpu * busy },
        stop: { kind: 'executions', count: 100_000 },
        cpu: { meanS: 1, scv: 1 },
        instances: vcpu,
        serversPerInstance: 1,
        queue: 'split',
        routing: 'least-busy',
      });
      for (const [p, simulated] of [
        [0.95, response.p95.value],
        [0.99, response.p99.value],
      ] as const) {
        const modelled = (queue: QueueKind) =>
          responseQuantile(
            at(queue, vcpu, busy) ?? { probability: 1, rate: 0 },
            exponentialServiceTime(1),
            p,
          );
        expect(Math.abs(modelled('placed') / simulated - 1)).toBeLessThan(0.15);
        expect(modelled('host') / simulated).toBeGreaterThan(1.3);
      }
    }
  });
});

describe('usualQueue()', () => {
  it('trusts placement only where executions wait for no tools', () => {
    expect(usualQueue({ callsTools: false })).toBe('placed');
    expect(usualQueue({ callsTools: true })).toBe('host');
    expect(usualQueue({})).toBe('host');
  });
});
