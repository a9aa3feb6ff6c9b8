// The Azcore guide: workers by size, the ramp of its autoscaler replayed, and what its scaling decisions amount to.
import type { Facts } from '../check/rule.ts';
import { HpaController } from '../hpa-controller.ts';
import { columns, type ProfileRecipe, words } from './profile-table.ts';

const SHRINK_WINDOW_S = 300;
/** A load so high that the autoscaler wants its maximum at every sync. */
const OVERLOAD = 1_000;

interface RampPoint {
  readonly atS: number;
  readonly pods: number;
}

/** Pods over time from the minimum on, under a sudden overload at 0, one sync per period of the policies. */
function ramp(f: Facts): RampPoint[] {
  const [min, max, periodS] = [f.number('hpaMin'), f.number('podsMax'), f.number('hpaPeriodS')];
  const controller = new HpaController({
    minReplicas: min,
    maxReplicas: max,
    tolerance: 0.1,
    scaleUp: {
      stabilisationS: f.number('hpaStabilisationS'),
      policies: [
        { kind: 'percent', value: f.number('hpaUpPercent'), periodS },
        { kind: 'pods', value: f.number('hpaUpPods'), periodS },
      ],
      select: 'max',
    },
    scaleDown: { stabilisationS: SHRINK_WINDOW_S, policies: [], select: 'max' },
  });
  controller.decide(-periodS, min, [{ averagePerPod: 1, targetPerPod: 1 }]);
  const points: RampPoint[] = [];
  let pods = min;
  for (let atS = 0; pods < max && atS < 100 * periodS; atS += periodS) {
    pods = controller.decide(atS, pods, [{ averagePerPod: OVERLOAD, targetPerPod: 1 }]);
    points.push({ atS, pods });
  }
  return points;
}

export const AZCORE_TABLES: readonly ProfileRecipe[] = [
  {
    needs: [
      'sizeNames',
      'sizeCpu',
      'sizeWorkers',
      'sizeMemoryGib',
      'llmConcurrent',
      'sizeCacheMb',
      'workersPerCpu',
      'workersMax',
    ],
    build: (f) => ({
      title: 'Sizes',
      formula: `workers = min(${f.number('workersPerCpu')} x CPU, ${f.number('workersMax')}); calls per CPU; caches if each worker has its own`,
      columns: columns(
        ['input', 'size'],
        ['published', 'CPU'],
        ['published', 'GiB'],
        ['published', 'workers'],
        ['computed', 'workers'],
        ['published', 'LLM calls'],
        ['computed', 'per CPU'],
        ['published', 'cache, MB'],
        ['computed', 'caches, MB'],
      ),
      rows: f.numbers('sizeCpu').map((cpu, row) => {
        const at = (name: string) => f.numbers(name)[row] ?? 0;
        const workers = Math.min(f.number('workersPerCpu') * cpu, f.number('workersMax'));
        return [
          words(f, 'sizeNames')[row] ?? null,
          cpu,
          at('sizeMemoryGib'),
          at('sizeWorkers'),
          workers,
          at('llmConcurrent'),
          at('llmConcurrent') / cpu,
          at('sizeCacheMb'),
          at('sizeCacheMb') * at('sizeWorkers'),
        ];
      }),
    }),
  },
  {
    needs: ['hpaMin', 'podsMax', 'hpaUpPercent', 'hpaUpPods', 'hpaPeriodS', 'hpaStabilisationS'],
    build: (f) => ({
      title: `Autoscaler from ${f.number('hpaMin')} pods under a sudden overload`,
      formula: `replayed: the larger of +${f.number('hpaUpPercent')} % and +${f.number('hpaUpPods')} pods per ${f.number('hpaPeriodS')} s, after ${f.number('hpaStabilisationS')} s of stabilisation, up to ${f.number('podsMax')}`,
      columns: columns(['input', 'seconds'], ['computed', 'pods']),
      rows: ramp(f).map(({ atS, pods }) => [atS, pods]),
    }),
  },
  {
    needs: [
      'requestsPerTargetMinute',
      'hpaRequestsPerPodSecond',
      'podsMax',
      'budgetUsdPerHour',
      'exampleUsdPerHour',
    ],
    build: (f) => {
      const [pods, price] = [f.number('podsMax'), f.number('exampleUsdPerHour')];
      return {
        title: 'What its scaling decisions amount to',
        formula: 'per minute / 60; pods x rate; budget / price; pods x price',
        columns: columns(['input', 'decision'], ['published', 'stated'], ['computed', 'means']),
        rows: [
          [
            'balancer, requests per target and minute: /s',
            f.number('requestsPerTargetMinute'),
            f.number('requestsPerTargetMinute') / 60,
          ],
          [
            'autoscaler, requests/s per pod: /s at most',
            f.number('hpaRequestsPerPodSecond'),
            pods * f.number('hpaRequestsPerPodSecond'),
          ],
          [
            'budget, USD per hour: instances',
            f.number('budgetUsdPerHour'),
            f.number('budgetUsdPerHour') / price,
          ],
          ['largest fleet, pods: USD per hour', pods, pods * price],
        ],
      };
    },
  },
];
