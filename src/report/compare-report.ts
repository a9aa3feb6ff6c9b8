// A comparison of two sets of runs as data. Types only; suffix = unit.
import type { Environment } from './run-report.ts';

export interface CompareReport {
  readonly schema: 'enclave.bench/1';
  readonly kind: 'compare';
  readonly complete: boolean;
  readonly exit_code: number;
  /** Start of the last run that is compared. */
  readonly ended_at: string;
  readonly a: ComparedSide;
  readonly b: ComparedSide;
  /** Effects up to this do not matter. */
  readonly tolerance_ratio: number;
  readonly rows: readonly ComparedRow[];
  /** A is without the hostile tenants and B with them: the rows are what the others feel. */
  readonly neighbours?: NeighbourFacts;
  /** Of the first run of B. */
  readonly env: Environment;
}

/** Sums over the runs of B. */
export interface NeighbourFacts {
  readonly hostile: readonly string[];
  /** Executions that ended as they are meant to, each with the code its script declares. */
  readonly expected_n: number;
  readonly failed_n: number;
}

export interface ComparedSide {
  readonly scenario: string;
  /** The load in words. */
  readonly load: string;
  readonly runs_n: number;
}

/** One metric over both sides. Effects are ratios of medians minus one: -0.2 is 20 % less in B. */
export interface ComparedRow {
  readonly metric: string;
  readonly unit: string;
  readonly a_median: number;
  readonly b_median: number;
  /** The value of each run, in the order of the runs. */
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly effect_ratio: number;
  /** 95 % bootstrap interval of the effect, over runs. */
  readonly low_ratio: number;
  readonly high_ratio: number;
  /** Two-sided exact Mann-Whitney, Holm-adjusted over the metrics compared. */
  readonly p_adjusted: number;
  /** Least effect that so many runs find with a power of 0.8; null from a single run. */
  readonly mde_ratio: number | null;
  readonly verdict: 'better' | 'worse' | 'cannot tell';
  /** The whole interval lies within the tolerance: only then is "no difference" said. */
  readonly equivalent: boolean;
}
