// enclave report: saved reports once more, as terminal text, Markdown, one HTML page, or JSON.
import { Command } from 'commander';
import { invalidInput } from '../../errors.ts';
import { readReport } from '../../report/report-files.ts';
import { documentsOf } from '../bench-flags.ts';
import { studyText, summaryText, writeDocuments, writeStudyDocuments } from '../bench-output.ts';
import { type Io, printable } from '../io.ts';

interface ReportFlags {
  readonly html?: string;
  readonly md?: string;
  readonly json?: boolean;
}

export function reportCommand(io: Io): Command {
  return new Command('report')
    .description(
      'Show saved reports again: runs, searches, sweeps, comparisons. Two or more runs are set side by side.',
    )
    .argument('<files...>', 'reports that enclave bench or compare wrote')
    .option('--html <file>', 'one self-contained page: no network, no script; - for stdout')
    .option('--md <file>', 'Markdown; - for stdout')
    .option('--json', 'the reports, checked, as JSON on stdout; an array when there are several')
    .action((files: readonly string[], options: ReportFlags) => report(files, options, io));
}

async function report(files: readonly string[], flags: ReportFlags, io: Io): Promise<void> {
  checkStdout(flags);
  const documents = documentsOf(flags);
  const reports = await Promise.all(files.map(async (name) => ({ name, report: await readReport(name) })));
  const runs = reports.flatMap(({ name, report: each }) =>
    each.kind === 'run' ? [{ name, report: each }] : [],
  );
  const studies = reports.flatMap(({ name, report: each }) =>
    each.kind === 'run' ? [] : [{ name, report: each }],
  );
  const [study] = studies;
  if (study !== undefined && reports.length > 1 && documents.length > 0) {
    const message = `expected runs only, or one report of another kind, got ${study.report.kind} report ${JSON.stringify(study.name)} among ${reports.length} files`;
    throw invalidInput('report', [{ path: 'files', message }]);
  }
  if (study === undefined) await writeDocuments(runs, documents, io);
  else await writeStudyDocuments(study.report, documents, io);
  const usesStdout = documents.some(({ path }) => path === '-');
  if (flags.json === true) {
    const [first] = reports;
    const content = reports.length === 1 ? first?.report : reports.map(({ report: each }) => each);
    io.stdout.write(`${JSON.stringify(content)}\n`);
  } else if (documents.length === 0) {
    const texts = reports.map(({ name, report: each }) =>
      each.kind === 'run' ? summaryText(each, name, io) : studyText(each, io, name),
    );
    io.stdout.write(texts.join('\n'));
  } else if (!usesStdout) {
    io.stdout.write(documents.map(({ path }) => `wrote ${printable(path)}\n`).join(''));
  }
}

/** @throws EnclaveError INVALID_INPUT when more than one result is to go to stdout */
function checkStdout({ html, json, md }: ReportFlags): void {
  const onStdout = [html === '-', md === '-', json === true].filter(Boolean).length;
  if (onStdout <= 1) return;
  const message = 'expected one result for stdout at most, got several of --html -, --md - and --json';
  throw invalidInput('report', [{ path: '--html', message }]);
}
