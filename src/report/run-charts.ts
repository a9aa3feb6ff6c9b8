// The charts of a run and of several, from their models.
import { formatCount } from '../units.ts';
import { linearAxis, logAxis } from './charts/svg.ts';
import { type ChartBand, type ChartLine, type LineStyle, xyChart } from './charts/xy-chart.ts';
import { microseconds } from './latency-rows.ts';
import type { RunModel } from './run-model.ts';
import type { RunsModel } from './runs-model.ts';
import type { Spectrum } from './spectrum.ts';
import type { TimePoint } from './time-points.ts';

const seconds = (s: number): string => formatCount(s, 1);

const METRIC_STYLE: Readonly<Record<string, LineStyle>> = { response: 1, service: 2, late: 3 };

/** Latency over 1 / (1 - q); undefined when nothing was measured. */
export function spectrumChart(spectra: readonly Spectrum[]): string | undefined {
  const [first] = spectra;
  if (first === undefined) return undefined;
  const greatest = Math.max(...spectra.map(({ n }) => n));
  const values = spectra.flatMap(({ points }) => points.map(([, us]) => Math.max(1, us)));
  const x = {
    ...logAxis('percentile, 1/(1−q)', { min: 1, max: greatest }, percentileName),
    min: 1,
    max: Math.max(2, greatest),
    ticks: [2, 4, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8]
      .filter((at) => at <= greatest)
      .map((at) => ({ at, label: percentileName(at) })),
  };
  const bands: ChartBand[] = [
    ...(first.censoredFrom < first.n
      ? [{ from: first.censoredFrom, to: greatest, kind: 'shaded' as const, label: 'failed or dropped' }]
      : []),
    { from: first.supportedTo, to: greatest, kind: 'hatched', label: 'too few samples' },
  ];
  return xyChart({
    title: 'Percentile spectrum',
    summary: 'Response, service and lag of the generator over the percentile, to the slowest execution.',
    x,
    y: logAxis('latency', { min: Math.min(...values), max: Math.max(...values) }, microseconds),
    bands,
    lines: spectra.map(({ metric, points }) => ({
      name: metric === 'late' ? 'late (lag of the generator)' : metric,
      style: METRIC_STYLE[metric] ?? 4,
      points: points.map(([at, us]) => [at, Math.max(1, us)]),
    })),
    height: 300,
  });
}

/** `p99.9` for 1,000; exact, since 1 / (1 - q) is. */
function percentileName(x: number): string {
  return `p${formatCount((1 - 1 / x) * 100, 6)}`;
}

/** p50, p99 and max by the second, with the warm-up shaded and stalls marked. */
export function latencyOverTime(model: RunModel): string | undefined {
  const { stalls, time } = model;
  const line = (name: string, style: LineStyle, pick: (point: TimePoint) => number | null): ChartLine => ({
    name,
    style,
    points: time.map((point) => [(point.fromS + point.toS) / 2, pick(point)]),
  });
  // Few steps hold the 1,000 executions that a p99 needs; p90 then says what can be said.
  const hasP99 = time.some(({ p99Us }) => p99Us !== null);
  const lines: ChartLine[] = [
    line('slowest', 3, ({ maxUs }) => maxUs),
    hasP99 ? line('p99', 2, ({ p99Us }) => p99Us) : line('p90', 2, ({ p90Us }) => p90Us),
    line('p50', 1, ({ p50Us }) => p50Us),
  ];
  const shown = lines.filter(({ points }) => points.some(([, y]) => y !== null));
  const values = shown.flatMap(({ points }) =>
    points.flatMap(([, y]) => (y === null ? [] : [Math.max(1, y)])),
  );
  if (values.length === 0) return undefined;
  const marks = stalls.filter(({ kind }) => kind === 'loop-block');
  return xyChart({
    title: 'Latency over time',
    summary: 'By the second in which executions ended.',
    x: timeAxis(model),
    y: logAxis('response', { min: Math.min(...values), max: Math.max(...values) }, microseconds),
    bands: [
      ...warmupBand(model),
      ...marks.map(({ fromS, toS }): ChartBand => ({ from: fromS, to: toS, kind: 'mark' })),
    ],
    lines: shown,
  });
}

/** Executions asked for and done, per second. */
export function rateOverTime(model: RunModel): string | undefined {
  const { time } = model;
  if (time.length === 0) return undefined;
  const most = Math.max(
    ...time.flatMap(({ askedPerSecond, donePerSecond }) => [askedPerSecond, donePerSecond]),
  );
  return xyChart({
    title: 'Asked and done',
    summary: 'Executions asked for and completed, per second.',
    x: timeAxis(model),
    y: linearAxis('executions/s', { max: most }, (value) => formatCount(value)),
    bands: warmupBand(model),
    lines: [
      {
        name: 'asked',
        style: 2,
        points: time.map(({ askedPerSecond, fromS, toS }) => [(fromS + toS) / 2, askedPerSecond]),
      },
      {
        name: 'done',
        style: 1,
        points: time.map(({ donePerSecond, fromS, toS }) => [(fromS + toS) / 2, donePerSecond]),
      },
    ],
    height: 200,
  });
}

export function inFlightOverTime(model: RunModel): string | undefined {
  const { time } = model;
  if (time.length === 0) return undefined;
  return xyChart({
    title: 'In flight',
    summary: 'Executions started and not ended, at the end of each step.',
    x: timeAxis(model),
    y: linearAxis('executions', { max: Math.max(...time.map(({ inFlight }) => inFlight)) }, (value) =>
      formatCount(value),
    ),
    bands: warmupBand(model),
    lines: [{ name: 'in flight', style: 4, points: time.map(({ inFlight, toS }) => [toS, inFlight]) }],
    height: 224,
  });
}

function timeAxis({ time }: RunModel): ReturnType<typeof linearAxis> {
  return linearAxis('seconds since the start', { max: time.at(-1)?.toS ?? 1, tight: true }, seconds);
}

function warmupBand({ warmupS }: RunModel): ChartBand[] {
  return warmupS > 0 ? [{ from: 0, to: warmupS, kind: 'shaded', label: 'warm-up' }] : [];
}

/** One chart a metric: a dot for each run, so that spread is seen and not only a mean. */
export function dotCharts({ metrics }: RunsModel): string[] {
  return metrics.map(({ dots, title, unit }) => {
    const label = unit === 'us' ? microseconds : (value: number): string => formatCount(value);
    const last = Math.max(...dots.map(({ run }) => run));
    return xyChart({
      title,
      summary: 'One dot a run.',
      x: {
        title: 'run',
        kind: 'linear',
        min: 0.5,
        max: last + 0.5,
        ticks: Array.from({ length: last }, (_, index) => ({ at: index + 1, label: String(index + 1) })),
      },
      y: linearAxis(
        unit === 'us' ? 'latency' : 'done per second',
        { max: Math.max(...dots.map(({ value }) => value)) },
        label,
      ),
      lines: dots.map(({ run, value }) => ({
        name: `run ${run}`,
        style: 1,
        points: [[run, value]],
        dots: true,
      })),
      hasLegend: false,
      height: 190,
    });
  });
}

/** Throughput and p99 over concurrency; empty unless the runs differ in it. */
export function scalingCharts({ scaling }: RunsModel): string[] {
  if (scaling.length < 2) return [];
  const x = linearAxis(
    'in flight',
    { max: Math.max(...scaling.map(({ concurrency }) => concurrency)) },
    (value) => formatCount(value),
  );
  const tail = scaling.flatMap(({ concurrency, p99Us }) =>
    p99Us === null ? [] : [[concurrency, p99Us] as const],
  );
  const throughput = xyChart({
    title: 'Throughput against concurrency',
    summary: 'One dot a run.',
    x,
    y: linearAxis(
      'done per second',
      { max: Math.max(...scaling.map(({ donePerSecond }) => donePerSecond)) },
      (value) => formatCount(value),
    ),
    lines: [
      {
        name: 'done',
        style: 1,
        points: scaling.map(({ concurrency, donePerSecond }) => [concurrency, donePerSecond]),
        dots: true,
      },
    ],
  });
  if (tail.length < 2) return [throughput];
  const latency = xyChart({
    title: 'p99 against concurrency',
    summary: 'One dot a run.',
    x,
    y: linearAxis('response p99', { max: Math.max(...tail.map(([, us]) => us)) }, microseconds),
    lines: [{ name: 'p99', style: 2, points: tail, dots: true }],
  });
  return [throughput, latency];
}
