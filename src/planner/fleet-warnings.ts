// Warnings about the fleet and its surroundings: what is outside of the queues and still breaks a plan.
import { formatCount } from '../units.ts';
import type { DayPlan } from './day-replay.ts';
import { type FleetDemand, fleetWait, utilisation } from './fleet.ts';
import { executionsInFlight, MAX_SESSIONS } from './in-flight.ts';
import type { PlanInput, TypePlan, Warning } from './plan-types.ts';

/** Executions after which the pool replaces a host process unless told otherwise. */
const RECYCLE_AFTER = { isolate: 15_000, context: 50_000 } as const;
/** A start takes some 0.13 s of a processor: one in a hundred of such a life. */
const SHORT_LIFE_S = 13;
/** Open files of a process on a stock Linux. */
const DESCRIPTORS = 1_024;
/** Sockets of a process beside those of executions: logs, store, metrics. */
const OTHER_DESCRIPTORS = 256;
const SPLIT_RATIO = 2;
const BUSY_COST = 2;

/** In the order of the catalogue in docs/planner.md. */
export function fleetWarnings(
  input: PlanInput,
  demand: FleetDemand,
  chosen: TypePlan,
  day: DayPlan | null,
): Warning[] {
  return [
    ...runWarnings(input, demand, chosen),
    ...queueWarnings(demand, chosen),
    ...limitWarnings(input, demand, chosen),
    ...autoscalerWarnings(day, chosen),
  ];
}

function runWarnings({ workload }: PlanInput, demand: FleetDemand, chosen: TypePlan): Warning[] {
  const warnings: Warning[] = [];
  if (workload.serviceSource.provenance !== 'measured') return warnings;
  const { anchors, betweenRuns, cost } = workload;
  const highest = cost.points.at(-1)?.busy ?? 1;
  const planned = utilisation(demand, chosen.vcpu, chosen.needed);
  if (planned > BUSY_COST * highest)
    warnings.push({
      id: 'COST-IDLE',
      severity: 'warning',
      evidence: `the CPU per execution was measured at ${percent(highest)} busy and the plan runs at ${percent(planned)}; busy processors need less for each (shared wake-ups, warm caches), so this is likely to buy too much`,
      fix: 'run enclave bench --concurrency 16 too, and name both reports with --from',
    });
  if (anchors.length === 0)
    warnings.push({
      id: 'BENCH-CLOSED',
      severity: 'warning',
      evidence: 'the run kept a fixed number in flight: its times hold that queue, not the one of arrivals',
      fix: 'add a run with --rate',
    });
  if (cost.points.length === 2)
    warnings.push({
      id: 'TWO-POINT',
      severity: 'info',
      evidence: 'the cost law goes through two loads: nothing is left over to tell its error',
      fix: 'add a run at a load between them',
    });
  if (betweenRuns !== undefined && betweenRuns.cpuError > 0.05)
    warnings.push({
      id: 'BENCH-CI',
      severity: 'warning',
      evidence: `${betweenRuns.runs} runs at the same load leave the CPU per execution uncertain by ± ${percent(1.96 * betweenRuns.cpuError)}`,
      fix: 'measure more often, on a quieter machine',
    });
  return warnings;
}

function queueWarnings(demand: FleetDemand, chosen: TypePlan): Warning[] {
  if (demand.queue === 'pooled') return [];
  const mean = (queue: FleetDemand['queue']) => {
    const wait = fleetWait(demand, chosen.vcpu, chosen.needed, queue);
    return wait === undefined ? Infinity : wait.probability / wait.rate;
  };
  const [split, pooled] = [mean(demand.queue), mean('pooled')];
  // Waits below a tenth of a millisecond are of no account, however their ratio.
  if (!(split > SPLIT_RATIO * pooled && split > 1e-4)) return [];
  return [
    {
      id: 'STICKY-SPLIT',
      severity: 'info',
      evidence: `with spares lost the mean wait is ${formatCount(split * 1_000)} ms, in one queue for all ${formatCount(pooled * 1_000)} ms`,
      fix: 'let a broker hand work to whoever is free, or balance by the fewest in flight',
    },
  ];
}

function limitWarnings({ workload }: PlanInput, demand: FleetDemand, chosen: TypePlan): Warning[] {
  const warnings: Warning[] = [];
  const inFlight = executionsInFlight(demand, chosen.vcpu, chosen.needed);
  if (inFlight > MAX_SESSIONS)
    warnings.push({
      id: 'SESSION-CAP',
      severity: 'error',
      evidence: `${formatCount(inFlight, 0)} executions are in flight on an instance at the peak, and maxConcurrentSessions is ${formatCount(MAX_SESSIONS)} by default`,
      fix: `set maxConcurrentSessions to ${formatCount(Math.ceil(1.5 * inFlight), 0)} or more`,
    });
  const descriptors = 2 * (inFlight + OTHER_DESCRIPTORS);
  if (descriptors > DESCRIPTORS)
    warnings.push({
      id: 'FD-LIMIT',
      severity: 'warning',
      evidence: `2 x (${formatCount(inFlight, 0)} in flight + ${OTHER_DESCRIPTORS}) = ${formatCount(descriptors, 0)} descriptors, and a process has ${formatCount(DESCRIPTORS)} by default`,
      fix: `set LimitNOFILE to ${2 ** Math.ceil(Math.log2(descriptors))}`,
    });
  const recycleAfter = RECYCLE_AFTER[workload.measuredAs?.isolation ?? 'context'];
  const lifeS = (recycleAfter * chosen.needed * chosen.vcpu) / demand.peakPerSecond;
  if (lifeS < SHORT_LIFE_S)
    warnings.push({
      id: 'RECYCLE',
      severity: 'warning',
      evidence: `a host process is replaced every ${formatCount(lifeS)} s at the peak (after ${formatCount(recycleAfter)} executions); its start is not in the plan`,
      fix: 'raise maxExecutionsPerWorker',
    });
  return warnings;
}

function autoscalerWarnings(day: DayPlan | null, { needed }: TypePlan): Warning[] {
  if (day === null) return [];
  const warnings: Warning[] = [];
  const { maxReplicas, minReplicas, missShare } = day.autoscaled;
  if (maxReplicas < needed)
    warnings.push({
      id: 'HPA-MAX',
      severity: 'error',
      evidence: `the autoscaler stops at ${maxReplicas} instances, the peak needs ${needed}`,
      fix: `set max to ${needed} or more`,
    });
  const least = Math.min(...day.hours.map((hour) => hour.needed));
  if (minReplicas < least)
    warnings.push({
      id: 'HPA-MIN',
      severity: 'warning',
      evidence: `the autoscaler may go down to ${minReplicas} instances, the quietest hour needs ${least}`,
      fix: `set min to ${least}`,
    });
  if (missShare > 0)
    warnings.push({
      id: 'HPA-LAG',
      severity: 'warning',
      evidence: `${formatCount(100 * missShare)} % of the executions arrive while the autoscaler lags behind`,
      fix: 'lower target or raise min of --autoscaler, or start instances sooner',
    });
  return warnings;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
