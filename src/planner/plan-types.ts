// The plan as data: what planCapacity is given and what it answers. Types only.
import type { Alternatives, ServerlessPrices } from './alternatives.ts';
import type { AvailabilityGoal, AvailableFleet } from './availability.ts';
import type { Catalogue } from './catalogue.ts';
import type { Ceiling } from './ceilings.ts';
import type { Curve } from './curve.ts';
import type { AutoscalerGoal, DayPlan } from './day-replay.ts';
import type { Binding } from './fleet.ts';
import type { PlannedWorkload } from './planned-workload.ts';
import type { Provenance, Sourced, Step } from './provenance.ts';
import type { QueueKind } from './queue-kind.ts';
import type { Rehearsal } from './rehearsal.ts';
import type { InstanceScaling } from './scaling.ts';
import type { Estimate } from './simulation-summary.ts';
import type { Slo } from './slo.ts';
import type { Workload } from './workload.ts';

export const PLAN_SCHEMA = 'enclave.plan/1';

export interface PlanInput {
  /** Executions per day, above 0. */
  readonly perDay: Sourced;
  /** Peak rate / mean rate, from 1. */
  readonly peakMultiplier: Sourced;
  readonly workload: Workload;
  /** Objectives that must all hold at the peak; none: the utilisation limit alone decides. */
  readonly slos: readonly Slo[];
  /** Largest busy share of the processors at the peak, above 0 to 1. */
  readonly maxUtilisation: Sourced;
  readonly queue: QueueKind;
  readonly availability: AvailabilityGoal;
  /** Parts of `availability` that nobody gave: defaults, so marked assumed. Default: none. */
  readonly availabilityDefaults?: readonly ('floor' | 'spares' | 'zones' | 'loseZones')[];
  readonly catalogue: Catalogue;
  /** Types to choose from, by name. Empty: all of the catalogue are compared, the tested kind is chosen. */
  readonly types: readonly string[];
  /** What instances lose to each other, measured over several of them. Absent: nothing, assumed. */
  readonly scaling?: InstanceScaling;
  /** Plan with more than twice the cores, or instances, that were measured. Default false. */
  readonly extrapolate?: boolean;
  /** USD per month that may not be exceeded. */
  readonly budgetUsdPerMonth?: number;
  /** USD per month that do not depend on the fleet: added to every cost. Default 0. */
  readonly fixedUsdPerMonth?: number;
  /** Compare with a serverless offer; memory of a function in bytes. */
  readonly serverless?: { readonly prices: ServerlessPrices; readonly memoryBytes: number };
  /** Discount of reserved instances, 0 to below 1. Absent: no comparison. */
  readonly reservedDiscount?: number;
  /** Growth of the volume per year: 0.4 is 40 %; above -1. */
  readonly growthPerYear?: number;
  /** Where the growth comes from. Default: given. */
  readonly growthSource?: Omit<Sourced, 'value'>;
  /** Demand over the day or week; its peak must be the peak multiplier. Absent: no plan over the hours. */
  readonly curve?: Curve;
  /** Settings of the autoscaler that the curve is replayed with. */
  readonly autoscaler?: AutoscalerGoal;
  /** Day from which growth counts, ISO: 2027-01-01. Absent: the ceilings have years, not dates. */
  readonly startDate?: string;
  /** Simulate the plan as its third check; absent: no third check. */
  readonly simulation?: SimulationSize;
  /** State how sure the plan is; absent: it does not. */
  readonly uncertainty?: CertaintySize;
  /** Share of draws in which the fleet must do, above 0 and below 1; needs `uncertainty`. */
  readonly confidence?: number;
}

export interface CertaintySize {
  readonly seed: number;
  /** Draws of all inputs together, from 100; 600 take a few tenths of a second. */
  readonly draws: number;
}

/** How sure the plan is. */
export interface Certainty {
  readonly draws: number;
  /** Share of draws in which all objectives hold at the peak, with Wilson's 95 % interval: all instances up. */
  readonly meets: Estimate;
  /** The same with only the instances that the load needs. */
  readonly meetsDegraded: Estimate;
  /** Instances to buy, over the draws. */
  readonly instances: Spread;
  readonly usdPerMonth: Spread;
  readonly inputs: readonly UncertainInput[];
  /** The input whose error alone moves the number of instances most; null when all are exact. */
  readonly measureNext: string | null;
  /** The confidence that was asked for, 0..1. */
  readonly asked: number | null;
  /** Instances, all up, that reach it; null when none was asked for or no number does. */
  readonly instancesForAsked: number | null;
}

/** Null where no number of instances would do. */
export interface Spread {
  readonly median: number | null;
  readonly within80: readonly [number | null, number | null];
  readonly within95: readonly [number | null, number | null];
}

export interface UncertainInput {
  readonly name: string;
  /** Half width of its 95 % range, relative: 0.25 is a quarter. */
  readonly spread95: number;
  readonly reason: string;
  /** Instances that the load needs, in 95 % of draws of this input alone. */
  readonly needed95: readonly [number | null, number | null];
}

export interface SimulationSize {
  readonly seed: number;
  /** Executions to simulate, from 1,000; 40,000 take a fifth of a second. */
  readonly executions: number;
}

/** A percentile of the response or wait, ms; null when the measurement has too few samples to tell. */
export interface Prediction {
  readonly metric: Slo['metric'];
  readonly p: number;
  /** All instances up. */
  readonly valueMs: number | null;
  /** Only those up that the load needs: spares lost. */
  readonly degradedMs: number | null;
  /** The objective, where there is one. */
  readonly limitMs: number | null;
}

/** One instance type at equal objectives. */
export interface TypePlan {
  readonly type: string;
  readonly vcpu: number;
  readonly arch: string;
  /** Why this type is not chosen by itself; empty for a type of the tested kind. */
  readonly doubts: readonly Doubt[];
  /** Instances that carry the load alone. */
  readonly needed: number;
  readonly binding: Binding;
  /** Instances to buy. */
  readonly instances: number;
  readonly rule: AvailableFleet['rule'];
  readonly utilisationMean: number;
  readonly utilisationPeak: number;
  readonly predictions: readonly Prediction[];
  readonly usdPerMonth: number;
  readonly usdPerMillion: number;
  /** No other type, about which no more is in doubt, is at once no dearer and no slower at p99, and better in one of them. */
  readonly isPareto: boolean;
}

/** One number worked out three ways. */
export interface ThreeCheck {
  readonly name: string;
  readonly closedFormMs: number;
  readonly approximationMs: number;
  /** With its 95 % interval. */
  readonly simulatedMs: Estimate;
  /** Approximation / simulation - 1. */
  readonly difference: number;
  /** Within 10 % or within the interval of the simulation. */
  readonly agrees: boolean;
}

/** How far one input may be wrong. Factors are null where no factor up to 1,000 matters. */
export interface Sensitivity {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly provenance: Provenance;
  /** Factor it may grow by until the bought fleet misses an objective or has no idle processor; all instances up. */
  readonly mayGrowBy: number | null;
  /** The same with only the instances that the load needs. */
  readonly mayGrowByDegraded: number | null;
  /** Instances needed if it were 25 % less or more; null when no number would do. */
  readonly neededIfLess: number | null;
  readonly neededIfMore: number | null;
}

/** The chosen type a number of years from now; null when no number of instances would do. */
export interface GrowthYear {
  readonly year: number;
  readonly perDay: number;
  readonly peakPerSecond: number;
  readonly instances: number | null;
  readonly usdPerMonth: number | null;
}

/** The plan for another volume and peak; null when no number of instances would do. */
export interface SweepCell {
  readonly perDay: number;
  readonly peak: number;
  readonly instances: number | null;
  readonly usdPerMonth: number | null;
}

export type Doubt =
  | 'burstable'
  | 'other architecture'
  | 'more vCPUs than twice the tested'
  | 'too little memory';

export interface Warning {
  readonly id: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly evidence: string;
  readonly fix: string;
}

export interface Verdict {
  readonly status: 'met' | 'over budget';
  readonly type: string;
  readonly instances: number;
  readonly peakPerSecond: number;
  readonly predictions: readonly Prediction[];
  readonly usdPerMonth: number;
  readonly usdPerMillion: number;
}

export interface Plan {
  readonly schema: typeof PLAN_SCHEMA;
  readonly verdict: Verdict;
  readonly inputs: Readonly<Record<string, Sourced & { readonly unit: string }>>;
  readonly slos: readonly Slo[];
  readonly queue: QueueKind;
  /** What `enclave plan verify` predicts from and measures again. */
  readonly workload: PlannedWorkload;
  readonly ladder: readonly Step[];
  /** The type chosen first, then by cost. */
  readonly types: readonly TypePlan[];
  /** Empty when no simulation was asked for. */
  readonly checks: readonly ThreeCheck[];
  /** The bought fleet through failures, an update and its busiest stretch; empty when no simulation was asked for. */
  readonly rehearsal: readonly Rehearsal[];
  /** Null when it was not asked for. */
  readonly certainty: Certainty | null;
  readonly sensitivity: readonly Sensitivity[];
  /** The chosen type under other volumes and peaks. */
  readonly sweep: readonly SweepCell[];
  /** Year 0 to 5; empty without a growth rate. */
  readonly growth: readonly GrowthYear[];
  /** What growth reaches first; empty without growth. */
  readonly ceilings: readonly Ceiling[];
  /** The chosen type over the day or week; null without a curve. */
  readonly day: DayPlan | null;
  readonly alternatives: Alternatives;
  readonly warnings: readonly Warning[];
}
