// A capacity search as text.

import { formatCount, formatRate } from '../units.ts';
import { lastLine } from './last-line.ts';
import type { SearchReport, SearchTrial } from './search-report.ts';

/** One line a trial: `bisect  150/s  10 s  fail  p99<50ms: 61.2 ms`. */
export function formatTrial(trial: SearchTrial): string {
  const rate = formatRate(trial.rate_per_s).padStart(10);
  const seconds = `${formatCount(trial.duration_s, 1)} s`.padStart(7);
  const reason = trial.reason === '' ? '' : `  ${trial.reason}`;
  return `  ${trial.stage.padEnd(8)}${rate}${seconds}  ${trial.state}${reason}${recoveryText(trial)}`;
}

/** Only what is worth a word: a target that was at rest at once needs none. */
function recoveryText({ recovery_s }: SearchTrial): string {
  if (recovery_s === null) return '; not at rest again within 15 s';
  return recovery_s === undefined || recovery_s < 0.1
    ? ''
    : `; at rest again after ${formatCount(recovery_s, 1)} s`;
}

/** The answer and how it was found. */
export function formatSearchSummary(report: SearchReport, path?: string): string {
  const { scenario, search, target } = report;
  const lines = [
    `enclave bench · capacity of ${scenario.name} · ${target.driver} (${target.pool_size_n ?? '?'} host processes) · ${search.slo.join(', ')}`,
    ...search.trials.map(formatTrial),
    searchAnswer(report),
    lastLine(report.exit_code, path),
  ];
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

/** The interval in one sentence. */
export function searchAnswer({ search }: SearchReport): string {
  const { confirmed_per_s: confirmed, failing_per_s: failing, reason, state } = search;
  const held = confirmed === null ? '' : formatRate(confirmed);
  switch (state) {
    case 'found': {
      const end =
        failing === null ? 'no failing rate was reached' : `${formatRate(failing)} fails (${reason})`;
      return `capacity ${held} confirmed in three trials; ${end}`;
    }
    case 'below':
      return `no capacity: the goals are missed even at ${formatRate(search.trials.at(-1)?.rate_per_s ?? 0)} (${reason})`;
    case 'generator':
      return `generator-limited: capacity is at least ${held === '' ? 'unknown' : held} (${reason})`;
    case 'void':
      return `no answer: the machine spoilt the trials (${reason})`;
    case 'interrupted':
      return 'interrupted: no answer';
  }
}
