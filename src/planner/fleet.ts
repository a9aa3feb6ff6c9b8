// One fleet: n instances of one type under the peak load. What it answers, and the smallest n that meets the goals.
import type { InstanceType } from './catalogue.ts';
import { busyAt, costAt, rateAt } from './cost-law.ts';
import { smallestWhere } from './invert.ts';
import { type QueueKind, queueWait } from './queue-kind.ts';
import type { LoadedWait, ResponseModel } from './response.ts';
import { type InstanceScaling, mostUseful, scalingLoss } from './scaling.ts';
import { responseQuantile, responseSurvival } from './service-time.ts';
import type { Slo } from './slo.ts';
import { ceilOnce, waitQuantile } from './station.ts';
import type { Workload } from './workload.ts';

export interface FleetDemand {
  /** Executions per second at the peak. */
  readonly peakPerSecond: number;
  readonly workload: Workload;
  readonly queue: QueueKind;
  /** Largest busy share of the processors at the peak, 0..1. */
  readonly maxUtilisation: number;
  readonly slos: readonly Slo[];
  /** What instances lose to each other; absent: nothing. */
  readonly scaling?: InstanceScaling;
  /** Response times from what was measured under load; absent: the service times and the wait, independent of each other. */
  readonly response?: ResponseModel;
  /** What every response time is multiplied by. Default 1. */
  readonly timeFactor?: number;
  /** Standard normal draw / sqrt(samples): a percentile p is read at p + scatter sqrt(p (1 - p)). Default 0. */
  readonly scatter?: number;
}

/** The wait in a fleet, and how busy its processors are. */
export interface FleetWait extends LoadedWait {
  readonly busy: number;
}

/** No fleet is larger. */
export const MAX_INSTANCES = 1_000_000;

/** The wait for a processor in a fleet; undefined without a steady state. */
export function fleetWait(
  demand: FleetDemand,
  vcpu: number,
  instances: number,
  queue: QueueKind = demand.queue,
): FleetWait | undefined {
  const busy = utilisation(demand, vcpu, instances);
  const cpuS = cpuSeconds(demand, vcpu, instances);
  const cpuScv = demand.workload.cpuScv.value;
  const wait = queueWait({ queue, vcpu, instances, busy, cpuS, cpuScv });
  return wait === undefined ? undefined : { ...wait, busy, cpuS };
}

/** Milliseconds that a share p stays within; Infinity without a steady state. */
export function sloValueMs(
  wait: FleetWait | undefined,
  demand: Pick<FleetDemand, 'response' | 'scatter' | 'timeFactor' | 'workload'>,
  { metric, p }: Pick<Slo, 'metric' | 'p'>,
): number {
  if (wait === undefined) return Infinity;
  if (metric === 'wait') return waitQuantile(wait, p) * 1_000;
  const { response, scatter = 0, timeFactor = 1, workload } = demand;
  const at = scattered(p, scatter);
  const seconds = response?.quantileS(wait, at) ?? responseQuantile(wait, workload.service, at);
  return seconds * timeFactor * 1_000;
}

/** Planned / modelled time of a percentile: 1 without runs under load. A simulation of the model is brought to the runs by it. */
export function measuredFactor(
  wait: FleetWait | undefined,
  { response, workload }: Pick<FleetDemand, 'response' | 'workload'>,
  p: number,
): number {
  if (wait === undefined || response === undefined) return 1;
  return response.quantileS(wait, p) / responseQuantile(wait, workload.service, p);
}

/** Whether an objective holds; quicker than {@link sloValueMs}. */
export function isSloMet(
  wait: FleetWait | undefined,
  demand: Pick<FleetDemand, 'response' | 'scatter' | 'timeFactor' | 'workload'>,
  { limitMs, metric, p }: Slo,
): boolean {
  if (wait === undefined) return false;
  if (metric === 'wait') return waitQuantile(wait, p) * 1_000 <= limitMs;
  const { response, scatter = 0, timeFactor = 1, workload } = demand;
  const at = scattered(p, scatter);
  const limitS = limitMs / 1_000 / timeFactor;
  return response?.isWithin(wait, at, limitS) ?? responseSurvival(wait, workload.service, limitS) <= 1 - at;
}

/** Where a percentile of so few samples may really lie. */
function scattered(p: number, scatter: number): number {
  return Math.min(1 - 1e-9, Math.max(1e-9, p + scatter * Math.sqrt(p * (1 - p))));
}

/** CPU seconds of one execution at the peak, spread over the processors of that many instances. */
export function cpuSeconds(
  { peakPerSecond, scaling, workload }: FleetDemand,
  vcpu: number,
  instances: number,
): number {
  const alone = costAt(workload.cost, peakPerSecond / (vcpu * instances));
  return scaling === undefined ? alone : alone * scalingLoss(scaling, instances);
}

/** Busy share of the processors at the peak. */
export function utilisation(
  { peakPerSecond, scaling, workload }: FleetDemand,
  vcpu: number,
  instances: number,
): number {
  const alone = busyAt(workload.cost, peakPerSecond / (vcpu * instances));
  return scaling === undefined ? alone : alone * scalingLoss(scaling, instances);
}

/** Executions per second that keep the processors of that many instances busy to a share; the inverse of {@link utilisation}. */
export function rateOfFleet(
  { scaling, workload }: FleetDemand,
  vcpu: number,
  instances: number,
  busy: number,
): number {
  if (instances === 0) return 0;
  const loss = scaling === undefined ? 1 : scalingLoss(scaling, instances);
  return rateAt(workload.cost, busy / loss) * vcpu * instances;
}

/** Busy share of the one thread that serves a whole instance: dispatch and tool calls cannot spread over cores. */
export function threadUtilisation({ peakPerSecond, workload }: FleetDemand, instances: number): number {
  return workload.dispatch === undefined ? 0 : busyAt(workload.dispatch, peakPerSecond / instances);
}

/** Instances, not yet rounded, whose processors are busy to the limit at the peak, when they lose nothing to each other. */
export function instancesByLoad(
  { maxUtilisation, peakPerSecond, workload }: FleetDemand,
  vcpu: number,
): number {
  return peakPerSecond / (vcpu * rateAt(workload.cost, maxUtilisation));
}

/** Instances, not yet rounded, whose dispatch threads are busy to the limit at the peak. */
export function instancesByThread({ maxUtilisation, peakPerSecond, workload }: FleetDemand): number {
  return workload.dispatch === undefined ? 0 : peakPerSecond / rateAt(workload.dispatch, maxUtilisation);
}

/** What decides the number of instances. */
export type Binding = 'utilisation' | 'dispatch thread' | 'objective';

export interface Sizing {
  readonly instances: number;
  readonly binding: Binding;
}

/**
 * The least whole number of instances within the utilisation limit and the dispatch thread's.
 * @returns undefined when no number is: instances lose more to each other than they bring.
 */
export function leastByLoad(demand: FleetDemand, vcpu: number): Sizing | undefined {
  const { maxUtilisation, scaling } = demand;
  const byThread = Math.max(1, ceilOnce(instancesByThread(demand)));
  const linear = Math.max(1, ceilOnce(instancesByLoad(demand, vcpu)));
  const byUtilisation =
    scaling === undefined
      ? linear
      : smallestWhere(
          (instances) => utilisation(demand, vcpu, instances) <= maxUtilisation * (1 + 1e-9),
          linear,
          Math.min(MAX_INSTANCES, mostUseful(scaling)),
        );
  if (byUtilisation === undefined) return undefined;
  return byThread > byUtilisation
    ? { instances: byThread, binding: 'dispatch thread' }
    : { instances: byUtilisation, binding: 'utilisation' };
}

/**
 * The smallest number of instances that meets the utilisation limit, the dispatch thread's limit and every objective.
 * @returns undefined when no number does.
 */
export function sizeFleet(demand: FleetDemand, type: Pick<InstanceType, 'vcpu'>): Sizing | undefined {
  const byLoad = leastByLoad(demand, type.vcpu);
  if (byLoad === undefined) return undefined;
  const meets = (instances: number): boolean => {
    const wait = fleetWait(demand, type.vcpu, instances);
    return demand.slos.every((slo) => isSloMet(wait, demand, slo));
  };
  const most =
    demand.scaling === undefined ? MAX_INSTANCES : Math.min(MAX_INSTANCES, mostUseful(demand.scaling));
  const instances = smallestWhere(meets, byLoad.instances, Math.max(byLoad.instances, most));
  if (instances === undefined) return undefined;
  return instances > byLoad.instances ? { instances, binding: 'objective' } : byLoad;
}
