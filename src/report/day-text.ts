// A plan over the hours of its curve: fixed fleet, autoscaled fleet, and what each hour needs.
import Table from 'cli-table3';
import type { DayFleet, DayPlan } from '../planner/day-replay.ts';
import { formatUsd, usd } from '../planner/money.ts';
import { formatCount, formatRate } from '../units.ts';
import { BARE } from './bare-table.ts';
import { wrap } from './wrap.ts';

const DAY_HOURS = 24;

/** Several lines without a newline at the end. A week shows the day of its busiest hour. */
export function dayText(day: DayPlan, columns: number): string {
  return [...dayLines(day).map((line) => wrap(line, columns, '  ')), hourTable(day)].join('\n');
}

/** The same in sentences, without the table. */
export function dayLines(day: DayPlan): readonly string[] {
  const { autoscaled: auto, fixed, hours, ideal, peakHour, peakHourShare } = day;
  const { simulated, source } = day;
  const saved = fixed.usdPerMonth - auto.usdPerMonth;
  return [
    `Busiest hour ${peakHour % DAY_HOURS}:00 of ${hours.length} hours, ${percent(peakHourShare)} of its day (${source}).`,
    `Fixed: ${fleet(fixed)}. Autoscaled: ${fleet(auto)}, ${formatUsd(usd(Math.abs(saved)), 0)} ${saved >= 0 ? 'less' : 'more'} a month. No autoscaler can go below ${formatCount(ideal.instanceHours)} instance-hours.`,
    `Autoscaler: ${auto.minReplicas} to ${auto.maxReplicas} instances, target ${percent(auto.targetUtilisation)} busy, ready after ${auto.readyDelayS} s, shrinks after ${auto.scaleDownWindowS} s; ${auto.changes} changes, at most ${auto.most} up.`,
    ...(simulated === null
      ? []
      : [
          `With each of ${formatCount(simulated.executions)} executions simulated: ${formatCount(simulated.instanceHours)} instance-hours, ${percent(Math.abs(simulated.instanceHours / auto.instanceHours - 1))} apart.`,
        ]),
  ];
}

function fleet({ instanceHours, missShare, usdPerMonth }: DayFleet): string {
  return `${formatCount(instanceHours)} instance-hours, ${formatUsd(usd(usdPerMonth), 0)}/month, ${percent(missShare)} of executions miss`;
}

function hourTable({ hours, peakHour }: DayPlan): string {
  const first = Math.floor(peakHour / DAY_HOURS) * DAY_HOURS;
  const table = new Table({
    ...BARE,
    colWidths: [8, 14, 10, 13, 10],
    colAligns: ['right', 'right', 'right', 'right', 'right'],
  });
  table.push(['hour', 'rate', 'needed', 'autoscaled', 'miss']);
  for (const { autoscaled, hour, missShare, needed, ratePerSecond } of hours.slice(first, first + DAY_HOURS))
    table.push([
      `${hour % DAY_HOURS}:00`,
      formatRate(ratePerSecond),
      formatCount(needed),
      formatCount(autoscaled, 1),
      missShare === 0 ? '-' : percent(missShare),
    ]);
  return table.toString();
}

function percent(share: number): string {
  return `${formatCount(100 * share)} %`;
}
