// enclave report: saved runs once more, as terminal text, Markdown, one HTML page, or JSON.
import { Command } from 'commander';
import { readRunReport } from '../../report/report-files.ts';
import { documentsOf, summaryText, writeDocuments } from '../bench-output.ts';
import { type Io, printable } from '../io.ts';

interface ReportFlags {
  readonly html?: string;
  readonly md?: string;
  readonly json?: boolean;
}

export function reportCommand(io: Io): Command {
  return new Command('report')
    .description('Show saved runs again. Two or more are set side by side.')
    .argument('<files...>', 'run reports that enclave bench wrote')
    .option('--html <file>', 'one self-contained page: no network, no script; - for stdout')
    .option('--md <file>', 'Markdown; - for stdout')
    .option('--json', 'the reports, checked, as JSON on stdout; an array when there are several')
    .action((files: readonly string[], options: ReportFlags) => report(files, options, io));
}

async function report(files: readonly string[], flags: ReportFlags, io: Io): Promise<void> {
  const runs = await Promise.all(files.map(async (name) => ({ name, report: await readRunReport(name) })));
  const documents = documentsOf(flags, flags.json === true);
  await writeDocuments(runs, documents, io);
  const usesStdout = documents.some(({ path }) => path === '-');
  if (flags.json === true) {
    const [first] = runs;
    const content = runs.length === 1 ? first?.report : runs.map(({ report: each }) => each);
    io.stdout.write(`${JSON.stringify(content)}\n`);
  } else if (documents.length === 0) {
    io.stdout.write(runs.map(({ name, report: each }) => summaryText(each, name, io)).join('\n'));
  } else if (!usesStdout) {
    io.stdout.write(documents.map(({ path }) => `wrote ${printable(path)}\n`).join(''));
  }
}
