// A fleet over the hours of a day or a week: bought for the peak all day, against following the demand by the autoscaler.
import { HOURS_PER_MONTH, SECONDS_PER_DAY } from '../units.ts';
import { type Met, missedAlways, replay } from './autoscaler-replay.ts';
import { availableFleet } from './availability.ts';
import { type Curve, hourlyRates, peakHourShare } from './curve.ts';
import { cpuSeconds, type FleetDemand, fleetWait, isSloMet, sizeFleet, utilisation } from './fleet.ts';
import { HPA_DEFAULTS, type HpaConfig } from './hpa-controller.ts';
import { scale, times, toUsd, usd } from './money.ts';
import type { PlanInput, TypePlan } from './plan-types.ts';
import { simulate } from './simulate.ts';

/** The part of the autoscaler that users set; the rest is as in Kubernetes. */
export interface AutoscalerGoal {
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  /** Busy share of the processors to aim at, above 0 to 1. */
  readonly targetUtilisation?: number;
  /** From the order of an instance until it takes work, seconds. */
  readonly readyDelayS?: number;
  /** Window of the highest recommendation before shrinking, seconds. */
  readonly scaleDownWindowS?: number;
}

/** One hour of the curve. */
export interface DayHour {
  readonly hour: number;
  readonly ratePerSecond: number;
  /** Instances that the hour's rate needs, spares included. */
  readonly needed: number;
  /** Mean number that the autoscaler kept ordered. */
  readonly autoscaled: number;
  /** Share of the hour's executions that arrived while an objective, or a processor, was missed. */
  readonly missShare: number;
}

export interface DayFleet {
  readonly instanceHours: number;
  readonly usdPerMonth: number;
  readonly missShare: number;
}

/** The chosen type over the curve. */
export interface DayPlan {
  /** Where the curve comes from, and what was mended in it. */
  readonly source: string;
  readonly hours: readonly DayHour[];
  readonly peakHour: number;
  /** Share of its day's volume in the busiest hour. */
  readonly peakHourShare: number;
  /** What was bought for the peak, all hours. */
  readonly fixed: DayFleet;
  readonly autoscaled: DayFleet & {
    readonly minReplicas: number;
    readonly maxReplicas: number;
    readonly targetUtilisation: number;
    readonly readyDelayS: number;
    readonly scaleDownWindowS: number;
    readonly most: number;
    /** Changes of the number of instances. */
    readonly changes: number;
  };
  /** A fleet that always had exactly what the hour needs: no autoscaler does better. */
  readonly ideal: Pick<DayFleet, 'instanceHours' | 'usdPerMonth'>;
  /** The same autoscaler with every execution simulated; null without a simulation, or above 200,000 executions. */
  readonly simulated: { readonly instanceHours: number; readonly executions: number } | null;
}

/** More would take longer than the rest of the plan. */
const MAX_SIMULATED = 200_000;

/**
 * Replays the autoscaler's rule every 15 s over the curve, twice; the second time counts, when its memory is settled.
 *
 * The load is a fluid: in each step the rate is that of the curve, the processors that are ready are busy as the cost law says,
 * and the objectives are those of the steady state at this rate. That holds while executions are short beside the hours. What
 * exceeds the processors is a backlog that is worked off later; executions that arrive while there is one count as missed.
 */
export function replayDay(input: PlanInput, demand: FleetDemand, chosen: TypePlan, curve: Curve): DayPlan {
  const rates = hourlyRates(curve, input.perDay.value / SECONDS_PER_DAY);
  const price = input.catalogue.types.find(({ type }) => type === chosen.type)?.pricePerHourUsd ?? 0;
  const priced = (instanceHours: number): DayFleet['usdPerMonth'] =>
    toUsd(scale(times(usd(price), HOURS_PER_MONTH), Math.round(instanceHours * 1e6), rates.length * 1e6));
  const met = objectiveCheck(demand, chosen.vcpu);
  const needs = rates.map((rate) => neededAt(input, demand, chosen, rate));
  const config = autoscalerConfig(input, demand, chosen, Math.min(...needs));
  const run = replay(rates, demand, chosen.vcpu, config, met);
  const fixed = missedAlways(rates, chosen.instances, met);
  const fixedHours = chosen.instances * rates.length;
  const idealHours = needs.reduce((sum, count) => sum + count, 0);
  return {
    source: curve.source,
    hours: rates.map((ratePerSecond, hour) => ({
      hour,
      ratePerSecond,
      needed: needs[hour] ?? 0,
      autoscaled: run.hours[hour]?.instances ?? 0,
      missShare: run.hours[hour]?.missShare ?? 0,
    })),
    peakHour: rates.indexOf(Math.max(...rates)),
    peakHourShare: peakHourShare(curve),
    fixed: { instanceHours: fixedHours, usdPerMonth: priced(fixedHours), missShare: fixed },
    autoscaled: {
      instanceHours: run.instanceHours,
      usdPerMonth: priced(run.instanceHours),
      missShare: run.missShare,
      minReplicas: config.minReplicas,
      maxReplicas: config.maxReplicas,
      targetUtilisation: config.targetUtilisation,
      readyDelayS: config.readyDelayS,
      scaleDownWindowS: config.scaleDown.stabilisationS,
      most: run.most,
      changes: run.changes,
    },
    ideal: { instanceHours: idealHours, usdPerMonth: priced(idealHours) },
    simulated: simulateDay(input, demand, chosen, rates, config),
  };
}

/** Second opinion beside the fluid: arrivals, queues and processors one by one, the same autoscaler. */
function simulateDay(
  input: PlanInput,
  demand: FleetDemand,
  { needed, vcpu }: TypePlan,
  ratesPerSecond: readonly number[],
  autoscaler: HpaConfig,
): DayPlan['simulated'] {
  const executions = (input.perDay.value * ratesPerSecond.length) / 24;
  if (input.simulation === undefined || executions > MAX_SIMULATED) return null;
  const run = simulate({
    seed: input.simulation.seed,
    arrivals: { kind: 'hourly', ratesPerSecond, between: 'lines' },
    stop: { kind: 'time', seconds: ratesPerSecond.length * 3_600 },
    cpu: { meanS: cpuSeconds(demand, vcpu, needed), scv: demand.workload.cpuScv.value },
    instances: autoscaler.minReplicas,
    serversPerInstance: vcpu,
    queue: demand.queue === 'pooled' ? 'pooled' : 'split',
    autoscaler,
  });
  return { instanceHours: run.instanceHours, executions: run.arrived };
}

/**
 * The autoscaler as asked for. By default it never runs more than was bought nor less than the quietest hour needs, and aims at the
 * busy share of the peak with the spares left idle, less its own tolerance, so that neither scales the spares away.
 */
function autoscalerConfig(
  { autoscaler = {} }: PlanInput,
  demand: FleetDemand,
  chosen: TypePlan,
  least: number,
): HpaConfig {
  const atPeak = utilisation(demand, chosen.vcpu, chosen.needed);
  const target = (atPeak * chosen.needed) / chosen.instances / (1 + HPA_DEFAULTS.tolerance);
  const maxReplicas = autoscaler.maxReplicas ?? chosen.instances;
  return {
    ...HPA_DEFAULTS,
    maxReplicas,
    minReplicas: autoscaler.minReplicas ?? Math.min(maxReplicas, least),
    targetUtilisation: autoscaler.targetUtilisation ?? Math.max(0.01, Math.floor(100 * target) / 100),
    readyDelayS: autoscaler.readyDelayS ?? HPA_DEFAULTS.readyDelayS,
    scaleDown: {
      ...HPA_DEFAULTS.scaleDown,
      stabilisationS: autoscaler.scaleDownWindowS ?? HPA_DEFAULTS.scaleDown.stabilisationS,
    },
  };
}

function neededAt(input: PlanInput, demand: FleetDemand, chosen: TypePlan, rate: number): number {
  const sizing = rate === 0 ? undefined : sizeFleet({ ...demand, peakPerSecond: rate }, chosen);
  return availableFleet(sizing?.instances ?? 1, input.availability).instances;
}

/** Whether a number of instances meets every objective at a rate; rates are told apart to a thousandth of the peak. */
function objectiveCheck(demand: FleetDemand, vcpu: number): Met {
  const known = new Map<string, boolean>();
  const grain = demand.peakPerSecond / 1_000;
  return (rate, instances) => {
    if (instances === 0) return rate === 0;
    const step = Math.ceil(rate / grain - 1e-9);
    const key = `${step}/${instances}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const at = { ...demand, peakPerSecond: step * grain };
    const wait = step === 0 ? undefined : fleetWait(at, vcpu, instances);
    const met = step === 0 || (wait !== undefined && demand.slos.every((slo) => isSloMet(wait, demand, slo)));
    known.set(key, met);
    return met;
  };
}
