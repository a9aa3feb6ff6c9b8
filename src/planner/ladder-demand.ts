// The first steps of the derivation: from the volume to the load on processors.
import { formatCount, formatDuration, SECONDS_PER_DAY } from '../units.ts';
import { costAt, rateAt } from './cost-law.ts';
import type { FleetDemand } from './fleet.ts';
import type { PlanInput } from './plan-types.ts';
import { type Provenance, type Step, weakest } from './provenance.ts';

/** Mean and peak rate. */
export function demandSteps(
  { perDay, peakMultiplier }: PlanInput,
  { peakPerSecond }: FleetDemand,
): { readonly steps: readonly Step[]; readonly provenance: Provenance } {
  const mean = perDay.value / SECONDS_PER_DAY;
  const provenance = weakest(perDay.provenance, peakMultiplier.provenance);
  const steps: Step[] = [
    {
      id: 'mean-rate',
      title: 'mean rate',
      formula: 'V / 86,400',
      inputs: `${formatCount(perDay.value)} / 86,400`,
      value: mean,
      unit: '/s',
      provenance: perDay.provenance,
    },
    {
      id: 'peak-rate',
      title: 'peak rate',
      formula: 'm x mean',
      inputs: `${formatCount(peakMultiplier.value)} x ${digits(mean)}`,
      value: peakPerSecond,
      unit: '/s',
      provenance,
    },
  ];
  return { steps, provenance };
}

/** CPU seconds of an execution when the processors are as busy as they may be. */
export function cpuAtLimit({ maxUtilisation, workload }: FleetDemand): number {
  return maxUtilisation / rateAt(workload.cost, maxUtilisation);
}

function cpuStep(demand: FleetDemand): Step {
  const { machine, cost, cpuPerExecution, embeddingCpu } = demand.workload;
  const cpuS = cpuAtLimit(demand);
  const step = { id: 'cpu-per-execution', title: 'CPU per execution', value: cpuS * 1_000, unit: 'ms' };
  const { provenance } = cpuPerExecution;
  if (cost.points.length > 1) {
    const points = cost.points.map(
      (point) => `${ms(costAt(cost, point.ratePerSecond))} at ${Math.round(100 * point.busy)} %`,
    );
    return {
      ...step,
      formula: `at ${Math.round(100 * demand.maxUtilisation)} % busy`,
      inputs: `between ${points.join(', ')}`,
      provenance,
    };
  }
  if (embeddingCpu.value > 0)
    return {
      ...step,
      formula: 'host processes + dispatch',
      inputs: `${ms(cpuS - embeddingCpu.value)} + ${ms(embeddingCpu.value)}`,
      provenance,
    };
  const cores = machine.cores.value;
  return {
    ...step,
    formula: 'vCPUs / capacity',
    inputs: `${formatCount(cores)} / ${formatCount(cores / cpuS)} per second on ${machine.name}`,
    provenance,
  };
}

/** What the peak asks of processors. */
export function loadSteps({ workload }: PlanInput, demand: FleetDemand, provenance: Provenance): Step[] {
  const cpu = cpuAtLimit(demand);
  const steps: Step[] = [
    cpuStep(demand),
    {
      id: 'offered-load',
      title: 'offered load',
      formula: 'A = peak x CPU',
      inputs: `${digits(demand.peakPerSecond)}/s x ${ms(cpu)}`,
      value: demand.peakPerSecond * cpu,
      unit: 'erlang',
      provenance,
    },
  ];
  if (workload.serviceSource.provenance === 'measured')
    steps.push({
      id: 'in-flight',
      title: 'in flight at the peak',
      formula: 'L = peak x mean time',
      inputs: `${digits(demand.peakPerSecond)}/s x ${ms(workload.service.meanS)}`,
      value: demand.peakPerSecond * workload.service.meanS,
      unit: 'executions',
      provenance,
    });
  return steps;
}

/** Seconds as a duration. */
export function ms(seconds: number): string {
  return formatDuration(seconds * 1_000);
}

/** Five significant digits. */
export function digits(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 5 });
}
