// What bench and report print and write: the summary for this terminal, Markdown, the HTML page.
import { resolve } from 'node:path';
import { countsOfEncoded } from '../bench/recorder.ts';
import { describeCheck } from '../bench/validity.ts';
import { formatCompareReport } from '../report/compare-text.ts';
import { type HistogramRow, logEdgesUs } from '../report/histogram-bars.ts';
import { type KeptReport, keepReport, writeFileAtomically } from '../report/report-files.ts';
import { runMarkdown } from '../report/run-markdown.ts';
import { runPage } from '../report/run-page.ts';
import type { RunReport } from '../report/run-report.ts';
import type { NamedReport } from '../report/runs-model.ts';
import { formatSearchSummary } from '../report/search-summary.ts';
import { formatSelfTest } from '../report/self-test-text.ts';
import { studyMarkdown } from '../report/study-markdown.ts';
import type { StudyReport } from '../report/study-model.ts';
import { studyPage } from '../report/study-page.ts';
import { formatSweep } from '../report/sweep-text.ts';
import { formatRunSummary } from '../report/terminal-summary.ts';
import { fitLine } from '../report/wrap.ts';
import type { DocumentTarget } from './bench-flags.ts';
import { type Io, printable, styled } from './io.ts';

export function summaryText(report: RunReport, path: string | undefined, io: Io): string {
  const extras = { histogram: histogramOf(report), describeCheck };
  const text = formatRunSummary(report, path === undefined ? extras : { ...extras, path: printable(path) }, {
    columns: io.stdout.columns,
    paint: (style, words) => styled(io.stdout, style, words),
  });
  return text;
}

/** @throws EnclaveError FILE_NOT_WRITABLE */
export async function writeDocuments(
  runs: readonly NamedReport[],
  documents: readonly DocumentTarget[],
  io: Io,
): Promise<void> {
  for (const { kind, path } of documents) {
    await writeText(
      path,
      kind === 'html' ? runPage(runs, describeCheck) : runMarkdown(runs, describeCheck),
      io,
    );
  }
}

/** @throws EnclaveError FILE_NOT_WRITABLE */
export async function writeStudyDocuments(
  report: StudyReport,
  documents: readonly DocumentTarget[],
  io: Io,
): Promise<void> {
  for (const { kind, path } of documents) {
    await writeText(path, kind === 'html' ? studyPage(report) : studyMarkdown(report), io);
  }
}

/** `-` is stdout. */
async function writeText(path: string, text: string, io: Io): Promise<void> {
  if (path === '-') io.stdout.write(text);
  else await writeFileAtomically(resolve(io.cwd, path), text);
}

/** A study for the terminal. */
export function studyText(report: StudyReport, io: Io, path?: string): string {
  const shown = path === undefined ? undefined : printable(path);
  switch (report.kind) {
    case 'search':
      return formatSearchSummary(report, shown);
    case 'sweep':
      return formatSweep(report, shown);
    case 'compare':
      return formatCompareReport(report, shown)
        .split('\n')
        .map((line) => fitLine(line, io.stdout.columns))
        .join('\n');
    case 'self-test':
      return formatSelfTest(report, shown);
  }
}

/**
 * Shows a report that was kept: as JSON, or as `text` says, which is given its path. What was not kept anywhere is shown whole.
 *
 * @throws EnclaveError FILE_NOT_WRITABLE, once it is shown, when it is not where it was meant to be
 */
export function showKept(
  { path, problem }: KeptReport,
  report: RunReport | StudyReport,
  json: boolean,
  text: (path: string | undefined) => string,
  io: Io,
): void {
  const whole = `${JSON.stringify(report)}\n`;
  io.stdout.write(json ? whole : `${text(path)}${path === undefined ? whole : ''}`);
  if (problem !== undefined) throw problem;
}

/**
 * Shows a study, keeps it in `folder` and writes what else was asked for. What cannot be kept is at least shown.
 *
 * @throws EnclaveError FILE_NOT_WRITABLE
 */
export async function publishStudy(
  report: StudyReport,
  {
    documents,
    folder,
    json,
  }: { readonly documents: readonly DocumentTarget[]; readonly folder: string; readonly json: boolean },
  io: Io,
): Promise<void> {
  const kept = await keepReport(folder, report);
  showKept(kept, report, json, (path) => studyText(report, io, path), io);
  await writeStudyDocuments(report, documents, io);
  io.exitWith(report.exit_code);
}

function histogramOf(report: RunReport): HistogramRow[] {
  const response = report.latency.find(({ metric, scope }) => metric === 'response' && scope === 'all');
  if (response === undefined || response.min_us === null || response.max_us === null) return [];
  const edges = logEdgesUs(response.min_us, response.max_us);
  const counts = countsOfEncoded(response.hdr_v2, edges);
  return edges.map((fromUs, index) => ({ fromUs, n: counts[index] ?? 0 }));
}
