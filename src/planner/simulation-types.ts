// What the simulator is given and what it answers. Types only. Times in seconds.
import type { HpaConfig } from './hpa-controller.ts';
import type { ArrivalLaw } from './sampling.ts';
import type { ServiceTime } from './service-time.ts';
import type { Routing } from './simulated-fleet.ts';
import type { SampleSummary } from './simulation-summary.ts';

export interface SimulationInput {
  /** Any whole number; the same seed gives the same result, to the byte. */
  readonly seed: number;
  readonly arrivals: ArrivalLaw;
  /** How many executions arrive before the end, or for how long they do. */
  readonly stop:
    | { readonly kind: 'executions'; readonly count: number }
    | { readonly kind: 'time'; readonly seconds: number };
  /** Share of the executions at the start that is simulated but not counted, 0 to 0.9. Default 0.1. */
  readonly warmupShare?: number;
  /** Time that an execution keeps a processor busy. */
  readonly cpu: { readonly meanS: number; readonly scv: number };
  /** Start to end when nothing is waited for, tool calls included. Default: the processor time alone. */
  readonly service?: ServiceTime;
  readonly instances: number;
  readonly serversPerInstance: number;
  readonly queue: 'pooled' | 'split';
  /**
   * `fcfs` (default): an execution has a processor to itself, the others wait. `ps`: all executions of an instance run at once
   * and share its processors, as threads of one machine do; the wait is then the time by which sharing prolongs them.
   */
  readonly discipline?: 'fcfs' | 'ps';
  /** Default random. */
  readonly routing?: Routing;
  /** Executions that may wait in the whole fleet; one more is rejected. Default: no bound. */
  readonly maxQueue?: number;
  readonly autoscaler?: HpaConfig;
  /** Instances lost at a time, with what they serve, which starts again; and when they are back. */
  readonly failures?: readonly {
    readonly atS: number;
    readonly instances: number;
    readonly backAfterS?: number;
  }[];
  /** Every instance is replaced by a new one, the oldest first: a rolling update. */
  readonly rollout?: Rollout;
  /** Responses above it are counted as misses. */
  readonly limitS?: number;
}

/** As in a Deployment: new instances are ready before old ones go (surge), or old ones go first (unavailable). */
export interface Rollout {
  readonly atS: number;
  /** Instances above the number wanted; from 0, and above 0 when `maxUnavailable` is 0. */
  readonly maxSurge: number;
  /** Instances below the number wanted; from 0. */
  readonly maxUnavailable: number;
  /** From the order of an instance until it takes work. */
  readonly readyDelayS: number;
}

export interface SimulationResult {
  readonly simulatedS: number;
  readonly events: number;
  readonly arrived: number;
  readonly rejected: number;
  /** Executions started again because their instance was lost. */
  readonly restarted: number;
  readonly wait: SampleSummary;
  readonly response: SampleSummary;
  /** Busy share of the processors that were up, warm-up included. */
  readonly utilisation: number;
  /** Time that instances were ordered, starting included: what is paid for. */
  readonly instanceHours: number;
  readonly instancesMost: number;
  /** Share of responses above `limitS`; null without one. */
  readonly missShare: number | null;
  /** Instances at the end of each simulated hour, and its share of misses. */
  readonly hours: readonly { readonly instances: number; readonly missShare: number | null }[];
}
