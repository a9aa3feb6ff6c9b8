// A comparison of runs as text, one line a metric.
import type { ComparedMetric } from '../bench/compare.ts';
import { formatCount } from '../units.ts';
import { formatMs } from './latency-rows.ts';

export function formatComparison(row: ComparedMetric): string {
  const show = (value: number): string =>
    row.unit === 'us' ? `${formatMs(value)} ms` : `${formatCount(value, 1)}${row.unit}`;
  const percent = (ratio: number): string => `${ratio >= 0 ? '+' : ''}${formatCount(ratio * 100, 1)} %`;
  const interval = `[${percent(row.lowRatio)}, ${percent(row.highRatio)}]`;
  const certainty =
    row.verdict === 'cannot tell'
      ? row.equivalent
        ? 'equivalent within the tolerance'
        : `needs an effect of ${formatCount(row.detectableRatio * 100, 1)} % to be seen with so many runs`
      : `p ${row.pAdjusted.toPrecision(2)}`;
  return `${row.metric.padEnd(11)} ${show(row.aMedian)} -> ${show(row.bMedian)}  ${percent(row.effectRatio)} ${interval}  ${row.verdict} (${certainty}; ${row.runsA} against ${row.runsB} runs)`;
}
