// A capacity search as a document: the interval, the trials that led to it, latency and throughput over the rates tried.
import { formatCount, formatRate } from '../units.ts';
import { linearAxis, logAxis } from './charts/svg.ts';
import { type ChartLine, type LineStyle, xyChart } from './charts/xy-chart.ts';
import type { Figure, StudyModel, TableModel, Verdict } from './document-model.ts';
import { formatMs, microseconds } from './latency-rows.ts';
import { machineFacts } from './machine-facts.ts';
import type { SearchReport, SearchTrial } from './search-report.ts';
import { searchAnswer } from './search-summary.ts';

export function searchStudy(report: SearchReport): StudyModel {
  const { scenario, search, target } = report;
  const hosts = target.pool_size_n === null ? '' : ` (${target.pool_size_n} host processes)`;
  return {
    title: `Capacity of ${scenario.name}`,
    purpose: scenario.purpose,
    subtitle: `${target.driver}${hosts} · ${search.slo.join(', ')} · seed ${scenario.seed} · ${report.ended_at.slice(0, 16).replace('T', ' ')} UTC`,
    verdict: verdictOf(report),
    statements: [],
    figures: figuresOf(report),
    charts: [trialChart(search.trials), latencyChart(search.trials), throughputChart(search.trials)].filter(
      (chart) => chart !== undefined,
    ),
    tables: [{ title: 'Trials', table: trialTable(search.trials) }],
    notes: [
      'Bracket: the rate doubles until a trial fails. Bisect: the middle, until the bracket is 10 % wide. Confirm: three passes in a row with fresh seeds; any failure steps down 3 %.',
      'At rest again: how long after a trial until single executions were about as fast as before any load.',
      'A void trial was spoilt by the machine and says nothing.',
    ],
    environment: machineFacts(report.env),
  };
}

function verdictOf(report: SearchReport): Verdict {
  const sentence = searchAnswer(report);
  switch (report.search.state) {
    case 'found':
      return { tone: 'good', word: 'FOUND', sentence };
    case 'below':
      return { tone: 'bad', word: 'NO CAPACITY', sentence };
    case 'generator':
      return { tone: 'warn', word: 'GENERATOR-LIMITED', sentence };
    case 'void':
      return { tone: 'bad', word: 'INVALID', sentence };
    case 'interrupted':
      return { tone: 'warn', word: 'INTERRUPTED', sentence };
  }
}

function figuresOf({ search }: SearchReport): Figure[] {
  const { confirmed_per_s, failing_per_s, hint_per_s, trials, width_ratio } = search;
  const rate = (perSecond: number | null): string => (perSecond === null ? '–' : formatRate(perSecond));
  return [
    { label: 'Confirmed', value: rate(confirmed_per_s), note: 'held in three trials' },
    { label: 'Fails', value: rate(failing_per_s), note: 'lowest rate that failed' },
    {
      label: 'Width',
      value: width_ratio === null ? '–' : `${formatCount(width_ratio * 100, 1)} %`,
      note: 'of the failing rate',
    },
    { label: 'Closed loop', value: formatRate(hint_per_s), note: 'throughput, the first hint' },
    { label: 'Trials', value: formatCount(trials.length), note: 'in all' },
  ];
}

function recovered(seconds: number | null | undefined): string {
  if (seconds === null) return 'not in 15 s';
  return seconds === undefined ? '–' : `${formatCount(seconds, 1)} s`;
}

function trialTable(trials: readonly SearchTrial[]): TableModel {
  const ms = (us: number | null | undefined): string => (us == null ? '–' : formatMs(us));
  return {
    columns: [
      { title: '#', isNumber: true },
      { title: 'stage' },
      { title: 'rate', isNumber: true },
      { title: 'time', isNumber: true, isOptional: true },
      { title: 'done', isNumber: true, isOptional: true },
      { title: 'p50 ms', isNumber: true, isOptional: true },
      { title: 'p99 ms', isNumber: true },
      { title: 'outcome' },
      { title: 'at rest again', isNumber: true, isOptional: true },
      { title: 'why' },
    ],
    rows: trials.map((trial, index) => [
      String(index + 1),
      trial.stage,
      formatRate(trial.rate_per_s),
      `${formatCount(trial.duration_s, 1)} s`,
      trial.done_per_s == null ? '–' : formatRate(trial.done_per_s),
      ms(trial.p50_us),
      ms(trial.p99_us),
      SIGNS[trial.state],
      recovered(trial.recovery_s),
      trial.reason,
    ]),
  };
}

const SIGNS = { pass: '✓ pass', fail: '✗ fail', void: '? void', generator: '! generator' } as const;

const OUTCOMES: readonly { readonly name: string; readonly states: readonly SearchTrial['state'][] }[] = [
  { name: 'passed', states: ['pass'] },
  { name: 'failed', states: ['fail'] },
  { name: 'void', states: ['void', 'generator'] },
];
const STYLES: readonly LineStyle[] = [1, 2, 3];

/** One line of marks for each outcome that occurred. */
function byOutcome(
  trials: readonly SearchTrial[],
  point: (trial: SearchTrial, number: number) => readonly [number, number | null | undefined],
): ChartLine[] {
  return OUTCOMES.flatMap(({ name, states }, index): ChartLine[] => {
    const points = trials.flatMap((trial, at) => {
      const [x, y] = point(trial, at + 1);
      return states.includes(trial.state) && y != null ? [[x, y] as const] : [];
    });
    return points.length === 0 ? [] : [{ name, style: STYLES[index] ?? 4, points, dots: 'only' }];
  });
}

function trialChart(trials: readonly SearchTrial[]): string | undefined {
  if (trials.length === 0) return undefined;
  return xyChart({
    title: 'Trials',
    summary: 'The rate of each trial in turn, by what became of it.',
    x: {
      ...linearAxis('trial', { min: 0.5, max: trials.length + 0.5, tight: true }, (n) => formatCount(n)),
      ticks: trials.map((_, index) => ({ at: index + 1, label: String(index + 1) })),
    },
    y: linearAxis('rate', { max: Math.max(...trials.map(({ rate_per_s }) => rate_per_s)) }, formatRate),
    lines: byOutcome(trials, ({ rate_per_s }, number) => [number, rate_per_s]),
    hasLegend: true,
  });
}

function latencyChart(trials: readonly SearchTrial[]): string | undefined {
  const values = trials.flatMap(({ p99_us }) => p99_us ?? []);
  if (values.length < 2) return undefined;
  return xyChart({
    title: 'p99 against rate',
    summary: 'Response p99 of each trial over its rate. A trial whose p99 lies among the failed has no mark.',
    x: rateAxis(trials),
    y: logAxis('response p99', { min: Math.min(...values), max: Math.max(...values) }, microseconds),
    lines: byOutcome(trials, ({ p99_us, rate_per_s }) => [rate_per_s, p99_us]),
    hasLegend: true,
  });
}

function throughputChart(trials: readonly SearchTrial[]): string | undefined {
  const measured = trials.filter(
    ({ done_per_s, in_flight_mean_n }) => done_per_s != null && in_flight_mean_n != null,
  );
  if (measured.length < 2) return undefined;
  return xyChart({
    title: 'Throughput against concurrency',
    summary: 'Executions done per second over the mean number in flight that came about, one mark a trial.',
    x: logAxis(
      'in flight, mean',
      range(measured.map(({ in_flight_mean_n }) => Math.max(0.01, in_flight_mean_n ?? 0))),
      (value) => formatCount(value),
    ),
    y: linearAxis(
      'done per second',
      { max: Math.max(...measured.map(({ done_per_s }) => done_per_s ?? 0)) },
      formatRate,
    ),
    lines: byOutcome(measured, ({ done_per_s, in_flight_mean_n }) => [
      Math.max(0.01, in_flight_mean_n ?? 0),
      done_per_s,
    ]),
    hasLegend: true,
  });
}

function rateAxis(trials: readonly SearchTrial[]): ReturnType<typeof linearAxis> {
  return linearAxis('rate', { max: Math.max(...trials.map(({ rate_per_s }) => rate_per_s)) }, formatRate);
}

function range(values: readonly number[]): { readonly min: number; readonly max: number } {
  return { min: Math.min(...values), max: Math.max(...values) };
}
