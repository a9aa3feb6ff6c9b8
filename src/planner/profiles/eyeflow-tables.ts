// The EyeFlow guide: instances and cost by daily volume, its load tests, growth, and its three examples.
import { DAY_S, type Facts } from '../check/rule.ts';
import { ceilOnce } from '../station.ts';
import { columns, type ProfileRecipe, words } from './profile-table.ts';

const DAYS_PER_YEAR = 365;
const BILLED_DAYS = 30;
const WEEKS_PER_MONTH = 730 / (7 * 24);

const LOAD_TEST = ['testInstances', 'testPerDay', 'testUtilisation', 'scaleShare'] as const;

/** Instances per task a day when utilisation is proportional to the load: the first load test, scaled to the target share. */
function proportionalPerTask(f: Facts): number {
  return (
    (f.number('testInstances') * f.number('testUtilisation')) /
    f.number('scaleShare') /
    f.number('testPerDay')
  );
}

/** Tasks/s of one instance at the target share, from the line through both load tests: u = idle + slope x rate. */
function capacityFromLine(f: Facts): number {
  const [low = 0, high = 0] = f.numbers('testUtilisation');
  const [few = 0, many = 0] = f.numbers('testPerDay').map((perDay) => perDay / DAY_S);
  const slope = (high - low) / (many - few);
  return (f.number('scaleShare') - (low - slope * few)) / slope / f.number('testInstances');
}

export const EYEFLOW_TABLES: readonly ProfileRecipe[] = [
  {
    needs: [
      'tablePerDay',
      'tableInstances',
      'tableRecommended',
      'tableHardware',
      'instancePerSecond',
      ...LOAD_TEST,
    ],
    build: (f) => ({
      title: 'Instances by daily volume',
      formula:
        'load test: ceil(5 x 35 % / 70 %) per million, rounded once; idle share: rate / ((70 % - idle) / slope / 5); stated: rate / 3,333',
      columns: columns(
        ['input', 'tasks/day'],
        ['published', 'required'],
        ['published', 'recommended'],
        ['published', 'hardware'],
        ['computed', 'load test'],
        ['computed', 'with idle share'],
        ['computed', 'at 3,333/s'],
      ),
      rows: f
        .numbers('tablePerDay')
        .map((perDay, row) => [
          perDay,
          f.numbers('tableInstances')[row] ?? null,
          f.numbers('tableRecommended')[row] ?? null,
          words(f, 'tableHardware')[row] ?? null,
          ceilOnce(perDay * proportionalPerTask(f)),
          ceilOnce(perDay / DAY_S / capacityFromLine(f)),
          ceilOnce(perDay / DAY_S / f.number('instancePerSecond')),
        ]),
    }),
  },
  {
    needs: ['instancePerSecond', ...LOAD_TEST],
    build: (f) => {
      const instances = f.number('testInstances');
      return {
        title: 'Load tests',
        formula: 'rate = tasks a day / 86,400; share at 3,333/s = rate / (instances x 3,333)',
        columns: columns(
          ['input', 'tasks/day'],
          ['published', 'instances'],
          ['published', 'CPU share'],
          ['computed', 'rate, /s'],
          ['computed', 'share at 3,333/s'],
          ['computed', '70 % at, /s each'],
        ),
        rows: f
          .numbers('testPerDay')
          .map((perDay, row) => [
            perDay,
            instances,
            f.numbers('testUtilisation')[row] ?? null,
            perDay / DAY_S,
            perDay / DAY_S / (instances * f.number('instancePerSecond')),
            capacityFromLine(f),
          ]),
      };
    },
  },
  {
    needs: ['costPerDay', 'costUsdPerMonth'],
    build: (f) => {
      const perDay = f.numbers('costPerDay');
      const usd = f.numbers('costUsdPerMonth');
      return {
        title: 'Cost by daily volume',
        formula:
          'USD per million = cost / (30 x tasks a day); marginal = change of cost / change of tasks a day',
        columns: columns(
          ['input', 'tasks/day'],
          ['published', 'USD/month'],
          ['computed', 'USD/million'],
          ['computed', 'marginal, USD'],
          ['computed', 'if linear, USD'],
        ),
        rows: perDay.map((volume, row) => {
          const amount = usd[row] ?? 0;
          const marginal =
            row === 0 ? null : (amount - (usd[row - 1] ?? 0)) / (volume - (perDay[row - 1] ?? 0));
          const linear = ((usd[0] ?? 0) * volume) / (perDay[0] ?? 1);
          return [volume, amount, amount / ((BILLED_DAYS * volume) / 1e6), marginal, linear];
        }),
      };
    },
  },
  {
    needs: [
      'growthPerYear',
      'growthInstances',
      'growthUsdPerMonth',
      'costPerDay',
      'costUsdPerMonth',
      ...LOAD_TEST,
    ],
    build: (f) => ({
      title: 'Growth',
      formula:
        "a day = a year / 365; N by the load test; cost by the guide's own cost table, nearest row above",
      columns: columns(
        ['input', 'tasks/year'],
        ['published', 'instances'],
        ['published', 'USD/month'],
        ['computed', 'a day'],
        ['computed', 'load test'],
        ['computed', 'USD each'],
        ['computed', 'by its costs'],
      ),
      rows: f.numbers('growthPerYear').map((perYear, row) => {
        const perDay = perYear / DAYS_PER_YEAR;
        const instances = f.numbers('growthInstances')[row] ?? 1;
        const usd = f.numbers('growthUsdPerMonth')[row] ?? 0;
        const priced = f.numbers('costPerDay').findIndex((volume) => volume >= perDay);
        const byCosts = f.numbers('costUsdPerMonth')[priced] ?? null;
        return [
          perYear,
          instances,
          usd,
          perDay,
          ceilOnce(perDay * proportionalPerTask(f)),
          usd / instances,
          byCosts,
        ];
      }),
    }),
  },
  {
    needs: ['iotPerSecond', 'iotInstances', 'iotHeadroomShare', 'instancePerSecond', ...LOAD_TEST],
    build: (f) => {
      const [rate, instances] = [f.number('iotPerSecond'), f.number('iotInstances')];
      return {
        title: 'Example: machines that report',
        formula: 'a day = rate x 86,400; headroom = 1 - rate / (instances x 3,333)',
        columns: columns(
          ['input', 'readings/s'],
          ['published', 'instances'],
          ['published', 'headroom'],
          ['computed', 'a day'],
          ['computed', 'load test'],
          ['computed', 'headroom at 3,333/s'],
        ),
        rows: [
          [
            rate,
            instances,
            f.number('iotHeadroomShare'),
            rate * DAY_S,
            ceilOnce(rate * DAY_S * proportionalPerTask(f)),
            1 - rate / (instances * f.number('instancePerSecond')),
          ],
        ],
      };
    },
  },
  {
    needs: [
      'eventPerDay',
      'eventUsdPerWeek',
      'eventInstances',
      'costPerDay',
      'costUsdPerMonth',
      ...LOAD_TEST,
    ],
    build: (f) => {
      const perDay = f.number('eventPerDay');
      const row = f.numbers('costPerDay').indexOf(perDay);
      return {
        title: 'Example: a shop in its peak week',
        formula:
          'USD/month = USD/week x 730 h / 168 h; N by the load test; its cost table at the same volume',
        columns: columns(
          ['input', 'tasks/day'],
          ['published', 'instances'],
          ['published', 'USD/week'],
          ['computed', 'load test'],
          ['computed', 'USD/month'],
          ['published', 'in its cost table'],
        ),
        rows: [
          [
            perDay,
            f.number('eventInstances'),
            f.number('eventUsdPerWeek'),
            ceilOnce(perDay * proportionalPerTask(f)),
            f.number('eventUsdPerWeek') * WEEKS_PER_MONTH,
            f.numbers('costUsdPerMonth')[row] ?? null,
          ],
        ],
      };
    },
  },
];
