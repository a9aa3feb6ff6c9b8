// A scenario with a hostile tenant: runs with it and without it in turn, and what the other tenants feel of it.
import { runAlternating } from '../bench/alternate.ts';
import type { LoadPlan } from '../bench/sample.ts';
import { parseThresholds } from '../bench/thresholds.ts';
import { invalidInput } from '../errors.ts';
import { hostileTenants } from '../scenario/workload.ts';
import type { BenchSettings } from './bench-flags.ts';
import { DEFAULT_REPEAT, judge, keep, runOnce } from './bench-modes.ts';
import { createProgressPrinter } from './bench-progress.ts';
import type { Subject } from './bench-target.ts';
import type { Io } from './io.ts';

const THRESHOLD_FAILED = 99;

/**
 * A is the scenario without its hostile tenants and B with them; the others' executions are the same ones at the same instants.
 * Thresholds are judged on the runs of B.
 *
 * @throws EnclaveError INVALID_INPUT for a closed loop
 */
export async function neighbours(
  subject: Subject,
  planOf: (seed: number) => Promise<LoadPlan>,
  settings: BenchSettings,
  folder: string,
  io: Io,
): Promise<void> {
  const { scenario } = subject;
  const hostile = hostileTenants(scenario);
  const repeat = settings.repeat ?? DEFAULT_REPEAT;
  if (repeat < 4)
    io.stderr.write('note: with fewer than 4 runs a side nothing can be told, better or worse\n');
  let failedN = 0;
  const sides = await runAlternating({
    repeat,
    signal: io.interrupted,
    isSpoilt: ({ validity }) => !settings.allowNoise && !validity.valid,
    run: async (side, pair) => {
      const plan = await planOf((settings.load.seed ?? scenario.seed) + pair);
      checkOpen(plan, hostile);
      const thresholds =
        side === 'b' ? parseThresholds([...scenario.thresholds, ...settings.thresholds], plan.model) : [];
      const progress = createProgressPrinter(io.stderr, plan, settings.progressMs);
      const report = await runOnce(
        subject,
        side === 'b' ? plan : { ...plan, leavesOut: hostile },
        settings,
        io,
        // Only the planned warm-up is left out: both sides must be judged on the same executions.
        { thresholds, onProgress: progress.show, findsWarmup: false },
      ).finally(progress.end);
      await keep(report, `${side === 'b' ? 'hostile' : 'quiet'}-${pair + 1}`, folder, io);
      for (const { state, text } of report.thresholds) {
        if (state !== 'fail') continue;
        failedN += 1;
        io.stderr.write(`  failed: ${text}\n`);
      }
      return report;
    },
  });
  await judge(sides, settings, folder, io, { about: 'others', hostile, failsOnWorse: false });
  if (failedN > 0) io.exitWith(THRESHOLD_FAILED);
}

function checkOpen({ model }: LoadPlan, hostile: readonly string[]): void {
  if (model === 'open') return;
  throw invalidInput('enclave bench', [
    {
      path: '--concurrency',
      message: `expected --rate: in a closed loop the others ask less while ${hostile.join(', ')} is slow, and so seem to feel nothing`,
    },
  ]);
}
