// What the bench measured against what theory says. Types only; suffix = unit.
import type { Environment, LatencyMetric } from './run-report.ts';

export interface SelfTestReport {
  readonly schema: 'enclave.bench/1';
  readonly kind: 'self-test';
  readonly complete: boolean;
  readonly exit_code: number;
  readonly ended_at: string;
  readonly rows: readonly SelfTestRow[];
  readonly generator: {
    /** Executions per second against a target that answers at once, 64 in flight. */
    readonly ceiling_per_s: number | null;
    /** Least step of the clock. */
    readonly clock_step_us: number;
    /** Lag of the dispatcher in the last run. */
    readonly late_p50_us: number | null;
    readonly late_p99_us: number | null;
  };
  readonly env: Environment;
}

export interface SelfTestRow {
  readonly law: string;
  /** `executor` in this process, `http` in another. */
  readonly target: 'executor' | 'http';
  /** What was measured of the executions. Absent: response. */
  readonly metric?: LatencyMetric;
  readonly quantile: number;
  readonly theory_ms: number;
  readonly measured_ms: number | null;
  readonly error_ms: number | null;
  readonly limit_ms: number;
  /** `disturbed`: too slow in a run in which the machine stood still for long enough to explain it. `unsupported`: too few executions. */
  readonly state: 'met' | 'missed' | 'disturbed' | 'unsupported';
  /** The law was measured a second time, since the machine had spoilt the first. */
  readonly is_repeated?: boolean;
  /** The check by which the run declared itself invalid, if it did: then a miss says nothing about the bench. */
  readonly invalid: string | null;
}
