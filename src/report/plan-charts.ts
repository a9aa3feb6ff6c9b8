// The charts of a plan as static SVG.
import type { DayHour } from '../planner/day-replay.ts';
import { formatUsd, usd } from '../planner/money.ts';
import type { Plan, TypePlan } from '../planner/plan-types.ts';
import { formatCount, formatDuration, HOURS_PER_MONTH } from '../units.ts';
import { element, escapeMarkup, linearAxis, logAxis } from './charts/svg.ts';
import { type LineStyle, xyChart } from './charts/xy-chart.ts';

const dollars = (value: number): string => formatUsd(usd(value), value < 10 ? 2 : 0);

/** Cost against p99 of every type; undefined with fewer than two. */
export function typesChart({ types }: Plan): string | undefined {
  const known = types.filter((type) => Number.isFinite(p99Of(type)));
  const [chosen] = known;
  if (known.length < 2 || chosen === undefined) return undefined;
  const costs = known.map(({ usdPerMonth }) => usdPerMonth);
  const times = known.map(p99Of);
  const byCost = known.toSorted((a, b) => a.usdPerMonth - b.usdPerMonth);
  const front = byCost.filter(({ doubts, isPareto }) => isPareto && doubts.length === 0);
  const others = byCost.filter((type) => type !== chosen && !front.includes(type));
  return xyChart({
    title: 'Cost against p99',
    summary: 'One mark a type; those on the line are of the tested kind and beaten by no other in both.',
    x: logAxis('USD per month', { min: Math.min(...costs), max: Math.max(...costs) }, dollars),
    y: linearAxis('p99', { max: Math.max(...times) }, (ms) => formatDuration(ms)),
    lines: [
      { name: 'others', style: 3, points: others.map(pointOf), dots: 'only' },
      { name: 'tested kind, not beaten', style: 1, points: front.map(pointOf), dots: true },
      { name: `chosen: ${chosen.type}`, style: 2, points: [pointOf(chosen)], dots: 'only' },
    ],
    hasLegend: true,
    height: 280,
  });
}

function p99Of({ predictions }: TypePlan): number {
  return predictions.find(({ metric, p }) => metric === 'response' && p === 0.99)?.valueMs ?? Infinity;
}

function pointOf(type: TypePlan): readonly [number, number] {
  return [type.usdPerMonth, p99Of(type)];
}

/** USD an hour of the three fleets over the curve. */
export function dayCostChart({ day, types }: Plan): string | undefined {
  const [chosen] = types;
  if (day === null || chosen === undefined) return undefined;
  const { hours } = day;
  const perHour = day.fixed.usdPerMonth / HOURS_PER_MONTH / chosen.instances;
  const line = (name: string, style: LineStyle, of: (hour: DayHour) => number) => ({
    name,
    style,
    points: hours.map((hour) => [hour.hour, of(hour) * perHour] as const),
  });
  const most = Math.max(chosen.instances, ...hours.flatMap(({ autoscaled, needed }) => [autoscaled, needed]));
  return xyChart({
    title: 'Cost over the day',
    summary: 'A fleet bought for the peak, one that the autoscaler keeps, and what each hour needs.',
    x: hourAxis(hours.length),
    y: linearAxis('USD per hour', { max: most * perHour }, (value) => formatUsd(usd(value), 2)),
    lines: [
      line('bought for the peak', 3, () => chosen.instances),
      line('autoscaled', 2, ({ autoscaled }) => autoscaled),
      line('needed', 1, ({ needed }) => needed),
    ],
  });
}

/** Executions per second over the curve. */
export function dayRateChart({ day }: Plan): string | undefined {
  if (day === null) return undefined;
  return xyChart({
    title: 'Demand over the day',
    summary: 'Executions per second by the hour.',
    x: hourAxis(day.hours.length),
    y: linearAxis(
      'executions/s',
      { max: Math.max(...day.hours.map(({ ratePerSecond }) => ratePerSecond)) },
      (value) => formatCount(value),
    ),
    lines: [
      { name: 'rate', style: 4, points: day.hours.map(({ hour, ratePerSecond }) => [hour, ratePerSecond]) },
    ],
    height: 284,
  });
}

function hourAxis(hours: number): ReturnType<typeof linearAxis> {
  const step = hours > 24 ? 24 : 4;
  const ticks = Array.from({ length: Math.floor(hours / step) + 1 }, (_, index) => index * step);
  return {
    title: hours > 24 ? 'hour of the week' : 'hour',
    kind: 'linear',
    min: 0,
    max: hours - 1,
    ticks: ticks.filter((at) => at < hours).map((at) => ({ at, label: String(at) })),
  };
}

/** Instances, and cost, year by year. */
export function growthCharts({ growth }: Plan): readonly string[] {
  const chart = (
    title: string,
    unit: string,
    label: (value: number) => string,
    of: (index: number) => number | null,
  ) => {
    const points = growth.map(({ year }, index) => [year, of(index)] as const);
    const most = Math.max(...points.map(([, value]) => value ?? 0));
    return xyChart({
      title,
      summary: 'One mark a year.',
      x: {
        title: 'years from now',
        kind: 'linear',
        min: 0,
        max: Math.max(1, growth.length - 1),
        ticks: growth.map(({ year }) => ({ at: year, label: String(year) })),
      },
      y: linearAxis(unit, { max: most }, label),
      lines: [{ name: unit, style: 1, points, dots: true }],
      height: 220,
    });
  };
  if (growth.length === 0) return [];
  return [
    chart(
      'Instances by year',
      'instances',
      (value) => formatCount(value),
      (index) => growth[index]?.instances ?? null,
    ),
    chart('Cost by year', 'USD per month', dollars, (index) => growth[index]?.usdPerMonth ?? null),
  ];
}

const TORNADO_WIDTHS = { wide: 560, narrow: 350 } as const;
const ROW = 30;

/**
 * Instances needed when one input is 25 % less or more, the widest swing first; undefined when none swings.
 * Where no number of instances would do, the bar runs to the edge and says so.
 */
export function tornadoChart({ sensitivity, types }: Plan): string | undefined {
  const needed = types[0]?.needed ?? 0;
  const rows = sensitivity
    .map(({ name, neededIfLess, neededIfMore }) => ({ name, less: neededIfLess, more: neededIfMore }))
    .filter(({ less, more }) => less !== needed || more !== needed)
    .sort((a, b) => swing(b) - swing(a));
  if (rows.length === 0) return undefined;
  const drawings = Object.entries(TORNADO_WIDTHS).map(([name, width]) => tornado(rows, needed, width, name));
  const key = ['25 % less', '25 % more'].map(
    (words, index) =>
      `<li><svg width="14" height="12" aria-hidden="true"><rect class="part p${index + 1}" x="1" y="1" width="12" height="10"/></svg>${words}</li>`,
  );
  return `<figure><figcaption>Instances needed when one input is 25 % less or more</figcaption><ul class="legend">${key.join('')}</ul>${drawings.join('')}</figure>`;
}

interface Swing {
  readonly name: string;
  readonly less: number | null;
  readonly more: number | null;
}

function swing({ less, more }: Swing): number {
  return less === null || more === null ? Infinity : Math.abs(more - less);
}

function tornado(rows: readonly Swing[], needed: number, width: number, className: string): string {
  const known = rows.flatMap(({ less, more }) => [less ?? needed, more ?? needed]);
  const [low, high] = [Math.min(needed, ...known), Math.max(needed, ...known)];
  const left = Math.max(...rows.map(({ name }) => name.length)) * 6.4 + 44;
  const right = 64;
  const x = (value: number): number => left + ((value - low) / (high - low || 1)) * (width - left - right);
  const height = rows.length * ROW + 26;
  const bars = rows.map(({ less, more, name }, index) => {
    const y = index * ROW + 8;
    const bar = (value: number | null, part: string): string => {
      const end = value === null ? width - right : x(value);
      return element('rect', {
        class: `part ${part}`,
        x: Math.min(x(needed), end),
        y,
        width: Math.max(value === needed ? 0 : 1, Math.abs(end - x(needed))),
        height: 16,
      });
    };
    const label = element('text', { x: 0, y: y + 12 }, escapeMarkup(name));
    const ends = [
      x(needed),
      less === null ? width - right : x(less),
      more === null ? width - right : x(more),
    ];
    const words = (value: number | null): string => (value === null ? 'none' : formatCount(value));
    const lowWord = (less ?? Infinity) <= (more ?? Infinity) ? less : more;
    const highWord = lowWord === less ? more : less;
    return [
      label,
      bar(less, 'p1'),
      bar(more, 'p2'),
      element('text', { x: Math.min(...ends) - 5, y: y + 12, 'text-anchor': 'end' }, words(lowWord)),
      element('text', { x: Math.max(...ends) + 5, y: y + 12 }, words(highWord)),
    ].join('');
  });
  const base = element('line', { class: 'base', x1: x(needed), x2: x(needed), y1: 2, y2: height - 20 });
  const note = element(
    'text',
    { x: x(needed), y: height - 6, 'text-anchor': x(needed) > width - 90 ? 'end' : 'middle' },
    `needed: ${formatCount(needed)}`,
  );
  return element(
    'svg',
    {
      class: className,
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': 'Instances needed when one input is 25 % less or more, the widest swing first.',
    },
    bars.join('') + base + note,
  );
}
