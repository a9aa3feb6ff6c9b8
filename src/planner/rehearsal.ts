// The bought fleet, simulated through what will happen to it: an instance lost, a zone lost, a rolling update, processors that are
// shared, the busiest stretch of the day under the autoscaler. What the plan foretells stands beside what the simulation shows.

import { SECONDS_PER_DAY } from '../units.ts';
import { assumedCurve, type Curve, hourlyRates } from './curve.ts';
import { type DayPlan, replayDay } from './day-replay.ts';
import {
  cpuSeconds,
  type FleetDemand,
  type FleetWait,
  fleetWait,
  measuredFactor,
  sloValueMs,
} from './fleet.ts';
import { type Slice, shapeOf, sliceOf } from './fleet-slice.ts';
import { HPA_DEFAULTS, type HpaConfig } from './hpa-controller.ts';
import type { PlanInput, SimulationSize, TypePlan } from './plan-types.ts';
import { responseModel } from './response.ts';
import { simulate } from './simulate.ts';
import type { Estimate } from './simulation-summary.ts';
import type { SimulationInput, SimulationResult } from './simulation-types.ts';
import type { Slo } from './slo.ts';

export type RehearsalId =
  | 'all-up'
  | 'instances-lost'
  | 'zones-lost'
  | 'rollout'
  | 'shared-processors'
  | 'busiest-stretch';

/** One situation, foretold and simulated. */
export interface Rehearsal {
  readonly id: RehearsalId;
  /** In words, with what happens. */
  readonly title: string;
  readonly executions: number;
  /** Simulated time. */
  readonly seconds: number;
  /** Instances simulated, of how many: a large fleet is simulated in part. */
  readonly slice: readonly [simulated: number, all: number];
  /** p99 of the response. Null when the plan foretells no steady state. */
  readonly foretoldP99Ms: number | null;
  /** With its 95 % interval. */
  readonly simulatedP99Ms: Estimate;
  /** foretold / simulated - 1; null without the former. */
  readonly difference: number | null;
  /** Within 10 %, or within the interval of the simulation. */
  readonly agrees: boolean;
  /** Share of responses beyond the first objective for the response; null without one. */
  readonly missShare: number | null;
  /** Share that may be beyond it. */
  readonly mayMiss: number | null;
  /** Executions started again because their instance was lost. */
  readonly restarted: number;
  /** Mean instances, foretold by the replay of the hour and simulated; only where an autoscaler works. */
  readonly instances?: { readonly foretold: number; readonly simulated: number };
}

/** Executions in one situation: a p99 within some 6 %, in 20 ms. */
const EXECUTIONS = 20_000;
const STRETCH_EXECUTIONS = 60_000;
/** A longer stretch would be less busy than the peak. */
const MAX_STRETCH_S = 3_600;
/** Enough for the autoscaler to act, which looks every 15 s. */
const MIN_STRETCH_S = 60;
const AGREEMENT = 0.1;
const P = 0.99;
/** Batches of an update, as a Deployment's default of 25 % surge makes. */
const BATCHES = 4;
const WARMUP_SHARE = 0.1;
const HOUR_S = 3_600;

/**
 * Rehearses the plan at its peak; a large fleet in part, see {@link sliceOf}.
 *
 * @param day - the replay of the curve; null without one, an assumed curve is then replayed
 */
export function rehearse(
  input: PlanInput,
  demand: FleetDemand,
  chosen: TypePlan,
  day: DayPlan | null,
  { seed }: SimulationSize,
): Rehearsal[] {
  const { loseZones, spares, zones } = input.availability;
  const { instances } = chosen;
  const part = sliceOf(demand, chosen);
  if (part === undefined) return [];
  const lostSpares = Math.max(1, spares);
  const lostZones = Math.ceil((instances * loseZones) / zones);
  const context: Context = { demand, chosen, part, seed };
  const ratePerSecond = demand.peakPerSecond * part.share;
  const seconds = EXECUTIONS / ratePerSecond;
  const lose = (id: RehearsalId, lost: number, title?: string): Rehearsal[] => {
    const gone = Math.max(1, Math.round(lost * part.share));
    if (lost >= instances || gone >= part.instances) return [];
    const left = ((part.instances - gone) / part.instances) * instances;
    const failures = [{ atS: WARMUP_SHARE * seconds, instances: gone * part.unit }];
    const words = title ?? `${gone} of ${part.instances} lost`;
    return [situation(context, { id, title: words, up: left, changes: { failures } })];
  };
  return [
    situation(context, { id: 'all-up', title: `all ${instances} up`, up: instances, changes: {} }),
    ...lose('instances-lost', lostSpares),
    ...(loseZones > 0 ? lose('zones-lost', lostZones, `${loseZones} of ${zones} zones lost`) : []),
    situation(context, {
      id: 'rollout',
      title: 'rolling update',
      up: instances,
      changes: {
        rollout: {
          atS: WARMUP_SHARE * seconds,
          maxSurge: part.unit * Math.max(1, Math.ceil(part.instances / BATCHES)),
          maxUnavailable: 0,
          readyDelayS: Math.min(HPA_DEFAULTS.readyDelayS, (0.8 * seconds) / BATCHES),
        },
      },
    }),
    situation(context, {
      id: 'shared-processors',
      title: 'processors shared',
      up: instances,
      changes: { discipline: 'ps', instances: part.instances, serversPerInstance: chosen.vcpu },
    }),
    ...stretch(input, context, day),
  ];
}

interface Context {
  readonly demand: FleetDemand;
  readonly chosen: TypePlan;
  readonly part: Slice;
  readonly seed: number;
}

interface Situation {
  readonly id: RehearsalId;
  readonly title: string;
  /** Instances of the whole fleet that carry the load, for what the plan foretells. */
  readonly up: number;
  readonly changes: Partial<SimulationInput>;
}

function situation(context: Context, { changes, id, title, up }: Situation): Rehearsal {
  const { chosen, demand, part, seed } = context;
  const wait = fleetWait(demand, chosen.vcpu, up);
  const goal = goalOf(demand, wait);
  const run = simulate({
    seed,
    arrivals: { kind: 'poisson', ratePerSecond: demand.peakPerSecond * part.share },
    stop: { kind: 'executions', count: EXECUTIONS },
    warmupShare: WARMUP_SHARE,
    cpu: { meanS: cpuSeconds(demand, chosen.vcpu, up), scv: demand.workload.cpuScv.value },
    service: demand.workload.service,
    ...(goal === undefined ? {} : { limitS: goal.limitMs / 1_000 / goal.factor }),
    ...shapeOf(demand, chosen, part),
    ...changes,
  });
  return compared(context, { id, title, run, wait, goal });
}

/** The objective that misses are counted by, and what the runs showed beside the model at its percentile. */
interface Goal extends Slo {
  readonly factor: number;
}

function goalOf(demand: FleetDemand, wait: FleetWait | undefined): Goal | undefined {
  const slo = demand.slos.find(({ metric }) => metric === 'response');
  return slo === undefined ? undefined : { ...slo, factor: measuredFactor(wait, demand, slo.p) };
}

interface Finding {
  readonly id: RehearsalId;
  readonly title: string;
  readonly run: SimulationResult;
  readonly wait: FleetWait | undefined;
  readonly goal: Goal | undefined;
}

function compared({ chosen, demand, part }: Context, { goal, id, run, title, wait }: Finding): Rehearsal {
  const factor = 1_000 * measuredFactor(wait, demand, P);
  const { high, low, value } = run.response.p99;
  const simulatedP99Ms = { value: value * factor, low: low * factor, high: high * factor };
  const foretold = sloValueMs(wait, demand, { metric: 'response', p: P });
  const foretoldP99Ms = Number.isFinite(foretold) ? foretold : null;
  const difference = foretoldP99Ms === null ? null : foretoldP99Ms / simulatedP99Ms.value - 1;
  const isCovered = simulatedP99Ms.low <= foretold && foretold <= simulatedP99Ms.high;
  return {
    id,
    title,
    executions: run.arrived,
    seconds: run.simulatedS,
    slice: [part.instances, chosen.instances],
    foretoldP99Ms,
    simulatedP99Ms,
    difference,
    agrees: difference === null || isCovered || Math.abs(difference) <= AGREEMENT,
    missShare: run.missShare,
    mayMiss: goal === undefined ? null : 1 - goal.p,
    restarted: run.restarted,
  };
}

/** The busiest stretch of the curve, with the autoscaler at work and an instance lost in its middle; back as soon as it can be. */
function stretch(input: PlanInput, context: Context, day: DayPlan | null): Rehearsal[] {
  const { chosen, part, seed } = context;
  const curve = input.curve ?? assumedCurve(input.peakMultiplier.value);
  if (curve === undefined) return [];
  const seconds = Math.min(MAX_STRETCH_S, STRETCH_EXECUTIONS / (context.demand.peakPerSecond * part.share));
  if (seconds < MIN_STRETCH_S) return [];
  const replayed = day ?? replayOf(input, context.demand, chosen, curve);
  const atPeak = replayed.hours[replayed.peakHour]?.autoscaled ?? chosen.instances;
  const config = scaled(replayed.autoscaled, part);
  const middleS = (replayed.peakHour + 0.5) * HOUR_S;
  const rates = hourlyRates(curve, (input.perDay.value / SECONDS_PER_DAY) * part.share);
  const demand = withinInstance(context.demand);
  const wait = fleetWait(demand, chosen.vcpu, atPeak);
  const goal = goalOf(demand, wait);
  const run = simulate({
    seed,
    arrivals: {
      kind: 'hourly',
      ratesPerSecond: rates,
      between: 'lines',
      startS: Math.max(0, middleS - seconds / 2),
    },
    stop: { kind: 'time', seconds },
    warmupShare: WARMUP_SHARE,
    cpu: { meanS: cpuSeconds(demand, chosen.vcpu, atPeak), scv: demand.workload.cpuScv.value },
    service: demand.workload.service,
    instances: Math.max(1, Math.round(atPeak * part.share)),
    serversPerInstance: chosen.vcpu,
    queue: demand.queue === 'pooled' ? 'pooled' : 'split',
    autoscaler: config,
    failures: [{ atS: seconds / 2, instances: 1, backAfterS: config.readyDelayS }],
    ...(goal === undefined ? {} : { limitS: goal.limitMs / 1_000 / goal.factor }),
  });
  const found = compared(
    { ...context, demand },
    {
      id: 'busiest-stretch',
      title: 'busiest stretch, 1 lost',
      run,
      wait,
      goal,
    },
  );
  const simulated = (run.instanceHours * HOUR_S) / run.simulatedS / part.share;
  return [{ ...found, instances: { foretold: atPeak, simulated } }];
}

/** The autoscaler orders whole instances, so they are simulated whole: within one, work goes to whichever processor is free. */
function withinInstance({ response: _other, ...demand }: FleetDemand): FleetDemand {
  const queue = demand.queue === 'pooled' ? 'pooled' : 'split';
  const response = responseModel(demand.workload, queue);
  return { ...demand, queue, ...(response === undefined ? {} : { response }) };
}

/** The fluid replay alone: its own simulation would be a second one of the same. */
function replayOf(
  { simulation: _none, ...input }: PlanInput,
  demand: FleetDemand,
  chosen: TypePlan,
  curve: Curve,
): DayPlan {
  return replayDay(input, demand, chosen, curve);
}

function scaled(autoscaled: DayPlan['autoscaled'], { share }: Slice): HpaConfig {
  const { maxReplicas, minReplicas, readyDelayS, scaleDownWindowS, targetUtilisation } = autoscaled;
  return {
    ...HPA_DEFAULTS,
    minReplicas: Math.max(1, Math.floor(minReplicas * share)),
    maxReplicas: Math.max(1, Math.ceil(maxReplicas * share)),
    targetUtilisation,
    readyDelayS,
    scaleDown: { ...HPA_DEFAULTS.scaleDown, stabilisationS: scaleDownWindowS },
  };
}
