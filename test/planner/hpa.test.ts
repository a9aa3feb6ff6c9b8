import { describe, expect, it } from 'vitest';
import { hpaDesiredReplicas } from '../../src/planner/hpa.ts';
import { published } from './published.ts';

const one = (currentReplicas: number, averagePerPod: number, targetPerPod: number, more = {}) =>
  hpaDesiredReplicas({ currentReplicas, metrics: [{ averagePerPod, targetPerPod, ...more }] });

describe('hpaDesiredReplicas()', () => {
  it.each(published.hpaCases.rows)(
    'asks for $expectedReplicas from $currentReplicas at $metricPerPod of $targetPerPod',
    (row) => {
      expect(one(row.currentReplicas, row.metricPerPod, row.targetPerPod)).toBe(row.expectedReplicas);
    },
  );

  it('does nothing within the tolerance', () => {
    expect(one(10, 1.1, 1)).toBe(10);
    expect(one(10, 0.9, 1)).toBe(10);
    expect(one(10, 1.11, 1)).toBe(12);
    expect(one(10, 0.89, 1)).toBe(9);
  });

  it('takes the largest of several metrics and stays within its bounds', () => {
    const metrics = [
      { averagePerPod: 50, targetPerPod: 100 },
      { averagePerPod: 300, targetPerPod: 100 },
    ];
    expect(hpaDesiredReplicas({ currentReplicas: 4, metrics })).toBe(12);
    expect(hpaDesiredReplicas({ currentReplicas: 4, metrics, maxReplicas: 6 })).toBe(6);
    expect(one(4, 0, 100)).toBe(1);
    expect(hpaDesiredReplicas({ currentReplicas: 4, metrics: [], minReplicas: 5 })).toBe(5);
  });

  it('counts pods without a value as idle when growing and as on target when shrinking', () => {
    // Cases of replica_calculator_test.go: ScaleUp with one missing of three stays dampened; ScaleDown likewise.
    // Growing: 2 report 200 %, 1 counts 0: ratio 4/3, ceil(4/3 x 3) = 4.
    expect(one(3, 200, 100, { missingPods: 1 })).toBe(4);
    // Shrinking: 4 report 28 of 50, 1 counts 50: (4 x 28 + 50) / (5 x 50) = 0.648, ceil(3.24) = 4.
    expect(one(5, 28, 50, { missingPods: 1 })).toBe(4);
  });

  it('never grows for unready pods beyond what ready ones ask, and never turns the direction', () => {
    // 1 ready at 150 %, 2 unready count 0: ratio 0.5 turns the direction, so nothing changes.
    expect(one(3, 150, 100, { unreadyPods: 2 })).toBe(3);
    // 2 ready at 300 %, 1 unready counts 0: ratio 2, ceil(2 x 3) = 6.
    expect(one(3, 300, 100, { unreadyPods: 1 })).toBe(6);
  });
});
