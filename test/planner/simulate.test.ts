import { describe, expect, it } from 'vitest';
import { erlangB } from '../../src/planner/erlang.ts';
import { EventHeap } from '../../src/planner/event-heap.ts';
import { HPA_DEFAULTS, HpaController } from '../../src/planner/hpa-controller.ts';
import { mdcMeanWaitExact } from '../../src/planner/mgc.ts';
import { mmcWait } from '../../src/planner/mmc.ts';
import { createRandom } from '../../src/planner/random.ts';
import { arrivalSampler, serviceSampler, twoMomentSampler } from '../../src/planner/sampling.ts';
import { measuredServiceTime } from '../../src/planner/service-time.ts';
import { simulate } from '../../src/planner/simulate.ts';
import type { SimulationInput } from '../../src/planner/simulation-types.ts';
import { published } from './published.ts';

/** 8 processors in 4 instances, 80 % busy, exponential. */
function base(changes: Partial<SimulationInput> = {}): SimulationInput {
  return {
    seed: 1,
    arrivals: { kind: 'poisson', ratePerSecond: 6.4 },
    stop: { kind: 'executions', count: 20_000 },
    cpu: { meanS: 1, scv: 1 },
    instances: 4,
    serversPerInstance: 2,
    queue: 'pooled',
    ...changes,
  };
}

describe('simulate()', () => {
  it('holds the exact M/M/c values inside its 95 % interval in at least 90 % of 30 seeds', () => {
    const exact = mmcWait({ servers: 8, offeredLoad: 6.4, meanServiceTime: 1 });
    const runs = Array.from({ length: 30 }, (_, i) =>
      simulate(base({ seed: i + 1, stop: { kind: 'executions', count: 40_000 } })),
    );
    const covered = (value: number, of: (run: (typeof runs)[number]) => { low: number; high: number }) =>
      runs.filter((run) => of(run).low <= value && value <= of(run).high).length;
    expect(covered(exact.mean, (run) => run.wait.mean)).toBeGreaterThanOrEqual(27);
    expect(covered(exact.probability, (run) => run.wait.positive)).toBeGreaterThanOrEqual(27);
    expect(covered(exact.responseQuantile(0.95), (run) => run.response.p95)).toBeGreaterThanOrEqual(27);
  });

  it('finds the exact mean wait of constant service', () => {
    for (const { c, rho } of published.mdcExact.rows.slice(1, 4)) {
      const run = simulate(
        base({
          arrivals: { kind: 'poisson', ratePerSecond: c * rho },
          cpu: { meanS: 1, scv: 0 },
          instances: 1,
          serversPerInstance: c,
          stop: { kind: 'executions', count: 100_000 },
        }),
      );
      const exact = mdcMeanWaitExact({ servers: c, offeredLoad: c * rho, meanServiceTime: 1 });
      expect(run.wait.mean.low).toBeLessThan(exact);
      expect(run.wait.mean.high).toBeGreaterThan(exact);
    }
  });

  it('makes random routing over instances as slow as separate M/M/c queues, and better routing faster', () => {
    const split = (routing: 'random' | 'round-robin' | 'least-busy') =>
      simulate(base({ seed: 2, queue: 'split', routing, stop: { kind: 'executions', count: 60_000 } })).wait
        .mean;
    const exact = mmcWait({ servers: 2, offeredLoad: 1.6, meanServiceTime: 1 }).mean;
    const random = split('random');
    expect(random.low).toBeLessThan(exact);
    expect(random.high).toBeGreaterThan(exact);
    expect(split('round-robin').value).toBeLessThan(random.low);
    expect(split('least-busy').value).toBeLessThan(split('round-robin').value);
  });

  it('gives the same bytes for the same seed and others for another', () => {
    const text = (seed: number) =>
      JSON.stringify(simulate(base({ seed, stop: { kind: 'executions', count: 2_000 } })));
    expect(text(7)).toBe(text(7));
    expect(text(7)).not.toBe(text(8));
  });

  it('rejects what finds the queue full: M/M/c/c loses the share of Erlang B', () => {
    const run = simulate(
      base({
        arrivals: { kind: 'poisson', ratePerSecond: 8 },
        maxQueue: 0,
        stop: { kind: 'executions', count: 60_000 },
      }),
    );
    const lost = erlangB({ servers: 8, offeredLoad: 8 });
    expect(Math.abs(run.rejected / run.arrived / lost - 1)).toBeLessThan(0.05);
    expect(run.wait.positive.value).toBe(0);
  });

  it('starts again what a lost instance served, and loses nothing', () => {
    const run = simulate(base({ failures: [{ atS: 500, instances: 2, backAfterS: 60 }] }));
    expect(run.restarted).toBeGreaterThan(0);
    expect(run.response.count + Math.floor(0.1 * (run.arrived + run.restarted))).toBeGreaterThanOrEqual(
      run.arrived - run.restarted,
    );
    const calm = simulate(base());
    expect(run.response.p99.value).toBeGreaterThan(calm.response.p99.value);
  });

  it('adds the wait to a measured service time', () => {
    const service = measuredServiceTime([{ fromS: 3, toS: 3, count: 1 }]);
    const run = simulate(base({ service }));
    expect(run.response.mean.value).toBeCloseTo(3 + run.wait.mean.value, 9);
  });

  it('shares processors: the mean is that of M/M/c whatever the law of service (insensitivity)', () => {
    const exact = mmcWait({ servers: 2, offeredLoad: 1.4, meanServiceTime: 1 }).mean;
    for (const scv of [0, 1, 4]) {
      const run = simulate(
        base({
          seed: 5,
          discipline: 'ps',
          arrivals: { kind: 'poisson', ratePerSecond: 1.4 },
          cpu: { meanS: 1, scv },
          instances: 1,
          stop: { kind: 'executions', count: 150_000 },
        }),
      );
      expect(run.wait.mean.low).toBeLessThan(exact);
      expect(run.wait.mean.high).toBeGreaterThan(exact);
      expect(run.utilisation).toBeCloseTo(0.7, 1);
      expect(run.restarted + run.rejected).toBe(0);
    }
  });

  it('shares processors of several instances, and starts again what a lost one ran', () => {
    const exact = mmcWait({ servers: 2, offeredLoad: 1.6, meanServiceTime: 1 }).mean;
    const shared = base({
      seed: 2,
      discipline: 'ps',
      queue: 'split',
      stop: { kind: 'executions', count: 60_000 },
    });
    const { mean } = simulate(shared).wait;
    expect(mean.low).toBeLessThan(exact);
    expect(mean.high).toBeGreaterThan(exact);
    const hit = simulate({ ...shared, failures: [{ atS: 500, instances: 2, backAfterS: 60 }] });
    expect(hit.restarted).toBeGreaterThan(0);
    expect(hit.response.count).toBeGreaterThan(0.85 * hit.arrived);
  });

  it.each(['fcfs', 'ps'] as const)(
    'replaces every instance in a rolling update and loses nothing (%s)',
    (discipline) => {
      const update = (maxSurge: number, maxUnavailable: number) =>
        simulate(
          base({
            discipline,
            warmupShare: 0,
            rollout: { atS: 300, maxSurge, maxUnavailable, readyDelayS: 100 },
          }),
        );
      const calm = simulate(base({ discipline, warmupShare: 0 }));
      const surge = update(1, 0);
      const down = update(0, 2);
      for (const run of [surge, down]) expect(run.response.count).toBe(run.arrived);
      expect(surge.instancesMost).toBe(5);
      expect(down.instancesMost).toBe(4);
      // Four batches of one for 100 s each, one instance more; two batches of two, none more.
      expect(surge.instanceHours - calm.instanceHours).toBeCloseTo(400 / 3_600, 1);
      // Two of four instances cannot carry 6.4 erlangs on 4 processors.
      expect(down.response.p99.value).toBeGreaterThan(2 * calm.response.p99.value);
      expect(surge.response.p99.value).toBeLessThan(1.3 * calm.response.p99.value);
    },
  );

  it('refuses an update that may neither add nor take away', () => {
    const rollout = { atS: 1, maxSurge: 0, maxUnavailable: 0, readyDelayS: 1 };
    expect(() => simulate(base({ rollout }))).toThrow(/maxSurge or maxUnavailable/);
  });

  it('follows an hourly curve with the autoscaler: fewer instance-hours than the peak needs all day', () => {
    const ratesPerSecond = Array.from(
      { length: 24 },
      (_, hour) => 0.4 + 0.4 * Math.sin((2 * Math.PI * (hour - 6)) / 24),
    );
    const day = (autoscaled: boolean) =>
      simulate({
        seed: 3,
        arrivals: { kind: 'hourly', ratesPerSecond },
        stop: { kind: 'time', seconds: 86_400 },
        cpu: { meanS: 5, scv: 1 },
        instances: autoscaled ? 1 : 6,
        serversPerInstance: 1,
        queue: 'pooled',
        limitS: 30,
        ...(autoscaled
          ? { autoscaler: { ...HPA_DEFAULTS, minReplicas: 1, maxReplicas: 6, targetUtilisation: 0.6 } }
          : {}),
      });
    const [fixed, scaled] = [day(false), day(true)];
    expect(fixed.instanceHours).toBeCloseTo(6 * 24, 0);
    expect(scaled.instanceHours).toBeLessThan(0.9 * fixed.instanceHours);
    expect(scaled.instancesMost).toBeLessThanOrEqual(6);
    expect(scaled.hours.length).toBeGreaterThanOrEqual(24);
    // The curve is lowest around midnight and highest at noon.
    expect(scaled.hours[12]?.instances ?? 0).toBeGreaterThan(scaled.hours[1]?.instances ?? 0);
  });
});

describe('HpaController', () => {
  it('ramps 4, 9, 18, 36, 50 with 100 % or 5 pods per 60 s, as the Azcore guide sets it', () => {
    const controller = new HpaController({
      ...HPA_DEFAULTS,
      minReplicas: 4,
      maxReplicas: 50,
      scaleUp: {
        stabilisationS: 60,
        policies: [
          { kind: 'percent', value: 100, periodS: 60 },
          { kind: 'pods', value: 5, periodS: 60 },
        ],
        select: 'max',
      },
    });
    const seen = [4];
    let replicas = 4;
    for (let nowS = 0; nowS <= 400; nowS += 15) {
      const averagePerPod = nowS === 0 ? 0.7 : 10;
      replicas = controller.decide(nowS, replicas, [{ averagePerPod, targetPerPod: 0.7 }]);
      if (replicas !== seen.at(-1)) seen.push(replicas);
    }
    expect(seen).toEqual([4, 9, 18, 36, 50]);
  });

  it('shrinks only after the load was low for the whole window', () => {
    const controller = new HpaController({ ...HPA_DEFAULTS, minReplicas: 1, maxReplicas: 10 });
    const at = (nowS: number, averagePerPod: number) =>
      controller.decide(nowS, 8, [{ averagePerPod, targetPerPod: 1 }]);
    expect(at(0, 1)).toBe(8);
    expect(at(150, 0.1)).toBe(8);
    expect(at(300, 0.1)).toBe(8);
    expect(at(315, 0.1)).toBe(1);
  });
});

describe('samplers', () => {
  it.each([0, 0.3, 0.5, 1, 2, 4])('draw the mean and the variation asked for: cs2 = %s', (scv) => {
    const sample = twoMomentSampler(2, scv, createRandom(11, 0));
    const values = Array.from({ length: 200_000 }, sample);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean / 2 - 1)).toBeLessThan(0.02);
    expect(Math.abs(variance / mean ** 2 - scv)).toBeLessThan(0.06 * Math.max(scv, 0.5));
  });

  it('draw bins in proportion to their counts', () => {
    const service = measuredServiceTime([
      { fromS: 1, toS: 2, count: 3 },
      { fromS: 5, toS: 5, count: 1 },
    ]);
    const sample = serviceSampler(service, createRandom(5, 2));
    const values = Array.from({ length: 40_000 }, sample);
    expect(values.filter((value) => value === 5).length / values.length).toBeCloseTo(0.25, 2);
    expect(values.every((value) => (value >= 1 && value <= 2) || value === 5)).toBe(true);
  });

  it('draw arrivals in proportion to the rate of each hour', () => {
    const next = arrivalSampler({ kind: 'hourly', ratesPerSecond: [1, 0, 3] }, createRandom(5, 0));
    const counts = [0, 0, 0];
    for (let at = next(); at < 3 * 3_600; at = next())
      counts[Math.floor(at / 3_600)] = (counts[Math.floor(at / 3_600)] ?? 0) + 1;
    expect(counts[1]).toBe(0);
    expect((counts[2] ?? 0) / (counts[0] ?? 1)).toBeCloseTo(3, 0);
  });

  it('are uniform and independent by stream', () => {
    const random = createRandom(1, 0);
    const values = Array.from({ length: 100_000 }, random);
    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 2);
    expect(Math.min(...values.slice(0, 1_000))).toBeGreaterThanOrEqual(0);
    expect(createRandom(1, 1)()).not.toBe(createRandom(1, 0)());
    expect(createRandom(2 ** 33 + 1, 0)()).not.toBe(createRandom(1, 0)());
  });
});

describe('EventHeap', () => {
  it('gives items back in the order of their times', () => {
    const heap = new EventHeap();
    const random = createRandom(9, 0);
    const times = Array.from({ length: 2_000 }, random);
    for (const [item, time] of times.entries()) heap.push(time, item);
    const order = Array.from({ length: 2_000 }, () => heap.pop());
    const sorted = times.map((_, item) => item).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
    expect(order).toEqual(sorted);
    expect(heap.nextTime).toBe(Infinity);
  });
});
