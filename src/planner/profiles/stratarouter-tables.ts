// The StrataRouter guide: its sizing formula and its deployment table.
import { DAY_S } from '../check/rule.ts';
import { ceilOnce } from '../station.ts';
import { columns, type ProfileRecipe, words } from './profile-table.ts';

const HOURS_PER_MONTH = 730;

export const STRATAROUTER_TABLES: readonly ProfileRecipe[] = [
  {
    needs: ['sizingPerDay', 'sizingPeak', 'sizingPerSecond', 'sizingInstances', 'hpaMin'],
    build: (f) => {
      const mean = f.number('sizingPerDay') / DAY_S;
      const peak = mean * f.number('sizingPeak');
      const raw = peak / f.number('sizingPerSecond');
      return {
        title: 'Sizing formula',
        formula: 'mean = queries a day / 86,400; peak = 3 x mean; raw = peak / 15,000; N = ceil(raw)',
        columns: columns(
          ['input', 'queries/day'],
          ['computed', 'mean, /s'],
          ['computed', 'peak, /s'],
          ['computed', 'raw'],
          ['computed', 'N'],
          ['published', 'printed, about'],
          ['published', 'least for HA'],
        ),
        rows: [
          [
            f.number('sizingPerDay'),
            mean,
            peak,
            raw,
            ceilOnce(raw),
            f.number('sizingInstances'),
            f.number('hpaMin'),
          ],
        ],
      };
    },
  },
  {
    needs: ['rowNames', 'rowPerSecond', 'rowInstances', 'rowP99Ms', 'rowUsdPerMonth', 'sizingPerSecond'],
    build: (f) => ({
      title: 'Deployments',
      formula: 'each = rate / instances; N = ceil(rate / 15,000); USD per hour = cost / instances / 730',
      columns: columns(
        ['input', 'deployment'],
        ['published', 'rate, /s'],
        ['published', 'instances'],
        ['published', 'P99, ms'],
        ['published', 'USD/month'],
        ['computed', 'each, /s'],
        ['computed', 'N by formula'],
        ['computed', 'USD/h each'],
        ['computed', 'USD per 1/s'],
      ),
      rows: f.numbers('rowPerSecond').map((rate, row) => {
        const at = (name: string) => f.numbers(name)[row] ?? 1;
        const [instances, usd] = [at('rowInstances'), at('rowUsdPerMonth')];
        return [
          words(f, 'rowNames')[row] ?? null,
          rate,
          instances,
          at('rowP99Ms'),
          usd,
          rate / instances,
          ceilOnce(rate / f.number('sizingPerSecond')),
          usd / instances / HOURS_PER_MONTH,
          usd / rate,
        ];
      }),
    }),
  },
];
