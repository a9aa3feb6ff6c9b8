// A scaling sweep as data: throughput and latency over the size of the pool or the number in flight. Types only; suffix = unit.
import type { Environment, ScenarioFacts, TargetFacts } from './run-report.ts';

export interface SweepReport {
  readonly schema: 'enclave.bench/1';
  readonly kind: 'sweep';
  readonly complete: boolean;
  readonly exit_code: number;
  readonly ended_at: string;
  readonly scenario: Pick<ScenarioFacts, 'name' | 'purpose' | 'hash' | 'seed'>;
  readonly target: Pick<TargetFacts, 'driver' | 'isolation'>;
  readonly axis: 'workers' | 'concurrency';
  readonly sweep: readonly SweepPoint[];
  /** Input of the planner's fit of the Universal Scalability Law: `fitUsl(report.points)`. Valid points only. */
  readonly points: readonly { readonly concurrency: number; readonly throughput: number }[];
  readonly env: Environment;
}

export interface SweepPoint {
  /** Value on the axis. */
  readonly level_n: number;
  /** Executions kept in flight. */
  readonly concurrency_n: number;
  readonly done_per_s: number | null;
  readonly p50_us: number | null;
  readonly p99_us: number | null;
  /** Throughput x mean response time: by Little's law the number in flight, which checks the counts. */
  readonly little_n: number | null;
  readonly valid: boolean;
  /** Why the point is not valid. */
  readonly reason: string;
}
