// The summary of a run for this terminal.
import { countsOfEncoded } from '../bench/recorder.ts';
import { describeCheck } from '../bench/validity.ts';
import { type HistogramRow, logEdgesUs } from '../report/histogram-bars.ts';
import type { RunReport } from '../report/run-report.ts';
import { formatRunSummary } from '../report/terminal-summary.ts';
import { type Io, printable, styled } from './io.ts';

export function summaryText(report: RunReport, path: string | undefined, io: Io): string {
  const extras = { histogram: histogramOf(report), describeCheck };
  const text = formatRunSummary(report, path === undefined ? extras : { ...extras, path: printable(path) }, {
    columns: io.stdout.columns,
    paint: (style, words) => styled(io.stdout, style, words),
  });
  return text;
}

function histogramOf(report: RunReport): HistogramRow[] {
  const response = report.latency.find(({ metric, scope }) => metric === 'response' && scope === 'all');
  if (response === undefined || response.min_us === null || response.max_us === null) return [];
  const edges = logEdgesUs(response.min_us, response.max_us);
  const counts = countsOfEncoded(response.hdr_v2, edges);
  return edges.map((fromUs, index) => ({ fromUs, n: counts[index] ?? 0 }));
}
