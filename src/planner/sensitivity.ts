// How far an input may be wrong before the plan fails, and what fleets other volumes and peaks would need.
import { type FleetDemand, fleetWait, isSloMet, sizeFleet, threadUtilisation, utilisation } from './fleet.ts';
import type { PlanInput, Sensitivity, SweepCell, TypePlan } from './plan-types.ts';
import type { Sourced } from './provenance.ts';
import type { ServiceTime } from './service-time.ts';
import { type Workload, withCostFactor } from './workload.ts';

/** One input made larger by a factor. */
interface Knob {
  readonly name: string;
  readonly source: Sourced;
  readonly unit: string;
  readonly turn: (demand: FleetDemand, factor: number) => FleetDemand;
}

/** Beyond this an input is as good as without influence. */
const MAX_FACTOR = 1_000;
const SWING = 0.25;
const SWEEP_VOLUMES: readonly number[] = [0.2, 0.5, 1, 2, 5, 10];
const SWEEP_PEAKS: readonly number[] = [1, 2, 3, 5, 10];

/**
 * For each input: the factor it may grow by until the bought fleet misses an objective or leaves no processor idle, with all
 * instances up and with only those that the load needs; and the instances needed if it were 25 % less or more.
 */
export function sensitivities(input: PlanInput, demand: FleetDemand, chosen: TypePlan): Sensitivity[] {
  return knobsOf(input).map(({ name, source, turn, unit }) => {
    const margin = (instances: number): number | null => {
      const holds = (factor: number) => carries(turn(demand, factor), chosen.vcpu, instances);
      return largestFactor(holds);
    };
    const neededAt = (factor: number) => sizeFleet(turn(demand, factor), chosen)?.instances ?? null;
    return {
      name,
      value: source.value,
      unit,
      provenance: source.provenance,
      mayGrowBy: margin(chosen.instances),
      mayGrowByDegraded: margin(chosen.needed),
      neededIfLess: neededAt(1 - SWING),
      neededIfMore: neededAt(1 + SWING),
    };
  });
}

/** Instances and cost of the chosen type for other volumes (rows) and peaks (columns), sized like the plan. */
export function sweep(
  size: (perDay: number, peak: number) => TypePlan | undefined,
  perDay: number,
): SweepCell[] {
  return SWEEP_VOLUMES.flatMap((factor) =>
    SWEEP_PEAKS.map((peak) => {
      const plan = size(perDay * factor, peak);
      return {
        perDay: perDay * factor,
        peak,
        instances: plan?.instances ?? null,
        usdPerMonth: plan?.usdPerMonth ?? null,
      };
    }),
  );
}

function knobsOf({ peakMultiplier, perDay, workload }: PlanInput): Knob[] {
  const knobs: Knob[] = [
    { name: 'volume', source: perDay, unit: '/day', turn: scaleRate },
    { name: 'peak', source: peakMultiplier, unit: 'x', turn: scaleRate },
    {
      name: 'CPU per execution',
      source: workload.cpuPerExecution,
      unit: 's',
      turn: (demand, factor) =>
        // The histogram of a stated capacity is made of the CPU time too, but it is a knob of its own.
        withWorkload(demand, {
          ...withCostFactor(demand.workload, factor),
          service: demand.workload.service,
        }),
    },
    {
      name: 'service time',
      source: { ...workload.serviceSource, value: workload.service.meanS },
      unit: 's',
      turn: (demand, factor) =>
        demand.response === undefined
          ? withWorkload(demand, { service: scaleService(demand.workload.service, factor) })
          : { ...demand, timeFactor: (demand.timeFactor ?? 1) * factor },
    },
    {
      name: 'variation of CPU',
      source: workload.cpuScv,
      unit: 'cs2',
      turn: (demand, factor) => withWorkload(demand, { cpuScv: times(demand.workload.cpuScv, factor) }),
    },
  ];
  return knobs;
}

function scaleRate(demand: FleetDemand, factor: number): FleetDemand {
  return { ...demand, peakPerSecond: demand.peakPerSecond * factor };
}

function withWorkload(demand: FleetDemand, changes: Partial<Workload>): FleetDemand {
  return { ...demand, workload: { ...demand.workload, ...changes } };
}

function times(sourced: Sourced, factor: number): Sourced {
  return { ...sourced, value: sourced.value * factor };
}

function scaleService(service: ServiceTime, factor: number): ServiceTime {
  if (service.kind === 'exponential') return { ...service, meanS: service.meanS * factor };
  const bins = service.bins.map(({ count, fromS, toS }) => ({
    fromS: fromS * factor,
    toS: toS * factor,
    count,
  }));
  return { ...service, bins, meanS: service.meanS * factor };
}

/** Whether a fleet still works: no processor or thread is full, every objective holds. The utilisation limit is a wish, not a wall. */
function carries(demand: FleetDemand, vcpu: number, instances: number): boolean {
  if (utilisation(demand, vcpu, instances) >= 1 || threadUtilisation(demand, instances) >= 1) return false;
  const wait = fleetWait(demand, vcpu, instances);
  return demand.slos.every((slo) => isSloMet(wait, demand, slo));
}

/** The largest factor from 1 on for which a claim holds, to 0.1 %; null when it holds as far as we look. */
function largestFactor(holds: (factor: number) => boolean): number | null {
  if (holds(MAX_FACTOR)) return null;
  let [low, high] = [1, 2];
  while (holds(high)) [low, high] = [high, high * 2];
  while (high / low > 1.001) {
    const middle = Math.sqrt(low * high);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
