// What a page or a document says about one run: every number derived, rounded and put into words, in the order of reading.
import { formatCount, formatDuration, formatRate } from '../units.ts';
import { closedLoopText } from './closed-loop-text.ts';
import type {
  DescribeCheck,
  Fact,
  Figure,
  NamedTable,
  Statement,
  TableModel,
  Verdict,
} from './document-model.ts';
import { formatMs } from './latency-rows.ts';
import { machineFacts } from './machine-facts.ts';
import type { PercentileField, RunReport, ValidityCheck } from './run-report.ts';
import { errorTable, findLatency, latencyCell, latencyTable, scopeTables } from './run-tables.ts';
import { type Spectrum, spectrumOf } from './spectrum.ts';
import { type TailModel, tailModel } from './tail-model.ts';
import { type TimePoint, timePoints } from './time-points.ts';
import { warmupText } from './warmup-text.ts';

export interface RunModel {
  readonly title: string;
  readonly purpose: string;
  /** Scenario, load, length, seed: what was run, in one line. */
  readonly subtitle: string;
  readonly verdict: Verdict;
  readonly figures: readonly Figure[];
  readonly thresholds: readonly Statement[];
  readonly checks: readonly Statement[];
  readonly latency: TableModel;
  /** Response times by script, tenant and phase; only scopes that divide the run. */
  readonly scopes: readonly NamedTable[];
  readonly spectra: readonly Spectrum[];
  readonly time: readonly TimePoint[];
  /** Unmeasured start of the run, s. */
  readonly warmupS: number;
  readonly warmup: string;
  readonly rates: readonly Fact[];
  readonly errors: TableModel;
  readonly tail: TailModel | undefined;
  readonly stalls: readonly { readonly kind: string; readonly fromS: number; readonly toS: number }[];
  readonly environment: readonly Fact[];
}

/** @param describeCheck - one sentence for a check, with its value and limit */
export function runModel(report: RunReport, describeCheck: DescribeCheck): RunModel {
  const { scenario, timing } = report;
  return {
    title: scenario.name,
    purpose: scenario.purpose,
    subtitle: subtitleOf(report),
    verdict: verdictOf(report, describeCheck),
    figures: figuresOf(report),
    thresholds: thresholdsOf(report),
    checks: report.validity.checks.map((check) => checkStatement(check, describeCheck)),
    latency: latencyTable(report),
    scopes: scopeTables(report),
    spectra: SPECTRUM_METRICS.flatMap((metric) => {
      const summary = findLatency(report, metric, 'all');
      return (summary === undefined ? undefined : spectrumOf(summary)) ?? [];
    }),
    time: timePoints(report),
    warmupS: timing.warmup_s,
    warmup: warmupText(report),
    rates: ratesOf(report),
    errors: errorTable(report),
    tail: tailModel(report),
    stalls: (report.tail?.stalls ?? []).map(({ duration_us, from_s, kind }) => ({
      kind,
      fromS: from_s,
      toS: from_s + duration_us / 1e6,
    })),
    environment: environmentOf(report),
  };
}

const SPECTRUM_METRICS = ['response', 'service', 'late'] as const;

/** The load in words: `poisson 200/s`, or `closed, 8 in flight`. */
export function loadText({ scenario }: RunReport): string {
  const without = scenario.left_out === undefined ? '' : ` without ${scenario.left_out.join(', ')}`;
  return scenario.model === 'open'
    ? `${scenario.arrivals} ${formatRate(scenario.rate_per_s ?? 0)}${without}`
    : `closed, ${scenario.concurrency_n} in flight`;
}

function subtitleOf(report: RunReport): string {
  const { scenario, target, timing } = report;
  const hosts =
    target.pool_size_n === null ? '' : `, ${target.pool_size_n} host processes (${target.isolation})`;
  const knob = (name: string, ratio = 1): string[] => (ratio === 1 ? [] : [`${name} ${formatCount(ratio)}x`]);
  return [
    `${target.driver}${hosts}`,
    loadText(report),
    `${formatCount(timing.measured_s, 1)} s measured`,
    ...knob('compressed', scenario.compress_ratio),
    ...knob('shortened', scenario.shorten_ratio),
    `seed ${scenario.seed}`,
    `${timing.started_at.slice(0, 16).replace('T', ' ')} UTC`,
  ].join(' · ');
}

/** The word for a run: what it is worth, before what it says. */
export function verdictOf(report: RunReport, describeCheck: DescribeCheck): Verdict {
  const { thresholds, validity } = report;
  const causes = validity.checks.filter(({ state }) => state === 'failed').map(describeCheck);
  if (!report.complete)
    return {
      tone: 'warn',
      word: 'INTERRUPTED',
      sentence: 'What follows was measured, but it is part of the run only.',
    };
  if (!validity.valid) {
    const word = validity.generator_limited ? 'GENERATOR-LIMITED' : 'INVALID';
    return { tone: 'bad', word, sentence: `The numbers are not to be relied on: ${causes.join('; ')}.` };
  }
  const failed = thresholds.filter(({ state }) => state === 'fail');
  if (failed.length > 0) {
    const sentence = `${failed.length} of ${thresholds.length} thresholds missed: ${failed.map(({ text }) => text).join(', ')}.`;
    return { tone: 'bad', word: 'VALID, FAILED', sentence };
  }
  if (thresholds.some(({ state }) => state === 'unsupported'))
    return {
      tone: 'warn',
      word: 'NOT JUDGED',
      sentence: 'A threshold asks for a percentile that too few samples support.',
    };
  const sentence =
    thresholds.length === 0 ? 'No threshold was set.' : `All ${thresholds.length} thresholds met.`;
  return { tone: 'good', word: thresholds.length === 0 ? 'VALID' : 'VALID, PASSED', sentence };
}

function figuresOf(report: RunReport): Figure[] {
  const { counts, rates } = report;
  const response = findLatency(report, 'response', 'all');
  const shown = (field: PercentileField | 'max_us'): string =>
    response === undefined ? '–' : withMs(latencyCell(report, response, field));
  const failedN = Object.values(counts.failed).reduce((sum, n) => sum + n, 0) + counts.abandoned_n;
  const share = counts.asked_n === 0 ? 0 : (failedN + counts.dropped_n) / counts.asked_n;
  return [
    { label: 'Response p50', value: shown('p50_us'), note: 'half were faster' },
    { label: 'Response p99', value: shown('p99_us'), note: `of ${formatCount(counts.asked_n)} executions` },
    { label: 'Slowest', value: shown('max_us'), note: 'that ended' },
    {
      label: 'Done',
      value: rates.done_per_s === null ? '–' : formatRate(rates.done_per_s),
      note: rates.asked_per_s === null ? 'closed loop' : `asked ${formatRate(rates.asked_per_s)}`,
    },
    {
      label: 'Failed or dropped',
      value: `${formatCount(share * 100)} %`,
      note: `${formatCount(failedN)} failed, ${formatCount(counts.dropped_n)} dropped`,
    },
  ];
}

function withMs(cell: string): string {
  return /^\??[\d.,]+$/u.test(cell) ? `${cell} ms` : cell;
}

function thresholdsOf({ exit_code, thresholds, validity }: RunReport): Statement[] {
  const isJudged = validity.valid || exit_code === 0 || exit_code === 99;
  return thresholds.map(({ state, text, unit, value }) => {
    const shown = value === null ? 'among the failed' : `${formatCount(value)} ${unit}`;
    if (!isJudged)
      return { tone: 'plain', sign: '?', text: `${text}: ${shown} (not judged: the run is invalid)` };
    if (state === 'pass') return { tone: 'good', sign: '✓', text: `${text}: ${shown}` };
    if (state === 'fail') return { tone: 'bad', sign: '✗', text: `${text}: ${shown}` };
    return { tone: 'warn', sign: '?', text: `${text}: too few samples to tell` };
  });
}

function checkStatement(check: ValidityCheck, describeCheck: DescribeCheck): Statement {
  const text = describeCheck(check);
  switch (check.state) {
    case 'ok':
      return { tone: 'good', sign: '✓', text };
    case 'failed':
      return { tone: 'bad', sign: '✗', text };
    case 'warned':
      return { tone: 'warn', sign: '!', text: `${text} (only warns)` };
    case 'unknown':
      return { tone: 'plain', sign: '?', text };
  }
}

function ratesOf(report: RunReport): Fact[] {
  const { counts, cost, rates } = report;
  const rows: Fact[] = [];
  if (rates.asked_per_s !== null) rows.push(['asked', formatRate(rates.asked_per_s)]);
  rows.push(['sent', formatRate(rates.sent_per_s)]);
  rows.push(['done', rates.done_per_s === null ? '–' : formatRate(rates.done_per_s)]);
  rows.push([
    'in flight',
    `mean ${formatCount(rates.in_flight_mean_n, 1)}, at most ${formatCount(rates.in_flight_max_n)}`,
  ]);
  rows.push(['dropped', `${formatCount(counts.dropped_n)} of ${formatCount(counts.asked_n)} (no free slot)`]);
  const closedLoop = closedLoopText(report);
  if (closedLoop !== undefined) rows.push(closedLoop);
  if (cost.host_cpu_mean_us !== null)
    rows.push(['CPU of the hosts, each', `${formatMs(cost.host_cpu_mean_us)} ms`]);
  if (cost.script_cpu_mean_us !== null)
    rows.push(['of it the script', `${formatMs(cost.script_cpu_mean_us)} ms`]);
  return rows;
}

function environmentOf({ env, scenario, target, timing }: RunReport): Fact[] {
  return [
    ...machineFacts(env),
    ['scenario', `${scenario.name}, SHA-256 ${scenario.hash}`],
    [
      'limits',
      `time-out ${formatDuration(target.timeout_ms)}, at most ${formatCount(target.max_in_flight_n)} in flight`,
    ],
    ['started', timing.started_at],
    ['ended', `${timing.ended_at}, drained in ${formatCount(timing.drain_s)} s`],
  ];
}
