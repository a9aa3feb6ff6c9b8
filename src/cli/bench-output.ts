// What bench and report print and write: the summary for this terminal, Markdown, the HTML page.
import { resolve } from 'node:path';
import { countsOfEncoded } from '../bench/recorder.ts';
import { describeCheck } from '../bench/validity.ts';
import { invalidInput } from '../errors.ts';
import { type HistogramRow, logEdgesUs } from '../report/histogram-bars.ts';
import { writeFileAtomically } from '../report/report-files.ts';
import { runMarkdown } from '../report/run-markdown.ts';
import { runPage } from '../report/run-page.ts';
import type { RunReport } from '../report/run-report.ts';
import type { NamedReport } from '../report/runs-model.ts';
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

/** A document to be written; `-` is stdout. */
export interface DocumentTarget {
  readonly kind: 'html' | 'md';
  readonly path: string;
}

/**
 * The documents that `--html` and `--md` ask for.
 *
 * @throws EnclaveError INVALID_INPUT when more than one result is to go to stdout
 */
export function documentsOf(
  { html, md }: { readonly html?: string | undefined; readonly md?: string | undefined },
  isStdoutTaken: boolean,
): DocumentTarget[] {
  const documents: DocumentTarget[] = [];
  if (html !== undefined) documents.push({ kind: 'html', path: html });
  if (md !== undefined) documents.push({ kind: 'md', path: md });
  const onStdout = documents.filter(({ path }) => path === '-').length + (isStdoutTaken ? 1 : 0);
  if (onStdout > 1) {
    const message = 'expected one result for stdout at most, got several of --html -, --md - and --json';
    throw invalidInput('report', [{ path: '--html', message }]);
  }
  return documents;
}

/** @throws EnclaveError FILE_NOT_WRITABLE */
export async function writeDocuments(
  runs: readonly NamedReport[],
  documents: readonly DocumentTarget[],
  io: Io,
): Promise<void> {
  for (const { kind, path } of documents) {
    const text = kind === 'html' ? runPage(runs, describeCheck) : runMarkdown(runs, describeCheck);
    if (path === '-') io.stdout.write(text);
    else await writeFileAtomically(resolve(io.cwd, path), text);
  }
}

function histogramOf(report: RunReport): HistogramRow[] {
  const response = report.latency.find(({ metric, scope }) => metric === 'response' && scope === 'all');
  if (response === undefined || response.min_us === null || response.max_us === null) return [];
  const edges = logEdgesUs(response.min_us, response.max_us);
  const counts = countsOfEncoded(response.hdr_v2, edges);
  return edges.map((fromUs, index) => ({ fromUs, n: counts[index] ?? 0 }));
}
