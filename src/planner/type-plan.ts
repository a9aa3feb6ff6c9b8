// Sizes and prices one instance type, and says what speaks against choosing it untested.

import { HOURS_PER_MONTH } from '../units.ts';
import { availableFleet } from './availability.ts';
import type { InstanceType } from './catalogue.ts';
import { type FleetDemand, fleetWait, sizeFleet, sloValueMs, utilisation } from './fleet.ts';
import { scale, times, toUsd, usd } from './money.ts';
import type { Doubt, PlanInput, Prediction, TypePlan } from './plan-types.ts';
import type { Slo } from './slo.ts';
import type { Workload } from './workload.ts';

/** Percentiles that every plan predicts, whether or not an objective names them. */
const SHOWN: readonly number[] = [0.5, 0.95, 0.99];
const TAIL_SAMPLES = 10;
/** Share of the memory that host processes may fill. */
const MEMORY_SHARE = 0.85;
const GIB = 2 ** 30;

/** @returns undefined when no number of these instances meets the objectives. */
export function planType(input: PlanInput, demand: FleetDemand, type: InstanceType): TypePlan | undefined {
  const sizing = sizeFleet(demand, type);
  if (sizing === undefined) return undefined;
  const fleet = availableFleet(sizing.instances, input.availability);
  const peak = utilisation(demand, type.vcpu, fleet.instances);
  const perMonth =
    times(times(usd(type.pricePerHourUsd), HOURS_PER_MONTH), fleet.instances) +
    usd(input.fixedUsdPerMonth ?? 0);
  return {
    type: type.type,
    vcpu: type.vcpu,
    arch: type.arch,
    doubts: doubtsOf(type, input.workload),
    needed: sizing.instances,
    binding: sizing.binding,
    instances: fleet.instances,
    rule: fleet.rule,
    utilisationMean: utilisation(
      { ...demand, peakPerSecond: demand.peakPerSecond / input.peakMultiplier.value },
      type.vcpu,
      fleet.instances,
    ),
    utilisationPeak: peak,
    predictions: predict(demand, type.vcpu, fleet.instances, sizing.instances),
    usdPerMonth: toUsd(perMonth),
    // The month's 730 hours are 730 / 24 days of mean volume.
    usdPerMillion: toUsd(scale(perMonth, 24e6, input.perDay.value * HOURS_PER_MONTH)),
    isPareto: false,
  };
}

/**
 * The same types, marked where no other one is both as cheap and as fast, and better in one. A type about which more is in doubt
 * pushes no other out: a burstable one is cheap for a reason.
 */
export function markPareto(types: readonly TypePlan[]): TypePlan[] {
  const p99 = ({ predictions }: TypePlan) =>
    predictions.find(({ metric, p }) => metric === 'response' && p === 0.99)?.valueMs ?? Infinity;
  const isBetter = (a: TypePlan, b: TypePlan) =>
    a.doubts.every((doubt) => b.doubts.includes(doubt)) &&
    a.usdPerMonth <= b.usdPerMonth &&
    p99(a) <= p99(b) &&
    (a.usdPerMonth < b.usdPerMonth || p99(a) < p99(b));
  return types.map((type) => ({ ...type, isPareto: !types.some((other) => isBetter(other, type)) }));
}

function predict(demand: FleetDemand, vcpu: number, instances: number, needed: number): Prediction[] {
  const { workload, slos } = demand;
  const all = fleetWait(demand, vcpu, instances);
  const degraded = fleetWait(demand, vcpu, needed);
  const shown = SHOWN.map((p) => ({ metric: 'response', p }) as const);
  const extra = slos.filter(({ metric, p }) => metric === 'wait' || !SHOWN.includes(p));
  return [...shown, ...extra].map((goal) => ({
    metric: goal.metric,
    p: goal.p,
    valueMs: isSupported(workload, goal) ? sloValueMs(all, demand, goal) : null,
    degradedMs: isSupported(workload, goal) ? sloValueMs(degraded, demand, goal) : null,
    limitMs: strictest(slos, goal),
  }));
}

function isSupported({ service }: Workload, { metric, p }: Pick<Slo, 'metric' | 'p'>): boolean {
  if (metric === 'wait' || service.kind === 'exponential') return true;
  return service.count * (1 - p) >= TAIL_SAMPLES - 1e-9;
}

function strictest(slos: readonly Slo[], goal: Pick<Slo, 'metric' | 'p'>): number | null {
  const limits = slos.filter(({ metric, p }) => metric === goal.metric && p === goal.p);
  return limits.length === 0 ? null : Math.min(...limits.map(({ limitMs }) => limitMs));
}

function doubtsOf(type: InstanceType, { machine, hostMemory }: Workload): Doubt[] {
  const doubts: Doubt[] = [];
  if (type.burstable) doubts.push('burstable');
  if (machine.arch !== 'unknown' && machine.arch !== type.arch) doubts.push('other architecture');
  if (type.vcpu > 2 * machine.cores.value) doubts.push('more vCPUs than twice the tested');
  // One host process per vCPU.
  if (hostMemory !== undefined && hostMemory.value * type.vcpu > MEMORY_SHARE * type.memoryGib * GIB)
    doubts.push('too little memory');
  return doubts;
}
