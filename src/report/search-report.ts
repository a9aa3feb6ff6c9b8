// The capacity search as data: what each trial said, and the interval they leave. Types only; suffix = unit.
import type { Environment, ScenarioFacts, TargetFacts } from './run-report.ts';

export interface SearchReport {
  readonly schema: 'enclave.bench/1';
  readonly kind: 'search';
  readonly complete: boolean;
  readonly exit_code: number;
  readonly ended_at: string;
  readonly scenario: Pick<ScenarioFacts, 'name' | 'purpose' | 'hash' | 'seed'>;
  readonly target: Pick<TargetFacts, 'driver' | 'pool_size_n' | 'isolation'>;
  readonly search: {
    /** The goals, as given. */
    readonly slo: readonly string[];
    readonly state: 'found' | 'below' | 'generator' | 'void' | 'interrupted';
    /** Highest rate at which three trials in a row passed. */
    readonly confirmed_per_s: number | null;
    /** Lowest rate at which a trial failed. */
    readonly failing_per_s: number | null;
    /** (failing - confirmed) / failing */
    readonly width_ratio: number | null;
    readonly reason: string;
    readonly hint_per_s: number;
    readonly trials: readonly SearchTrial[];
  };
  readonly env: Environment;
}

export interface SearchTrial {
  readonly stage: 'bracket' | 'bisect' | 'confirm';
  readonly rate_per_s: number;
  readonly duration_s: number;
  readonly seed: number;
  readonly state: 'pass' | 'fail' | 'void' | 'generator';
  readonly reason: string;
  /** What it measured; absent in reports of versions that did not keep it. */
  readonly done_per_s?: number | null;
  readonly in_flight_mean_n?: number | null;
  readonly p50_us?: number | null;
  readonly p99_us?: number | null;
  /** How long the target then took until single executions were as fast as before any load; null: longer than was waited. */
  readonly recovery_s?: number | null;
}
