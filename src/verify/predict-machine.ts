// What the model says of one machine under a load, with the band that a measurement of it should fall into.
import { rateAt } from '../planner/cost-law.ts';
import { type FleetDemand, fleetWait, sloValueMs, utilisation } from '../planner/fleet.ts';
import type { QueueKind } from '../planner/queue-kind.ts';
import { responseModel } from '../planner/response.ts';
import type { Workload } from '../planner/workload.ts';

/** A number foretold. Times ms, utilisation 0..1, capacity executions per second. */
export interface PredictedNumber {
  readonly metric: 'p50' | 'p95' | 'p99' | 'utilisation' | 'capacity';
  readonly unit: 'ms' | 'ratio' | '/s';
  /** Null when the machine cannot carry the load. */
  readonly value: number | null;
  readonly low: number;
  /** Null: no upper end. */
  readonly high: number | null;
}

export interface MachineLoad {
  readonly workload: Workload;
  /** Cores of the machine that is to be measured. */
  readonly cores: number;
  readonly ratePerSecond: number;
  readonly queue: QueueKind;
  /** Executions that the measurement has, or will have. */
  readonly samples: number;
}

/** The accuracy that the planner promises: a percentile within 10 %, utilisation and capacity within 5 %. */
const TIME_TOLERANCE = 0.1;
const LOAD_TOLERANCE = 0.05;
const Z95 = 1.959963984540054;
/** Samples that must lie above a percentile for it to be judged. */
const TAIL_SAMPLES = 10;

export const PERCENTILES = [
  ['p50', 0.5],
  ['p95', 0.95],
  ['p99', 0.99],
] as const;

/** Whether so many executions tell a percentile. */
export function supports(samples: number, p: number): boolean {
  return samples * (1 - p) >= TAIL_SAMPLES - 1e-9;
}

/**
 * p50, p95 and p99 from dispatch to end, and the busy share of the cores, at a rate.
 *
 * The band of a percentile p runs from the model with one queue to the model with a queue per host process, each taken at
 * p ± 1.96 sqrt(p (1 - p) (1/n + 1/m)): n executions were measured for the plan, m are measured now, and their order
 * statistics scatter so much in 95 of 100 cases. It is then widened by the 10 % that the model promises. The band of the
 * utilisation is 5 % and 1.96 sqrt(cs2 (1/n + 1/m)), the standard error of a mean CPU time.
 */
export function predictMachine(load: MachineLoad): PredictedNumber[] {
  const { cores, queue } = load;
  // Each kind of queue is made to agree with the runs by itself.
  const at = (kind: QueueKind, p: number): number => {
    const demand = demandOf(load, kind);
    return sloValueMs(fleetWait(demand, cores, 1), demand, { metric: 'response', p });
  };
  const scatter = oneOver(load);
  const times = PERCENTILES.map(([metric, p]): PredictedNumber => {
    const shift = Z95 * Math.sqrt(p * (1 - p) * scatter);
    return {
      metric,
      unit: 'ms',
      value: finite(at(queue, p)),
      low: at('pooled', Math.max(1e-6, p - shift)) * (1 - TIME_TOLERANCE),
      high: p + shift >= 1 ? null : finite(at('host', p + shift) * (1 + TIME_TOLERANCE)),
    };
  });
  const busy = utilisation(demandOf(load, queue), cores, 1);
  return [...times, { metric: 'utilisation', unit: 'ratio', value: busy, ...loadBand(busy, load) }];
}

/**
 * The most executions per second that the cores do: what closed runs reached, which the load generator was part of; without one,
 * all cores busy by the cost law. The band is that of the utilisation.
 */
export function predictCapacity(load: Omit<MachineLoad, 'ratePerSecond' | 'queue'>): PredictedNumber {
  const { cost, saturation } = load.workload;
  const value = load.cores * (saturation?.ratePerCore ?? rateAt(cost, 1));
  return { metric: 'capacity', unit: '/s', value, ...loadBand(value, load) };
}

function loadBand(value: number, load: Pick<MachineLoad, 'workload' | 'samples'>) {
  const half = LOAD_TOLERANCE + Z95 * Math.sqrt(load.workload.cpuScv.value * oneOver(load));
  return { low: value * Math.max(0, 1 - half), high: value * (1 + half) };
}

/** 1/n + 1/m; a stated capacity has no n, and its error is not known. */
function oneOver({ samples, workload: { service } }: Pick<MachineLoad, 'workload' | 'samples'>): number {
  return (service.kind === 'histogram' ? 1 / service.count : 0) + 1 / Math.max(1, samples);
}

function demandOf({ ratePerSecond, workload }: MachineLoad, queue: QueueKind): FleetDemand {
  const response = responseModel(workload, queue);
  return {
    peakPerSecond: ratePerSecond,
    workload,
    queue,
    maxUtilisation: 1,
    slos: [],
    ...(response === undefined ? {} : { response }),
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
