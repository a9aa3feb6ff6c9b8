import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCatalogue } from '../../src/planner/catalogue.ts';
import { type Explanation, explain, explainable } from '../../src/planner/explain.ts';
import { planCapacity } from '../../src/planner/plan-capacity.ts';
import { parseSlos } from '../../src/planner/slo.ts';
import { workloadFromReport } from '../../src/planner/workload.ts';
import { corpus } from './plan-corpus.ts';
import { runReport, uniformBins } from './report-fixture.ts';

const slos = parseSlos('p99=100ms');
const plan = planCapacity({
  perDay: { value: 5e6, provenance: 'given', source: '--per-day 5M' },
  peakMultiplier: { value: 3, provenance: 'assumed', source: 'default' },
  workload: workloadFromReport(runReport(), uniformBins(2_000), { name: 'test', percentiles: [0.99] }),
  slos: slos.ok ? slos.value : [],
  maxUtilisation: { value: 0.85, provenance: 'assumed', source: 'default' },
  queue: 'host',
  availability: { floor: 2, spares: 1, zones: 3, loseZones: 0 },
  catalogue: parseCatalogue(
    JSON.parse(readFileSync(new URL('../../catalogue/ec2-prices.json', import.meta.url), 'utf8')),
  ),
  types: ['c6i.large'],
});

/** Path and value of every number in a value. */
function numbersOf(value: unknown, path: string): (readonly [string, number])[] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = /^\d+$/.test(key) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    return numbersOf(inner, at);
  });
}

function leaves({ id, isExplainedAbove, parts }: Explanation): string[] {
  if (parts.length === 0) return isExplainedAbove ? [] : [id];
  return parts.flatMap(leaves);
}

describe('explain()', () => {
  it('leads the cost back to inputs alone, the shared ones once', () => {
    const tree = explain(plan, 'cost-month');
    expect(tree.value).toBe(plan.verdict.usdPerMonth);
    const found = leaves(tree);
    for (const name of ['executionsPerDay', 'peakMultiplier', 'cpuPerExecution', 'catalogue', 'spares'])
      expect(found).toContain(name);
    expect(found.filter((id) => id === 'executionsPerDay')).toHaveLength(1);
  });

  it('explains every step by known parts', () => {
    for (const { id } of plan.ladder.filter(({ id: step }) => step !== 'scaling-loss'))
      expect(explain(plan, id).parts, id).not.toEqual([]);
    expect(explainable(plan)).toContain('p99-all');
  });

  it.each(corpus)('explains every number of the plan by a rule of its own: %s', (_name, make) => {
    const whole = make();
    const paths = numbersOf(whole, '');
    expect(paths.length).toBeGreaterThan(100);
    for (const [path, value] of paths) {
      const found = explain(whole, path);
      expect(found.value, path).toBe(value);
      expect(found.how, path).not.toMatch(/^$|without a derivation/);
    }
  });

  it('leads a number beside the ladder back to inputs', () => {
    const found = leaves(explain(plan, 'sensitivity[0].neededIfMore'));
    expect(found).toContain('executionsPerDay');
    expect(found).toContain('maxUtilisation');
    expect(explain(plan, 'types.0.usdPerMonth')).toMatchObject({
      unit: 'USD',
      value: plan.types[0]?.usdPerMonth,
    });
  });

  it('refuses a path at which there is no number', () => {
    for (const path of ['types[99].vcpu', 'verdict', 'types[0].type', '__proto__.x', 'constructor'])
      expect(() => explain(plan, path)).toThrow(/expected the name of a number to explain/);
  });

  it('offers the nearest name for a slip', () => {
    expect(() => explain(plan, 'instance')).toThrow(/did you mean instances\?/);
  });
});
