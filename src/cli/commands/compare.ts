// enclave compare: two sets of saved runs, a verdict for each metric.
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { buildCompareReport } from '../../bench/compare-report.ts';
import { invalidInput } from '../../errors.ts';
import { readReport, readRunReport } from '../../report/report-files.ts';
import type { RunReport } from '../../report/run-report.ts';
import { documentsOf } from '../bench-flags.ts';
import { studyText, writeStudyDocuments } from '../bench-output.ts';
import type { Io } from '../io.ts';
import { OptionReader } from '../option-reader.ts';

interface CompareFlags {
  readonly with?: readonly string[];
  readonly tolerance: string;
  readonly failOnWorse?: boolean;
  readonly html?: string;
  readonly md?: string;
  readonly json?: boolean;
}

export function compareCommand(io: Io): Command {
  return new Command('compare')
    .description(
      'Compare saved runs: better, worse, or cannot tell. The unit of evidence is the run; 5 a side or more.',
    )
    .argument('<runs...>', 'A and B, each a run report or a folder of them; with --with, all of A')
    .option('--with <report...>', 'run reports or folders of side B')
    .option('--tolerance <ratio>', 'effects up to this do not matter', '0.03')
    .option('--fail-on-worse', 'exit 99 when a metric is worse')
    .option('--html <file>', 'also write one self-contained HTML page')
    .option('--md <file>', 'also write Markdown')
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      `
Examples:
  enclave compare before/ after/
  enclave compare old-*.json --with new-*.json --fail-on-worse`,
    )
    .action((runs: readonly string[], options: CompareFlags) => compare(runs, options, io));
}

async function compare(runs: readonly string[], options: CompareFlags, io: Io): Promise<void> {
  const reader = new OptionReader();
  const tolerance = reader.number('--tolerance', options.tolerance, { min: 0, max: 1, words: 'from 0 to 1' });
  if (options.with === undefined && runs.length !== 2) {
    reader.problem('--with', `expected it, or exactly A and B, got ${runs.length} without it`);
  }
  if (options.html === '-' || options.md === '-') {
    reader.problem('--html', 'expected a file: stdout has the verdicts');
  }
  const [a, b] = options.with === undefined ? [runs.slice(0, 1), runs.slice(1)] : [runs, options.with];
  const both = a.find((path) => b.includes(path));
  if (both !== undefined) {
    reader.problem('--with', `expected other runs, got ${JSON.stringify(both)} on both sides`);
  }
  reader.finish('compare');
  const report = buildCompareReport(await readSide(a, io.cwd), await readSide(b, io.cwd), {
    ...(tolerance === undefined ? {} : { toleranceRatio: tolerance }),
    failsOnWorse: options.failOnWorse === true,
  });
  io.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : studyText(report, io));
  await writeStudyDocuments(report, documentsOf(options), io);
  io.exitWith(report.exit_code);
}

/** The runs that the paths name; of a folder all run reports in it, by name. */
async function readSide(paths: readonly string[], cwd: string): Promise<RunReport[]> {
  const reports = await Promise.all(
    paths.map(async (path) => {
      const full = resolve(cwd, path);
      const isFolder = await stat(full).then(
        (found) => found.isDirectory(),
        () => false,
      );
      return isFolder ? readFolder(full, path) : [await readRunReport(full)];
    }),
  );
  return reports.flat();
}

async function readFolder(folder: string, shown: string): Promise<RunReport[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const reports = await Promise.all(names.map((name) => readReport(join(folder, name))));
  const runs = reports.filter((report) => report.kind === 'run');
  if (runs.length > 0) return runs;
  throw invalidInput('compare', [
    { path: shown, message: 'expected a folder with run reports, got one without any' },
  ]);
}
