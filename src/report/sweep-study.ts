// A scaling sweep as a document: throughput and latency over the levels, with the law that was fitted to them.
import { uslThroughput } from '../planner/usl.ts';
import { formatCount, formatRate } from '../units.ts';
import { linearAxis, logAxis } from './charts/svg.ts';
import { type ChartLine, xyChart } from './charts/xy-chart.ts';
import type { Figure, StudyModel, TableModel, Verdict } from './document-model.ts';
import { formatMs, microseconds } from './latency-rows.ts';
import { machineFacts } from './machine-facts.ts';
import { type ScalingLaw, scalingLaw } from './scaling-law.ts';
import type { SweepPoint, SweepReport } from './sweep-report.ts';

export function sweepStudy(report: SweepReport): StudyModel {
  const { axis, scenario, sweep, target } = report;
  const law = scalingLaw(report);
  return {
    title: `${scenario.name} over ${axis}`,
    purpose: scenario.purpose,
    subtitle: `${target.driver} · closed loop · ${sweep.length} levels · seed ${scenario.seed} · ${report.ended_at.slice(0, 16).replace('T', ' ')} UTC`,
    verdict: verdictOf(report),
    statements: [{ tone: 'plain', sign: law.fit === undefined ? '?' : '✓', text: law.text }],
    figures: figuresOf(report),
    charts: [throughputChart(report, law), latencyChart(report)].filter((chart) => chart !== undefined),
    tables: [{ title: 'Levels', table: levelTable(report) }],
    notes: [
      'In flight: asked for, and in brackets throughput x mean response time, by Little’s law the same. A closed loop measures throughput; its latencies are those of callers who wait for each other.',
    ],
    environment: machineFacts(report.env),
  };
}

function verdictOf({ axis, complete, sweep }: SweepReport): Verdict {
  const spoilt = sweep.filter(({ valid }) => !valid);
  if (!complete) return { tone: 'warn', word: 'INTERRUPTED', sentence: 'Not every level was measured.' };
  if (spoilt.length > 0) {
    const levels = spoilt.map(({ level_n }) => formatCount(level_n)).join(', ');
    return {
      tone: 'bad',
      word: 'INVALID',
      sentence: `The machine spoilt ${axis} ${levels}; the law is fitted without.`,
    };
  }
  const noisy = sweep.filter(({ reason }) => reason !== '');
  if (noisy.length > 0) {
    const levels = noisy.map(({ level_n }) => formatCount(level_n)).join(', ');
    return {
      tone: 'warn',
      word: 'NOISE ALLOWED',
      sentence: `Disturbed, and taken all the same: ${axis} ${levels}.`,
    };
  }
  return { tone: 'good', word: 'VALID', sentence: 'Every level was measured undisturbed.' };
}

function figuresOf({ axis, sweep }: SweepReport): Figure[] {
  const best = bestOf(sweep);
  const [first] = sweep;
  const gain =
    best?.done_per_s == null || first?.done_per_s == null || first.done_per_s === 0
      ? '–'
      : `${formatCount(best.done_per_s / first.done_per_s, 1)}x`;
  return [
    {
      label: 'Most done',
      value: best?.done_per_s == null ? '–' : formatRate(best.done_per_s),
      note: best === undefined ? '' : `at ${axis} ${formatCount(best.level_n)}`,
    },
    {
      label: 'Gain',
      value: gain,
      note: first === undefined ? '' : `over ${axis} ${formatCount(first.level_n)}`,
    },
    {
      label: 'p99 there',
      value: best?.p99_us == null ? '–' : `${formatMs(best.p99_us)} ms`,
      note: 'closed loop',
    },
  ];
}

function bestOf(sweep: readonly SweepPoint[]): SweepPoint | undefined {
  return sweep.toSorted((a, b) => (b.done_per_s ?? 0) - (a.done_per_s ?? 0))[0];
}

function levelTable({ axis, sweep }: SweepReport): TableModel {
  const ms = (us: number | null): string => (us === null ? '–' : formatMs(us));
  return {
    columns: [
      { title: axis, isNumber: true },
      { title: 'done', isNumber: true },
      { title: 'p50 ms', isNumber: true },
      { title: 'p99 ms', isNumber: true },
      { title: 'in flight', isNumber: true },
      { title: 'note', isOptional: true },
    ],
    rows: sweep.map((point) => [
      formatCount(point.level_n),
      point.done_per_s === null ? '–' : formatRate(point.done_per_s),
      ms(point.p50_us),
      ms(point.p99_us),
      `${formatCount(point.concurrency_n)} (${point.little_n === null ? '–' : formatCount(point.little_n, 1)})`,
      point.reason,
    ]),
  };
}

/** Steps of the fitted curve. */
const CURVE_POINTS = 60;

function throughputChart({ axis, sweep }: SweepReport, { fit }: ScalingLaw): string | undefined {
  const points = sweep.flatMap(({ done_per_s, level_n }) =>
    done_per_s === null ? [] : [[level_n, done_per_s] as const],
  );
  const most = Math.max(...points.map(([level]) => level));
  if (points.length < 2) return undefined;
  const curve: ChartLine[] =
    fit === undefined
      ? []
      : [
          {
            name: 'fitted law',
            style: 2,
            points: Array.from({ length: CURVE_POINTS }, (_, index) => {
              const level = (most * (index + 1)) / CURVE_POINTS;
              return [level, uslThroughput(fit, level)];
            }),
          },
        ];
  return xyChart({
    title: `Throughput against ${axis}`,
    summary: 'Executions done per second at each level.',
    x: levelAxis(axis, sweep),
    y: linearAxis(
      'done per second',
      { max: Math.max(...[...points, ...curve.flatMap((line) => line.points)].map(([, done]) => done ?? 0)) },
      (value) => formatCount(value),
    ),
    lines: [{ name: 'measured', style: 1, points, dots: curve.length > 0 ? 'only' : true }, ...curve],
  });
}

function latencyChart({ axis, sweep }: SweepReport): string | undefined {
  const line = (name: string, style: 1 | 2, field: 'p50_us' | 'p99_us'): ChartLine => ({
    name,
    style,
    points: sweep.map((point) => [point.level_n, point[field]]),
    dots: true,
  });
  const lines = [line('p50', 1, 'p50_us'), line('p99', 2, 'p99_us')].filter(({ points }) =>
    points.some(([, us]) => us !== null),
  );
  const values = lines.flatMap(({ points }) => points.flatMap(([, us]) => us ?? []));
  if (values.length < 2) return undefined;
  return xyChart({
    title: `Latency against ${axis}`,
    summary: 'Response time of the closed loop at each level.',
    x: levelAxis(axis, sweep),
    y: logAxis('response', { min: Math.min(...values), max: Math.max(...values) }, microseconds),
    lines,
    hasLegend: true,
  });
}

function levelAxis(axis: SweepReport['axis'], sweep: readonly SweepPoint[]): ReturnType<typeof linearAxis> {
  return {
    ...linearAxis(axis, { max: Math.max(...sweep.map(({ level_n }) => level_n)) }, (value) =>
      formatCount(value),
    ),
    ticks: sweep.map(({ level_n }) => ({ at: level_n, label: formatCount(level_n) })),
  };
}
