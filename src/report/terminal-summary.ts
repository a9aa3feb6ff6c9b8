// A run report as text for a terminal: verdict first, then the percentiles, the histogram, rates, failures, the machine.
import Table from 'cli-table3';
import { formatCount, formatRate, formatSize } from '../units.ts';
import { BARE } from './bare-table.ts';
import { closedLoopText } from './closed-loop-text.ts';
import { type HistogramRow, histogramLines } from './histogram-bars.ts';
import { formatMs, tableRows } from './latency-rows.ts';
import type { LatencySummary, PercentileField, RunReport, ValidityCheck } from './run-report.ts';
import { tailNote } from './tail-model.ts';
import { warmupText } from './warmup-text.ts';
import { fitLine } from './wrap.ts';

/** How to paint; the words carry the meaning alone, so `plain` loses nothing. */
export interface SummaryStyle {
  /** Columns of the terminal. */
  readonly columns: number;
  readonly paint: (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string) => string;
}

/** What the report cannot tell by itself. */
export interface SummaryExtras {
  /** Bars of response times, see `histogram-bars.ts`. */
  readonly histogram: readonly HistogramRow[];
  /** One sentence for each check that failed or warned. */
  readonly describeCheck: (check: ValidityCheck) => string;
  /** Path of the written report, when there is one. */
  readonly path?: string;
}

/** The whole summary, lines ending in a newline. */
export function formatRunSummary(report: RunReport, extras: SummaryExtras, style: SummaryStyle): string {
  const fitted = (texts: readonly string[]): string[] => texts.map((text) => fitLine(text, style.columns));
  const head = [
    headline(report, style),
    ...verdictLines(report, extras, style),
    ...thresholdLines(report, style),
  ];
  const foot = [
    ...rateLines(report),
    ...warmupLines(report),
    ...failureLines(report),
    ...costLines(report),
    ...tailLines(report),
    environmentLine(report),
    lastLine(report, extras, style),
  ];
  const lines = [
    ...fitted(head),
    latencyTable(report, style),
    ...fitted([...censoredLines(report), ...closedLoopLines(report)]),
    ...histogramLines(extras.histogram, style.columns),
    ...fitted(foot),
  ];
  return `${lines.join('\n')}\n`;
}

function headline(report: RunReport, { paint }: SummaryStyle): string {
  const { scenario, target, timing, validity } = report;
  const pool =
    target.pool_size_n === null ? '' : ` (${target.pool_size_n} host processes, ${target.isolation})`;
  const load =
    scenario.model === 'open'
      ? `${scenario.arrivals} ${formatRate(scenario.rate_per_s ?? 0)}`
      : `closed, ${scenario.concurrency_n} in flight`;
  const word = validity.valid
    ? paint('green', 'VALID')
    : paint('red', validity.generator_limited ? 'GENERATOR-LIMITED' : 'INVALID');
  const parts = [
    paint('bold', `enclave bench · ${scenario.name}`),
    target.address ?? `${target.driver}${pool}`,
    load,
    `${formatCount(timing.measured_s, 1)} s after ${formatCount(timing.warmup_s, 1)} s warm-up`,
    ...knobs(report),
    `seed ${scenario.seed}`,
    word,
  ];
  return parts.join(' · ');
}

/** Both knobs are said aloud: a compressed day is not a day. */
function knobs({ scenario }: RunReport): string[] {
  const parts: string[] = [];
  if ((scenario.compress_ratio ?? 1) !== 1)
    parts.push(`compressed ${formatCount(scenario.compress_ratio ?? 1)}x`);
  if ((scenario.shorten_ratio ?? 1) !== 1)
    parts.push(`shortened ${formatCount(scenario.shorten_ratio ?? 1)}x`);
  return parts;
}

function verdictLines(report: RunReport, extras: SummaryExtras, { paint }: SummaryStyle): string[] {
  const lines: string[] = [];
  if (!report.complete) {
    const why =
      report.exit_code === 96
        ? 'INTERRUPTED: what follows is part of the run'
        : 'GIVEN UP: the target could not be reached';
    lines.push(paint('yellow', `  ${why}`));
  }
  if (report.counts.ok_n + report.counts.expected_n === 0) {
    lines.push('  empty histogram: no execution succeeded, there is no latency to show');
  }
  for (const check of report.validity.checks) {
    if (check.state === 'failed') lines.push(paint('red', `  ! ${extras.describeCheck(check)}`));
    if (check.state === 'warned') lines.push(paint('yellow', `  note: ${extras.describeCheck(check)}`));
  }
  return lines;
}

function thresholdLines(report: RunReport, { paint }: SummaryStyle): string[] {
  return report.thresholds.map(({ state, text, unit, value }) => {
    const shown = value === null ? 'among the failed' : `${formatCount(value)} ${unit}`;
    // Without noise allowed, an invalid run judges nothing.
    const isJudged = report.validity.valid || report.exit_code === 0 || report.exit_code === 99;
    if (!isJudged) return `  ? ${text.padEnd(24)} ${shown} (not judged: the run is invalid)`;
    if (state === 'pass') return `  ${paint('green', '✓')} ${text.padEnd(24)} ${shown}`;
    if (state === 'fail') return `  ${paint('red', '✗')} ${text.padEnd(24)} ${shown}`;
    return `  ${paint('yellow', '?')} ${text.padEnd(24)} too few samples to tell`;
  });
}

const COLUMNS: readonly { readonly title: string; readonly field: PercentileField | 'max_us' }[] = [
  { title: 'p50', field: 'p50_us' },
  { title: 'p75', field: 'p75_us' },
  { title: 'p90', field: 'p90_us' },
  { title: 'p95', field: 'p95_us' },
  { title: 'p99', field: 'p99_us' },
  { title: 'p99.9', field: 'p99_9_us' },
  { title: 'max', field: 'max_us' },
];

/** Percentiles that are left out for want of room, with or without the counts: the first choice that fits is taken. */
const CHOICES: readonly { readonly without: readonly string[]; readonly hasCount: boolean }[] = [
  { without: [], hasCount: true },
  { without: ['p75'], hasCount: true },
  { without: ['p75', 'p90'], hasCount: true },
  { without: ['p75', 'p90'], hasCount: false },
  { without: ['p75', 'p90', 'p95', 'p99.9'], hasCount: false },
];

function latencyTable(report: RunReport, style: SummaryStyle): string {
  const tables = CHOICES.map(({ hasCount, without }) => tableOf(report, without, hasCount));
  const fits = (table: string): boolean => table.split('\n').every((line) => line.length <= style.columns);
  const text = tables.find(fits) ?? tables.at(-1) ?? '';
  return report.validity.valid ? text : style.paint('dim', text);
}

function tableOf(report: RunReport, without: readonly string[], hasCount: boolean): string {
  const columns = COLUMNS.filter(({ title }) => !without.includes(title));
  const table = new Table({
    chars: { ...BARE.chars, middle: ' ' },
    style: { 'padding-left': 1, 'padding-right': 0, head: [], border: [], compact: true },
    head: ['', ...columns.map(({ title }) => title), ...(hasCount ? ['n'] : []), ''],
    colAligns: ['left', ...columns.map(() => 'right' as const), 'right', 'left'],
  });
  const mark = report.validity.valid ? '' : '?';
  for (const { label, summary } of tableRows(report)) {
    const cells = columns.map(({ field }) => cell(summary, field, report.target.timeout_ms, mark));
    table.push([label, ...cells, ...(hasCount ? [formatCount(summary.n)] : []), 'ms']);
  }
  return table
    .toString()
    .split('\n')
    .map((line) => ` ${line.trimEnd()}`)
    .join('\n');
}

function cell(
  summary: LatencySummary,
  field: PercentileField | 'max_us',
  timeoutMs: number,
  mark: string,
): string {
  const us = summary[field];
  if (us !== null) return mark + formatMs(us);
  const reason = field === 'max_us' ? undefined : summary.not_given[field];
  return reason === 'censored' ? `>${formatCount(timeoutMs / 1_000)}s` : '–';
}

function censoredLines(report: RunReport): string[] {
  const all = report.latency.find(({ metric, scope }) => metric === 'response' && scope === 'all');
  const ok = report.latency.find(({ metric, scope }) => metric === 'response' && scope === 'ok');
  if (all === undefined || all.censored_n === 0) return [];
  const p99 = ok?.p99_us == null ? 'not given' : `${formatMs(ok.p99_us)} ms`;
  return [
    `  ${formatCount(all.censored_n)} failed or dropped executions rank above every success; p99 of the successes alone: ${p99}`,
  ];
}

function closedLoopLines(report: RunReport): string[] {
  const text = closedLoopText(report);
  return text === undefined ? [] : [`  ${text.join(' ')}`];
}

function rateLines({ counts, rates }: RunReport): string[] {
  const done = rates.done_per_s === null ? '–' : formatRate(rates.done_per_s);
  const asked = rates.asked_per_s === null ? '' : `asked ${formatRate(rates.asked_per_s)}  `;
  const inFlight = `in flight mean ${formatCount(rates.in_flight_mean_n, 1)} max ${formatCount(rates.in_flight_max_n)}`;
  return [
    `  rate   ${asked}sent ${formatRate(rates.sent_per_s)}  done ${done}   ${inFlight}   dropped ${formatCount(counts.dropped_n)}`,
  ];
}

/** What was dropped, and the cold numbers on their own. */
function warmupLines(report: RunReport): string[] {
  return report.timing.warmup_n === 0 ? [] : [`  warm   ${warmupText(report)}`];
}

function failureLines({ counts }: RunReport): string[] {
  const parts = Object.entries(counts.failed).map(([code, n]) => `${code} ${formatCount(n)}`);
  if (counts.abandoned_n > 0) parts.push(`abandoned ${formatCount(counts.abandoned_n)}`);
  if (counts.expected_n > 0) parts.push(`(expected failures ${formatCount(counts.expected_n)})`);
  return parts.length === 0 ? [] : [`  failed ${parts.join('  ')}`];
}

/** One line: what the slowest have in common. The table is in the page. */
function tailLines({ tail }: RunReport): string[] {
  return tail === undefined || tail.slowest.length === 0 ? [] : [`  tail   ${tailNote(tail.slowest)}`];
}

function costLines({ cost, hosts, target }: RunReport): string[] {
  const parts: string[] = [];
  const embedding = target.driver.endsWith('isolated') ? 'pool and tools' : 'pool, tools and generator';
  if (cost.host_cpu_mean_us !== null) parts.push(`host CPU ${formatMs(cost.host_cpu_mean_us)} ms`);
  if (cost.script_cpu_mean_us !== null) parts.push(`of it script ${formatMs(cost.script_cpu_mean_us)} ms`);
  if (cost.embedding_cpu_mean_us !== null)
    parts.push(`${embedding} ${formatMs(cost.embedding_cpu_mean_us)} ms`);
  const lines = parts.length === 0 ? [] : [`  each   ${parts.join('  ')}`];
  const shown = hosts.filter(({ cpu_ratio }) => cpu_ratio !== null).slice(0, 8);
  if (shown.length === 0) return lines;
  const texts = shown.map(({ cpu_ratio, rss_max_bytes }) => {
    const memory = rss_max_bytes === null ? '' : ` ${formatSize(rss_max_bytes)}`;
    return `${formatCount((cpu_ratio ?? 0) * 100, 0)} %${memory}`;
  });
  const rest = hosts.length > shown.length ? `  and ${hosts.length - shown.length} more` : '';
  return [...lines, `  hosts  ${texts.join('  ')}${rest}`];
}

function environmentLine({ env }: RunReport): string {
  const quota = env.cgroup_quota_cores === null ? 'none' : `${formatCount(env.cgroup_quota_cores)} cores`;
  const commit =
    env.git_sha === null ? '' : `, ${env.git_sha.slice(0, 7)}${env.git_dirty === true ? ' dirty' : ''}`;
  return `  env    ${env.cores_n} cores, quota ${quota}, ${formatSize(env.mem_bytes)}, Node ${env.node}${commit}`;
}

function lastLine(report: RunReport, { path }: SummaryExtras, { paint }: SummaryStyle): string {
  const failed = report.thresholds.filter(({ state }) => state === 'fail').length;
  const judged = report.validity.valid && report.thresholds.length > 0;
  const verdict = judged
    ? failed > 0
      ? paint('red', `FAILED ${failed} of ${report.thresholds.length} thresholds`)
      : paint('green', `passed ${report.thresholds.length} thresholds`)
    : '';
  const parts = [
    verdict,
    path === undefined ? '' : `report ${path}`,
    report.exit_code === 0 ? '' : `exit ${report.exit_code}`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}
