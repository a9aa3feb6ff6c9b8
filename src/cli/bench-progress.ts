// Progress of a run on stderr: a live line on a terminal, else one line every ten seconds.
import { phaseAt } from '../bench/arrivals.ts';
import { totalDurationMs } from '../bench/load-plan.ts';
import type { Progress } from '../bench/run-recorder.ts';
import type { LoadPlan } from '../bench/sample.ts';
import { formatProgress } from '../report/progress-line.ts';
import type { Output } from './io.ts';

export interface ProgressPrinter {
  readonly show: (progress: Progress) => void;
  /** Clears the live line. */
  readonly end: () => void;
}

/** @param offTtyMs - time between two lines where there is no terminal, ms */
export function createProgressPrinter(output: Output, plan: LoadPlan, offTtyMs: number): ProgressPrinter {
  const totalMs = totalDurationMs(plan);
  const everyS = offTtyMs / 1_000;
  let nextLineS = everyS;
  const lineOf = (progress: Progress): string => {
    const isCounted = plan.count !== undefined;
    const view = {
      ...progress,
      phase: plan.phases[phaseAt(plan.phases, progress.elapsedS * 1_000)]?.name ?? '',
      totalS: isCounted ? null : totalMs / 1_000,
      doneRatio: isCounted ? progress.askedN / (plan.count ?? 1) : (progress.elapsedS * 1_000) / totalMs,
    };
    return formatProgress(view, output.isTty ? output.columns : Infinity);
  };
  return {
    show(progress) {
      if (output.isTty) {
        output.write(`\r\u001b[K${lineOf(progress)}`);
      } else if (progress.elapsedS >= nextLineS) {
        nextLineS = Math.floor(progress.elapsedS / everyS + 1) * everyS;
        output.write(`${lineOf(progress)}\n`);
      }
    },
    end() {
      if (output.isTty) output.write('\r\u001b[K');
    },
  };
}
