// What a bench run is given. Types only.
import type { Clock } from '../clock.ts';
import type { Environment, TargetFacts } from '../report/run-report.ts';
import type { Scenario } from '../scenario/load-scenario.ts';
import type { LoadTarget } from './load-target.ts';
import type { ProcessProbe } from './process-probe.ts';
import type { Progress } from './run-recorder.ts';
import type { LoadPlan } from './sample.ts';
import type { Threshold } from './thresholds.ts';
import type { Waker } from './waker.ts';

export interface BenchOptions {
  readonly scenario: Scenario;
  readonly plan: LoadPlan;
  /** What is measured; its owner disposes it. */
  readonly executor: LoadTarget;
  /** How the report names it. */
  readonly target: Omit<TargetFacts, 'max_in_flight_n' | 'timeout_ms'>;
  /** Ends the run early: a partial report is made. */
  readonly signal: AbortSignal;
  /** The command line, for the report; secrets are masked. */
  readonly argv: readonly string[];
  /** Goals of the run; a failed one makes exit code 99. */
  readonly thresholds?: readonly Threshold[];
  /** Keeps an invalid run's mark, but not its exit code. */
  readonly allowNoise?: boolean;
  /** Looks for a warm-up beyond the planned one and cuts it. Default true. */
  readonly findsWarmup?: boolean;
  /** Keeps a histogram log, the `log` of the result. Default false. */
  readonly keepsLog?: boolean;
  /** Called four times a second. */
  readonly onProgress?: (progress: Progress) => void;
  /**
   * CPU time so far of the process that embeds the pool, ms, when that is not this one; the cost of an execution is then free of
   * the generator's own. `null`: it runs elsewhere and cannot be known. Absent: this process.
   */
  readonly embeddingCpuMs?: (() => number) | null;
  readonly clock?: Clock;
  /** Default: a thread of its own. */
  readonly waker?: Waker;
  readonly probe?: ProcessProbe;
  /** Default: read from this machine. */
  readonly environment?: Environment;
}
