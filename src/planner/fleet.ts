// One fleet: n instances of one type under the peak load. What it answers, and the smallest n that meets the goals.
import type { InstanceType } from './catalogue.ts';
import { smallestWhere } from './invert.ts';
import { responseQuantile, type WaitLaw } from './service-time.ts';
import type { Slo } from './slo.ts';
import { ceilOnce, waitLaw, waitQuantile } from './station.ts';
import type { Workload } from './workload.ts';

/** How arrivals meet the processors of several instances. */
export type QueueKind =
  /** One queue for the whole fleet: a broker hands work to whoever is free. */
  | 'pooled'
  /** One queue per instance: a load balancer spreads arrivals at random. */
  | 'split'
  /** One queue per host process: an execution stays with the host it started on, so after a tool call it waits for that one. */
  | 'host';

/** How many separate queues a fleet has. */
export function queuesOf(queue: QueueKind, vcpu: number, instances: number): number {
  switch (queue) {
    case 'pooled':
      return 1;
    case 'split':
      return instances;
    case 'host':
      return instances * vcpu;
  }
}

export interface FleetDemand {
  /** Executions per second at the peak. */
  readonly peakPerSecond: number;
  readonly workload: Workload;
  readonly queue: QueueKind;
  /** Largest busy share of the processors at the peak, 0..1. */
  readonly maxUtilisation: number;
  readonly slos: readonly Slo[];
}

/** No fleet is larger. */
export const MAX_INSTANCES = 1_000_000;

/** The wait for a processor in a fleet; undefined without a steady state. */
export function fleetWait(
  demand: FleetDemand,
  vcpu: number,
  instances: number,
  queue: QueueKind = demand.queue,
): WaitLaw | undefined {
  const { workload, peakPerSecond } = demand;
  const queues = queuesOf(queue, vcpu, instances);
  return waitLaw({
    servers: (vcpu * instances) / queues,
    offeredLoad: (peakPerSecond * workload.cpuPerExecution.value) / queues,
    meanServiceTime: workload.cpuPerExecution.value,
    serviceScv: workload.cpuScv.value,
  });
}

/** Milliseconds that a share p stays within; Infinity without a steady state. */
export function sloValueMs(
  wait: WaitLaw | undefined,
  workload: Workload,
  slo: Pick<Slo, 'metric' | 'p'>,
): number {
  if (wait === undefined) return Infinity;
  const seconds =
    slo.metric === 'wait' ? waitQuantile(wait, slo.p) : responseQuantile(wait, workload.service, slo.p);
  return seconds * 1_000;
}

export function utilisation(demand: FleetDemand, vcpu: number, instances: number): number {
  return (demand.peakPerSecond * demand.workload.cpuPerExecution.value) / (vcpu * instances);
}

/** Busy share of the one thread that serves a whole instance: dispatch and tool calls cannot spread over cores. */
export function threadUtilisation(demand: FleetDemand, instances: number): number {
  return (demand.peakPerSecond * demand.workload.embeddingCpu.value) / instances;
}

/** What decides the number of instances. */
export type Binding = 'utilisation' | 'dispatch thread' | 'objective';

export interface Sizing {
  readonly instances: number;
  readonly binding: Binding;
}

/**
 * The smallest number of instances that meets the utilisation limit, the dispatch thread's limit and every objective.
 * @returns undefined when no number does.
 */
export function sizeFleet(demand: FleetDemand, type: Pick<InstanceType, 'vcpu'>): Sizing | undefined {
  const { maxUtilisation, slos, workload } = demand;
  const byUtilisation = Math.max(1, ceilOnce(utilisation(demand, type.vcpu, 1) / maxUtilisation));
  const byThread = Math.max(1, ceilOnce(threadUtilisation(demand, 1) / maxUtilisation));
  const byLoad = Math.max(byUtilisation, byThread);
  const meets = (instances: number): boolean => {
    const wait = fleetWait(demand, type.vcpu, instances);
    return slos.every((slo) => sloValueMs(wait, workload, slo) <= slo.limitMs);
  };
  const instances = smallestWhere(meets, byLoad, MAX_INSTANCES);
  if (instances === undefined) return undefined;
  if (instances > byLoad) return { instances, binding: 'objective' };
  return { instances, binding: byThread > byUtilisation ? 'dispatch thread' : 'utilisation' };
}
