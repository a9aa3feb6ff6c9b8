// What a reader of the plan must know before believing it. Each warning has a fixed id, its evidence and a fix.
import { formatCount } from '../units.ts';
import { type FleetDemand, threadUtilisation } from './fleet.ts';
import { fleetWarnings } from './fleet-warnings.ts';
import type { Plan, PlanInput, ThreeCheck, TypePlan, Warning } from './plan-types.ts';
import type { Rehearsal } from './rehearsal.ts';

const BUSY_BENCH = 0.5;
const BUSY_THREAD = 0.5;
const HIGH_SCV = 4;

/** The warnings of a plan, in the order of the catalogue in docs/planner.md. */
export function planWarnings(
  input: PlanInput,
  demand: FleetDemand,
  chosen: TypePlan,
  { checks, day, rehearsal }: Pick<Plan, 'checks' | 'day' | 'rehearsal'>,
): Warning[] {
  return [
    ...benchWarnings(input),
    ...typeWarnings(input, chosen),
    ...modelWarnings(input, demand, chosen),
    ...fleetWarnings(input, demand, chosen, day),
    ...checkWarnings(checks),
    ...rehearsalWarnings(rehearsal),
  ];
}

function benchWarnings({ workload }: PlanInput): Warning[] {
  const { machine, noise } = workload;
  const warnings: Warning[] = [];
  if (noise !== undefined)
    warnings.push({
      id: 'BENCH-NOISE',
      severity: 'error',
      evidence: `${noise}; every number below inherits it`,
      fix: 'measure again on a quiet machine',
    });
  if (machine.utilisation !== undefined && machine.utilisation > BUSY_BENCH)
    warnings.push({
      id: 'BENCH-BUSY',
      severity: 'warning',
      evidence: `the run kept the cores ${percent(machine.utilisation)} busy, so its times hold waits that lighter loads have not`,
      fix: 'measure at a rate that keeps the cores below 50 % busy',
    });
  return warnings;
}

function typeWarnings({ workload }: PlanInput, { type, vcpu, doubts }: TypePlan): Warning[] {
  const warnings: Warning[] = [];
  const { machine } = workload;
  if (machine.name !== type)
    warnings.push({
      id: 'EXTRAPOLATE',
      severity: doubts.length > 0 ? 'warning' : 'info',
      evidence: `${machine.cores.provenance} on ${formatCount(machine.cores.value)} cores of ${machine.name}; one of them is taken as one vCPU of ${type} (${vcpu} vCPU)${doubts.length > 0 ? `; ${doubts.join(', ')}` : ''}`,
      fix: `run enclave bench on a ${type}`,
    });
  if (doubts.includes('burstable'))
    warnings.push({
      id: 'BURST-BASELINE',
      severity: 'warning',
      evidence: `${type} is burstable: above its baseline it spends credits or costs extra`,
      fix: 'choose a type that is not burstable, or check its baseline against the utilisation of the plan',
    });
  if (doubts.includes('too little memory'))
    warnings.push({
      id: 'MEM-FLOOR',
      severity: 'error',
      evidence: `${vcpu} host processes at their measured peak fill more than 85 % of the memory of ${type}`,
      fix: 'choose a type with more memory for each vCPU',
    });
  return warnings;
}

function modelWarnings({ workload }: PlanInput, demand: FleetDemand, chosen: TypePlan): Warning[] {
  const warnings: Warning[] = [];
  const thread = threadUtilisation(demand, chosen.needed);
  if (thread > BUSY_THREAD)
    warnings.push({
      id: 'THREAD-BOUND',
      severity: 'warning',
      evidence: `the dispatch thread of an instance is ${percent(thread)} busy when spares are lost; its own queue is not in the model`,
      fix: 'use more instances of a smaller type',
    });
  if (workload.cpuScv.value > HIGH_SCV)
    warnings.push({
      id: 'HIGH-SCV',
      severity: 'warning',
      evidence: `CPU times vary widely (cs2 ${formatCount(workload.cpuScv.value)}); two moments do not tell the tail`,
      fix: 'plan the long scripts apart from the short ones',
    });
  return warnings;
}

function checkWarnings(checks: readonly ThreeCheck[]): Warning[] {
  return checks
    .filter(({ agrees }) => !agrees)
    .map(({ difference, name }) => ({
      id: 'MODELS-DIFFER',
      severity: 'warning',
      evidence: `${name}: the approximation is ${percent(Math.abs(difference))} ${difference > 0 ? 'above' : 'below'} the simulation`,
      fix: 'believe the simulation, and measure at this load',
    }));
}

/** Where the bought fleet misses an objective in the simulation by more than chance. */
function rehearsalWarnings(rehearsal: readonly Rehearsal[]): Warning[] {
  return rehearsal
    .filter(({ executions, mayMiss, missShare }) => {
      if (missShare === null || mayMiss === null) return false;
      // Responses of one queue depend on each other: an eighth of them is taken to tell something new.
      return missShare > mayMiss + 2 * Math.sqrt((mayMiss * (1 - mayMiss) * 8) / executions);
    })
    .map(({ mayMiss, missShare, title }) => ({
      id: 'REHEARSAL-MISS',
      severity: 'warning',
      evidence: `${title}: ${formatCount(100 * (missShare ?? 0), 1)} % of the simulated responses are beyond the objective, ${formatCount(100 * (mayMiss ?? 0), 2)} % may be`,
      fix: 'buy more spares, scale earlier (--autoscaler target, min), or accept it for that time',
    }));
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
