import { describe, expect, it } from 'vitest';
import type { Plan, TypePlan } from '../../src/planner/plan-types.ts';
import type { Step } from '../../src/planner/provenance.ts';
import { planText } from '../../src/report/plan-text.ts';
import { checkTable, ladderTable, typeTable } from '../../src/report/plan-text-tables.ts';
import { corpus } from '../planner/plan-corpus.ts';

const plain = (text: string): string => text;
const trimmed = (text: string): string => text.replaceAll(/ +$/gm, '');

const STEPS: readonly Step[] = [
  {
    id: 'mean-rate',
    title: 'mean rate',
    formula: 'V / 86,400',
    inputs: '5,000,000 / 86,400',
    value: 57.87,
    unit: '/s',
    provenance: 'given',
  },
  {
    id: 'servers-p99',
    title: 'processors for p99',
    formula: 'least c in one queue, M/G/c',
    inputs: 'p99=100ms, cs2 0.5; a lower bound, the plan has a queue per host',
    value: 6,
    unit: 'vCPU',
    provenance: 'assumed',
  },
];

function types(): Plan {
  const [whole] = corpus.map(([, make]) => make());
  const [first] = whole?.types ?? [];
  if (whole === undefined || first === undefined) throw new Error('the corpus is empty');
  const type = (changes: Partial<TypePlan>): TypePlan => ({
    ...first,
    instances: 3,
    utilisationPeak: 0.42,
    predictions: [
      { metric: 'response', p: 0.5, valueMs: 20, degradedMs: 21, limitMs: null },
      { metric: 'response', p: 0.99, valueMs: 95.5, degradedMs: 99, limitMs: 100 },
    ],
    usdPerMonth: 186.15,
    usdPerMillion: 1.22,
    ...changes,
  });
  const burstable = { type: 't3.large', doubts: ['burstable'], isPareto: false } as const;
  return { ...whole, types: [type({ type: 'c5.large', isPareto: true, doubts: [] }), type(burstable)] };
}

describe('planText()', () => {
  it.each(corpus.flatMap(([name, make]) => [60, 80, 120].map((columns) => [columns, name, make] as const)))(
    'fits %i columns: %s',
    (columns, _name, make) => {
      const text = planText(make(), { columns, bold: plain });
      for (const line of text.split('\n')) {
        expect(line.length, line).toBeLessThanOrEqual(columns);
        expect(line, 'trailing blanks').not.toMatch(/ $/);
      }
      expect(text).not.toMatch(/undefined|NaN|\[object|…/);
    },
  );

  it('has the same sections at every width', () => {
    const [, make] = corpus[0] ?? [];
    const titles = (columns: number): string[] => {
      const found: string[] = [];
      const bold = (title: string): string => {
        found.push(title);
        return title;
      };
      if (make !== undefined) planText(make(), { columns, bold });
      return found.slice(1);
    };
    expect(titles(60)).toEqual(titles(120));
    expect(titles(60)).toContain('How');
  });
});

describe('the derivation', () => {
  it('puts what a number came from below it in a narrow window', () => {
    expect(trimmed(ladderTable(STEPS, 60))).toBe(
      [
        'mean rate                                 57.87/s given',
        '  V / 86,400: 5,000,000 / 86,400',
        'processors for p99                         6 vCPU assumed',
        '  least c in one queue, M/G/c: p99=100ms, cs2 0.5; a lower',
        '    bound, the plan has a queue per host',
      ].join('\n'),
    );
  });

  it('puts it between in a wide one', () => {
    expect(trimmed(ladderTable(STEPS, 110))).toBe(
      [
        'mean rate                 V / 86,400: 5,000,000 / 86,400                                    57.87/s given',
        'processors for p99        least c in one queue, M/G/c: p99=100ms, cs2 0.5; a                 6 vCPU assumed',
        '                          lower bound, the plan has a queue per host',
      ].join('\n'),
    );
  });
});

describe('the types', () => {
  it('lack processors, p50 and cost per million in a narrow window', () => {
    expect(trimmed(typeTable(types(), 60))).toBe(
      [
        'type              N  busy       p99     $/month',
        'c5.large          3  42 %   95.5 ms     $186.15 * chosen',
        't3.large          3  42 %   95.5 ms     $186.15   b',
        '* no other of its kind is cheaper and faster, b burstable',
      ].join('\n'),
    );
  });

  it('have them from 80 columns on', () => {
    expect(trimmed(typeTable(types(), 80))).toBe(
      [
        'type          vCPU     N  busy      p50       p99     $/month     $/M',
        'c5.large         2     3  42 %    20 ms   95.5 ms     $186.15   $1.22 * chosen',
        't3.large         2     3  42 %    20 ms   95.5 ms     $186.15   $1.22   b',
        '* no other of its kind is cheaper and faster, b burstable',
      ].join('\n'),
    );
  });
});

describe('the three checks', () => {
  const check = {
    name: 'p99 response',
    closedFormMs: 41,
    approximationMs: 50,
    simulatedMs: { value: 40, low: 38, high: 42 },
    difference: 0.25,
    agrees: false,
  } as const;

  it('keep the two that are compared in a narrow window', () => {
    expect(trimmed(checkTable([check], 60))).toBe(
      [
        '                    M/G/c    simulated (95 %)',
        'p99 response        50 ms        40 ms ± 2 ms differ +25.0 %',
      ].join('\n'),
    );
  });
});
