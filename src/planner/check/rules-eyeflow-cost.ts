// Rules found in the EyeFlow guide: costs, growth examples, latency and cache.
import { DAY_S, differ, type Facts, type Rule, show, when } from './rule.ts';

const HOURS_PER_MONTH = 730;
const WEEKS_PER_MONTH = HOURS_PER_MONTH / 168;

/** Executions per second that one row of the table gives each instance. */
export function tableRate(f: Facts, row: number): number {
  return (f.numbers('tablePerDay')[row] ?? 0) / DAY_S / (f.numbers('tableInstances')[row] ?? 1);
}

/** Instances that the table gives a volume, from its row of 1M/day. */
function tableInstancesFor(f: Facts, perDay: number): number {
  return perDay / DAY_S / tableRate(f, 1);
}

export const EYEFLOW_COST_RULES: readonly Rule[] = [
  {
    id: 'EYE-08',
    severity: 'warning',
    needs: ['costPerDay', 'costUsdPerMonth'],
    test: (f) => {
      const volumes = f.numbers('costPerDay');
      const costs = f.numbers('costUsdPerMonth');
      const elasticity =
        Math.log((costs.at(-1) ?? 1) / (costs[0] ?? 1)) / Math.log((volumes.at(-1) ?? 1) / (volumes[0] ?? 1));
      const perMillion = volumes.map((volume, i) => (costs[i] ?? 0) / ((volume * 30) / 1e6));
      return when(
        Math.abs(elasticity - 1) > 0.05,
        `cost called linear has an elasticity of ${show(elasticity)}; per million (30 days) $${perMillion.map((usd) => usd.toFixed(2)).join(', ')}`,
      );
    },
    fix: 'print the cost per million beside the cost',
  },
  {
    id: 'EYE-09',
    severity: 'warning',
    needs: [
      'growthUsdPerMonth',
      'growthInstances',
      'costUsdPerMonth',
      'tableInstances',
      'tableRecommended',
      'costPerDay',
    ],
    test: (f) => {
      const growth = f.number('growthUsdPerMonth') / f.number('growthInstances');
      const at = (perDay: number) =>
        f.numbers('costUsdPerMonth')[f.numbers('costPerDay').indexOf(perDay)] ?? 0;
      const rows = [
        at(1e6) / (f.numbers('tableRecommended')[1] ?? 1),
        at(1e6) / (f.numbers('tableInstances')[1] ?? 1),
        at(1e7) / (f.numbers('tableRecommended')[2] ?? 1),
      ];
      return when(
        Math.max(growth, ...rows) > 1.5 * Math.min(growth, ...rows),
        `an instance-month costs $${show(growth)} in the growth example, $${show(rows[0] ?? 0)} or $${show(rows[1] ?? 0)} at 1M/day, $${show(rows[2] ?? 0)} at 10M/day`,
      );
    },
    fix: 'state the type and what else the price holds',
  },
  {
    id: 'EYE-10',
    severity: 'error',
    needs: ['growthPerYear', 'growthInstances', 'growthUsdPerMonth', 'costPerDay', 'costUsdPerMonth'],
    test: (f) => {
      const perYear = f.numbers('growthPerYear').at(-1) ?? 0;
      const usd = f.numbers('growthUsdPerMonth').at(-1) ?? 0;
      const atMillion = f.numbers('costUsdPerMonth')[f.numbers('costPerDay').indexOf(1e6)] ?? 0;
      const dearer = usd / perYear / (atMillion / (1e6 * 365));
      return when(
        dearer > 2,
        `${show(perYear)}/year = ${show(perYear / 365, 6)}/day takes ${f.numbers('growthInstances').at(-1)} instances and $${show(usd)}; 365M/year takes $${show(atMillion)}: ${show(dearer)} times dearer per task`,
      );
    },
    fix: 'derive both from one capacity',
  },
  {
    id: 'EYE-11',
    severity: 'info',
    needs: ['growthPerYear', 'growthFirstPerMonth'],
    test: (f) =>
      when(
        differ(f.number('growthPerYear'), 12 * f.number('growthFirstPerMonth'), 0.05),
        `${show(f.number('growthPerYear'))}/year is not ${show(f.number('growthFirstPerMonth'))}/month (${show(12 * f.number('growthFirstPerMonth'))}/year)`,
      ),
    fix: 'print one of the two',
  },
  {
    id: 'EYE-12',
    severity: 'warning',
    needs: ['eventUsdPerWeek', 'eventPerDay', 'costPerDay', 'costUsdPerMonth'],
    test: (f) => {
      const month = f.number('eventUsdPerWeek') * WEEKS_PER_MONTH;
      const table =
        f.numbers('costUsdPerMonth')[f.numbers('costPerDay').indexOf(f.number('eventPerDay'))] ?? Number.NaN;
      return when(
        differ(month, table, 0.5),
        `$${show(f.number('eventUsdPerWeek'))}/week = $${show(month, 3)}/month for ${show(f.number('eventPerDay'))}/day, the table says $${show(table)} (${show(month / table, 2)} times)`,
      );
    },
    fix: 'derive the example from the table',
  },
  {
    id: 'EYE-13',
    severity: 'error',
    needs: [
      'iotPerSecond',
      'iotInstances',
      'iotHeadroomShare',
      'instancePerSecond',
      'tablePerDay',
      'tableInstances',
    ],
    test: (f) => {
      const perDay = f.number('iotPerSecond') * DAY_S;
      const byTable = Math.ceil(tableInstancesFor(f, perDay));
      const headroom =
        1 - f.number('iotPerSecond') / (f.number('iotInstances') * f.number('instancePerSecond'));
      return when(
        differ(byTable, f.number('iotInstances'), 0.5),
        `${show(perDay / 1e6)}M/day on ${f.number('iotInstances')} instances, the table's rate gives ${byTable}; at ${show(f.number('instancePerSecond'))}/s the headroom is ${show(100 * headroom, 3)} %, not ${show(100 * f.number('iotHeadroomShare'))} %`,
      );
    },
    fix: 'derive the example from the table',
  },
  {
    id: 'EYE-14',
    severity: 'error',
    needs: ['databaseMaxPerYear', 'tablePerDay'],
    test: (f) => {
      const perDay = f.number('databaseMaxPerYear') / 365;
      const above = f.numbers('tablePerDay').filter((volume) => volume > perDay);
      return when(
        above.length > 0,
        `the largest database carries ${show(f.number('databaseMaxPerYear'))}/year = ${show(perDay)}/day: every row from ${show(above[0] ?? 0)}/day on (${show((above[0] ?? 0) / perDay, 3)} times) exceeds it`,
      );
    },
    fix: 'size the database for every row',
  },
  {
    id: 'EYE-15',
    severity: 'warning',
    needs: ['tableRecommended', 'typeUsdPerHour', 'costPerDay', 'costUsdPerMonth'],
    test: (f) => {
      const count = f.numbers('tableRecommended')[1] ?? 0;
      const compute = count * f.number('typeUsdPerHour') * HOURS_PER_MONTH;
      const bill = f.numbers('costUsdPerMonth')[f.numbers('costPerDay').indexOf(1e6)] ?? Number.NaN;
      return when(
        compute < 0.5 * bill,
        `${count} x $${f.number('typeUsdPerHour')} x 730 = $${compute.toFixed(2)}: ${show((100 * compute) / bill, 2)} % of $${show(bill)}, the rest is not explained`,
      );
    },
    fix: 'list what the bill holds besides compute',
  },
  {
    id: 'EYE-16',
    severity: 'error',
    needs: ['cacheHitShare', 'cacheHitMs', 'latencyP50Ms', 'latencyP75Ms'],
    test: (f) => {
      const hits = f.number('cacheHitShare');
      return when(
        hits > 0.5 && f.number('latencyP50Ms') > f.number('cacheHitMs'),
        `${show(100 * hits)} % cache hits under ${f.number('cacheHitMs')} ms force a median under ${f.number('cacheHitMs')} ms; published p50 ${f.number('latencyP50Ms')}, p75 ${f.number('latencyP75Ms')} ms`,
      );
    },
    fix: 'say what share of executions can use the cache at all',
  },
  {
    id: 'EYE-17',
    severity: 'warning',
    needs: ['maxLabel', 'latencyGoalMs', 'latencyAlertMs', 'scaleShare', 'alertCpuShare'],
    test: (f) => {
      const wrong = [
        when(/99/.test(f.text('maxLabel')), `"max" is labelled ${f.text('maxLabel')}`),
        when(
          f.number('latencyAlertMs') > 2 * f.number('latencyGoalMs'),
          `p99 is to stay below ${f.number('latencyGoalMs')} ms, its alert waits for ${f.number('latencyAlertMs')}`,
        ),
        when(
          f.number('scaleShare') !== f.number('alertCpuShare'),
          `scaling starts at ${show(100 * f.number('scaleShare'))} %, the alert says ${show(100 * f.number('alertCpuShare'))} %`,
        ),
      ].filter((text) => text !== undefined);
      return when(wrong.length > 0, wrong.join('; '));
    },
    fix: 'one goal, one alert, one threshold',
  },
  {
    id: 'EYE-18',
    severity: 'warning',
    needs: [
      'burstBaseline',
      'typeVcpu',
      'testUtilisation',
      'scaleShare',
      'surplusUsdPerVcpuHour',
      'typeUsdPerHour',
    ],
    test: (f) => {
      const above = f.number('scaleShare') - f.number('burstBaseline');
      const usd = above * f.number('typeVcpu') * HOURS_PER_MONTH * f.number('surplusUsdPerVcpuHour');
      const share = usd / (f.number('typeUsdPerHour') * HOURS_PER_MONTH);
      return when(
        above > 0,
        `bursts: baseline ${f.number('burstBaseline')} per vCPU, load tests ran at up to ${show(100 * Math.max(...f.numbers('testUtilisation')))} %; ${show(100 * f.number('scaleShare'))} % sustained costs $${usd.toFixed(2)} more per month (+${show(100 * share, 2)} %)`,
      );
    },
    fix: 'plan with a type that is not burstable, or with the surplus in the price',
  },
  {
    id: 'EYE-19',
    severity: 'warning',
    needs: ['concurrentTasks', 'instancePerSecond', 'latencyP50Ms', 'latencyMeanMs'],
    test: (f) => {
      const residence = (1_000 * f.number('concurrentTasks')) / f.number('instancePerSecond');
      const cap = (1_000 * f.number('concurrentTasks')) / f.number('latencyMeanMs');
      return when(
        differ(residence, f.number('latencyMeanMs'), 0.1),
        `Little: ${f.number('concurrentTasks')} / ${show(f.number('instancePerSecond'))} per second = ${show(residence)} ms against p50 ${f.number('latencyP50Ms')}, mean ${f.number('latencyMeanMs')}: concurrency would allow ${show(cap)}/s`,
      );
    },
    fix: 'state concurrency, latency and rate of one and the same run',
  },
];
