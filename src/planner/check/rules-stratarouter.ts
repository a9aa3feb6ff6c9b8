// Rules found in the StrataRouter guide: its sizing formula against its table, its autoscaler, its prices.
import { DAY_S, differ, type Facts, type Rule, show, when } from './rule.ts';

const perInstance = (f: Facts): number[] =>
  f.numbers('rowPerSecond').map((rate, row) => rate / (f.numbers('rowInstances')[row] ?? 1));

export const STRATAROUTER_RULES: readonly Rule[] = [
  {
    id: 'STR-01',
    severity: 'error',
    needs: ['sizingPerDay', 'sizingPeak', 'sizingPerSecond', 'sizingInstances'],
    test: (f) => {
      const peak = (f.number('sizingPerDay') / DAY_S) * f.number('sizingPeak');
      const capacity = f.number('sizingPerSecond');
      const needed = peak / capacity;
      const printed = f.number('sizingInstances');
      const fromPerDay = (capacity * DAY_S * (printed - 1)) / f.number('sizingPeak');
      return when(
        Math.ceil(needed - 1e-9) !== printed,
        `printed about ${printed}; ${show(f.number('sizingPerDay'))}/day x ${f.number('sizingPeak')} = ${show(peak, 6)}/s / ${show(capacity)} = ${show(needed)}, so 1; ${printed} need more than ${show(fromPerDay / 1e6)}M/day (${printed} full: ${show((fromPerDay * printed) / (printed - 1) / 1e6)}M), ${show(fromPerDay / f.number('sizingPerDay'), 3)} to ${show((fromPerDay * printed) / (printed - 1) / f.number('sizingPerDay'), 3)} times the volume`,
      );
    },
    fix: 'print what the formula gives, and the floor for availability apart',
  },
  {
    id: 'STR-02',
    severity: 'warning',
    needs: ['rowPerSecond', 'rowInstances', 'sizingPerSecond'],
    test: (f) =>
      when(
        perInstance(f).some((rate) => differ(rate, f.number('sizingPerSecond'), 0.05)),
        `per instance ${perInstance(f)
          .map((rate) => show(rate, 5))
          .join(', ')}/s in the table, ${show(f.number('sizingPerSecond'))} in the formula`,
      ),
    fix: 'one measured capacity, with its machine',
  },
  {
    id: 'STR-03',
    severity: 'error',
    needs: ['rowPerSecond', 'rowInstances'],
    test: (f) => {
      const rates = perInstance(f);
      const [first = 1] = rates;
      const best = Math.max(...rates);
      return when(
        best > 1.05 * first,
        `throughput per instance rises from ${show(first)} to ${show(best)}: superlinear needs a negative contention, so the configuration changed between rows; no fit`,
      );
    },
    fix: 'measure all rows with one configuration',
  },
  {
    id: 'STR-04',
    severity: 'error',
    needs: ['rowPerSecond', 'rowInstances', 'podsCeiling', 'sizingPerSecond'],
    test: (f) => {
      const most = Math.max(...f.numbers('rowPerSecond'));
      const row = f.numbers('rowPerSecond').indexOf(most);
      const best = Math.max(...perInstance(f));
      const ceiling = f.number('podsCeiling');
      return when(
        ceiling * best < most,
        `the autoscaler ends at ${ceiling}: x ${show(f.number('sizingPerSecond'))} = ${show(ceiling * f.number('sizingPerSecond'))}/s (x ${show(best)} = ${show(ceiling * best)}/s), below the ${show(most)}/s of the largest row, which needs ${f.numbers('rowInstances')[row]}`,
      );
    },
    fix: 'raise the ceiling to the largest deployment offered',
  },
  {
    id: 'STR-05',
    severity: 'info',
    needs: ['rowPerSecond', 'rowInstances', 'rowUsdPerMonth'],
    test: (f) => {
      const usd = f.numbers('rowUsdPerMonth');
      const each = usd.map((amount, row) => amount / (f.numbers('rowInstances')[row] ?? 1));
      const perRate = usd.map((amount, row) => amount / (f.numbers('rowPerSecond')[row] ?? 1));
      return when(
        !differ(Math.min(...each), Math.max(...each), 0.05) &&
          differ(Math.min(...perRate), Math.max(...perRate), 0.2),
        `$${show(each[0] ?? 0)} per instance whatever it carries: $${show(Math.max(...perRate))} to $${show(Math.min(...perRate))} per request/s and month`,
      );
    },
    fix: 'name the instance type of each row',
  },
  {
    id: 'STR-06',
    severity: 'info',
    needs: ['horizontalFromPerDay', 'sizingPerSecond'],
    test: (f) => {
      const rate = f.number('horizontalFromPerDay') / DAY_S;
      const share = rate / f.number('sizingPerSecond');
      return when(
        share < 0.1,
        `more instances are advised above ${show(f.number('horizontalFromPerDay'))}/day = ${show(rate)}/s = ${show(100 * share, 1)} % of one: the reason is availability, not load`,
      );
    },
    fix: 'give availability as the reason',
  },
  {
    id: 'STR-07',
    severity: 'error',
    needs: ['hpaShareOfRequest', 'cpuRequest', 'cpuLimit'],
    test: (f) => {
      const used = f.number('hpaShareOfRequest') * f.number('cpuRequest');
      const share = used / f.number('cpuLimit');
      return when(
        share < 0.5,
        `${show(100 * f.number('hpaShareOfRequest'))} % of a request of ${f.number('cpuRequest')} CPU = ${show(used)} CPU, ${show(100 * share, 3)} % of the limit of ${f.number('cpuLimit')}: it scales out at about ${show(1 / share, 1)} times less than a pod can do`,
      );
    },
    fix: 'set the request near what a pod uses, or scale the target by limit / request',
  },
];
