// enclave compare: two sets of saved runs, a verdict for each metric.
import { Command } from 'commander';
import { compareRuns } from '../../bench/compare.ts';
import { invalidInput } from '../../errors.ts';
import { formatComparison } from '../../report/compare-text.ts';
import { readRunReport } from '../../report/report-files.ts';
import type { Io } from '../io.ts';
import { OptionReader } from '../option-reader.ts';

interface CompareFlags {
  readonly with?: readonly string[];
  readonly tolerance: string;
  readonly failOnWorse?: boolean;
  readonly json?: boolean;
}

const THRESHOLD_FAILED = 99;

export function compareCommand(io: Io): Command {
  return new Command('compare')
    .description(
      'Compare saved runs: better, worse, or cannot tell. The unit of evidence is the run; 5 a side or more.',
    )
    .argument('<baseline...>', 'run reports of the one side')
    .requiredOption('--with <report...>', 'run reports of the other side')
    .option('--tolerance <ratio>', 'effects up to this do not matter', '0.03')
    .option('--fail-on-worse', 'exit 99 when a metric is worse')
    .option('--json', 'as JSON on stdout')
    .action((baseline: readonly string[], options: CompareFlags) => compare(baseline, options, io));
}

async function compare(baseline: readonly string[], options: CompareFlags, io: Io): Promise<void> {
  const reader = new OptionReader();
  const tolerance = reader.number('--tolerance', options.tolerance, { min: 0, max: 1, words: 'from 0 to 1' });
  reader.finish('compare');
  const others = options.with ?? [];
  const both = baseline.find((path) => others.includes(path));
  if (both !== undefined) {
    throw invalidInput('compare', [
      { path: '--with', message: `expected other runs, got ${JSON.stringify(both)} on both sides` },
    ]);
  }
  const a = await Promise.all(baseline.map(readRunReport));
  const b = await Promise.all(others.map(readRunReport));
  const rows = compareRuns(a, b, tolerance === undefined ? {} : { toleranceRatio: tolerance });
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify({ schema: 'enclave.bench/1', kind: 'compare', rows })}\n`);
  } else {
    for (const row of rows) io.stdout.write(`${formatComparison(row)}\n`);
  }
  const isWorse = rows.some(({ verdict }) => verdict === 'worse');
  io.exitWith(isWorse && options.failOnWorse === true ? THRESHOLD_FAILED : 0);
}
