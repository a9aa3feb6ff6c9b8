// What a scenario file may hold, as types: `ScenarioInput` is what an author writes, `ScenarioFile` has the defaults filled in.
// Times are ms, rates events per second, sizes bytes, ratios 0..1.
import type { ExecutionLimits } from '../execution.ts';

/** How long a simulated tool takes. */
export type LatencyLaw =
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'uniform'; readonly minMs: number; readonly maxMs: number }
  /** σ = ln(p99 / median) / 2.3263; draws above maxMs are cut to it. */
  | {
      readonly kind: 'lognormal';
      readonly medianMs: number;
      readonly p99Ms: number;
      readonly maxMs: number;
    }
  /** slowMs with probability slowRatio, else fastMs. */
  | { readonly kind: 'bimodal'; readonly fastMs: number; readonly slowMs: number; readonly slowRatio: number }
  /** One latency in ms per line of `file`, used in turn or at random. */
  | { readonly kind: 'trace'; readonly file: string; readonly order: 'sequential' | 'shuffled' };

export interface ToolSpec {
  readonly latency: LatencyLaw;
  /** Share of the calls that fail with SIMULATED_FAILURE. Default 0. */
  readonly errorRate: number;
  /** The answer, JSON. Default: an object with the arguments. */
  readonly result?: unknown;
  /** Padding added to the answer, bytes. Default 0. */
  readonly resultBytes: number;
}

export interface ScriptSpec {
  readonly id: string;
  /** Share of the arrivals, relative to the other weights. Default 1. */
  readonly weight: number;
  /** Either a path relative to the scenario file, or the text itself. */
  readonly file?: string | undefined;
  readonly code?: string | undefined;
  readonly language?: 'js' | 'ts' | undefined;
  /** `args` of the script; `args.index` is added when it is an object. Default `{}`. */
  readonly args?: unknown;
  /** `ok`, or the outcome codes with which it ends by design. Default `ok`. */
  readonly expect: string | readonly string[];
}

export interface TenantSpec {
  readonly id: string;
  readonly weight: number;
  /** Scripts that only this tenant runs. Default: those that no tenant claims. */
  readonly scripts?: readonly string[] | undefined;
  /** What the others feel of this one is the question: `enclave bench` runs the scenario with it and without it. Default false. */
  readonly hostile?: boolean | undefined;
}

export interface PhaseSpec {
  readonly name: string;
  /** One rate, or [from, to] for a linear ramp; ignored in the closed model. */
  readonly rate: number | readonly [number, number];
  readonly durationMs: number;
  /** false: warm-up, kept out of every number. Default true. */
  readonly measure: boolean;
}

export type ArrivalKind = 'poisson' | 'constant';

export interface LoadSpec {
  readonly model: 'open' | 'closed';
  readonly arrivals: ArrivalKind;
  readonly concurrency: number;
  readonly maxInFlight?: number | undefined;
  readonly timeoutMs: number;
  readonly drainMs: number;
  readonly phases: readonly PhaseSpec[];
}

/** Limits of every execution, by the names and units of `limits.ts`. */
export type LimitsSpec = { readonly [K in keyof ExecutionLimits]?: number | undefined };

/** A validated scenario file. */
export interface ScenarioFile {
  readonly $schema?: string | undefined;
  readonly name: string;
  readonly purpose: string;
  readonly seed: number;
  readonly scripts: readonly ScriptSpec[];
  readonly tools: Readonly<Record<string, ToolSpec>>;
  readonly tenants: readonly TenantSpec[];
  readonly limits: LimitsSpec;
  readonly load: LoadSpec;
  readonly thresholds: readonly string[];
  /** Default of `--compress`: rates are multiplied by it, durations divided. */
  readonly compress: number;
}

/** `T` with the keys `K` optional: they have defaults. */
type Defaulted<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]?: T[P] | undefined };

type LawInput =
  | Exclude<LatencyLaw, { kind: 'lognormal' | 'trace' }>
  | Defaulted<Extract<LatencyLaw, { kind: 'lognormal' }>, 'maxMs'>
  | Defaulted<Extract<LatencyLaw, { kind: 'trace' }>, 'order'>;
type ToolInput = Defaulted<Omit<ToolSpec, 'latency'>, 'errorRate' | 'resultBytes'> & {
  readonly latency: LawInput;
};
type LoadInput = Defaulted<
  Omit<LoadSpec, 'phases'>,
  'model' | 'arrivals' | 'concurrency' | 'timeoutMs' | 'drainMs'
> & { readonly phases: readonly Defaulted<PhaseSpec, 'measure'>[] };

type Optional = 'seed' | 'limits' | 'thresholds' | 'compress';

/** A scenario as an author writes it: defaults may be left out. */
export interface ScenarioInput
  extends Pick<ScenarioFile, '$schema' | 'name' | 'purpose'>,
    Defaulted<Pick<ScenarioFile, Optional>, Optional> {
  readonly scripts: readonly Defaulted<ScriptSpec, 'weight' | 'expect'>[];
  readonly tools?: Readonly<Record<string, ToolInput>> | undefined;
  readonly tenants?: readonly Defaulted<TenantSpec, 'weight'>[] | undefined;
  readonly load: LoadInput;
}
