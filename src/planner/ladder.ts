// The derivation, step by step: formula, numbers, result, origin. Rounding up happens once, in the step that says so.
import { formatCount, HOURS_PER_MONTH } from '../units.ts';
import { allowedUtilisation } from './allowed-load.ts';
import { availableFleet, INSTANCE_AVAILABILITY, upShare } from './availability.ts';
import { type FleetDemand, fleetWait, instancesByLoad, instancesByThread, sloValueMs } from './fleet.ts';
import { cpuAtLimit, demandSteps, digits, loadSteps, ms } from './ladder-demand.ts';
import type { PlanInput, TypePlan } from './plan-types.ts';
import { type Provenance, type Step, weakest } from './provenance.ts';
import type { QueueKind } from './queue-kind.ts';
import { scalingLoss } from './scaling.ts';
import { type Slo, sloName } from './slo.ts';
import { minServers } from './station.ts';

/** Every step from the volume to the cost of the chosen type. */
export function deriveLadder(input: PlanInput, demand: FleetDemand, chosen: TypePlan): Step[] {
  const rate = demandSteps(input, demand);
  const load = weakest(input.workload.cpuPerExecution.provenance, rate.provenance);
  const fleetProvenance = weakest(load, input.maxUtilisation.provenance);
  return [
    ...rate.steps,
    ...loadSteps(input, demand, load),
    ...serverSteps(input, demand, load),
    ...instanceSteps(input, demand, chosen, fleetProvenance),
    ...objectiveSteps(demand, chosen, fleetProvenance),
    ...costSteps(input, chosen, fleetProvenance),
  ];
}

/** One queue needs the fewest processors; what the chosen queue needs comes with the instances. */
const QUEUE_NOTE: Readonly<Record<QueueKind, string>> = {
  pooled: '',
  split: '; a lower bound, the plan has a queue per instance',
  host: '; a lower bound, the plan has a queue per host',
  placed: '; a lower bound, the plan has a queue per host',
};

/** The smallest number of processors, before they are packed into instances. */
function serverSteps(input: PlanInput, demand: FleetDemand, load: Provenance): Step[] {
  const { workload, maxUtilisation, slos } = input;
  const offeredLoad = demand.peakPerSecond * cpuAtLimit(demand);
  const byUtilisation = minServers({ offeredLoad, goal: { kind: 'utilisation', max: maxUtilisation.value } });
  const steps: Step[] = [
    {
      id: 'servers-utilisation',
      title: 'processors for the limit',
      formula: 'ceil(A / limit)',
      inputs: `ceil(${digits(offeredLoad)} / ${maxUtilisation.value})`,
      value: byUtilisation ?? Infinity,
      unit: 'vCPU',
      provenance: weakest(load, maxUtilisation.provenance),
    },
  ];
  for (const slo of slos) {
    const servers = minServers({
      offeredLoad,
      meanServiceTime: cpuAtLimit(demand),
      serviceScv: workload.cpuScv.value,
      service: workload.service,
      goal: { kind: slo.metric, p: slo.p, withinS: slo.limitMs / 1_000 },
    });
    steps.push({
      id: `servers-${sloName(slo)}`,
      title: `processors for ${sloName(slo)}`,
      formula: 'least c in one queue, M/G/c',
      inputs: `${slo.text}, cs2 ${digits(workload.cpuScv.value)}${QUEUE_NOTE[input.queue]}`,
      value: servers ?? Infinity,
      unit: 'vCPU',
      provenance: weakest(load, workload.cpuScv.provenance, workload.serviceSource.provenance),
    });
  }
  return steps;
}

function instanceSteps(
  input: PlanInput,
  demand: FleetDemand,
  chosen: TypePlan,
  provenance: Provenance,
): Step[] {
  const raw = instancesByLoad(demand, chosen.vcpu);
  const thread = instancesByThread(demand);
  const fleet = availableFleet(chosen.needed, input.availability);
  return [
    {
      id: 'instances-raw',
      title: 'instances by load',
      formula: 'A / (vCPUs x limit)',
      inputs: `${digits(demand.peakPerSecond * cpuAtLimit(demand))} / (${chosen.vcpu} x ${demand.maxUtilisation})`,
      value: raw,
      unit: chosen.type,
      provenance,
    },
    ...(thread > 0
      ? [
          {
            id: 'instances-thread',
            title: 'by dispatch thread',
            formula: 'peak x dispatch CPU / limit',
            inputs: `${digits(demand.peakPerSecond)}/s x ${ms(thread === 0 ? 0 : (thread * demand.maxUtilisation) / demand.peakPerSecond)} / ${demand.maxUtilisation}`,
            value: thread,
            unit: chosen.type,
            provenance,
          },
        ]
      : []),
    scalingStep(input, chosen),
    {
      id: 'instances-needed',
      title: 'rounded up once',
      formula: 'least whole N that meets all',
      inputs: `${demand.queue} queue; binding: ${chosen.binding}`,
      value: chosen.needed,
      unit: 'instances',
      provenance: weakest(provenance, 'assumed'),
    },
    {
      id: 'instances',
      title: 'with failures',
      formula: 'max(floor, N + k, zones)',
      inputs: fleet.formula,
      value: fleet.instances,
      unit: 'instances',
      provenance: weakest(provenance, 'assumed'),
    },
    ...allowedSteps(demand, chosen, provenance),
    ...availabilitySteps(input, chosen, provenance),
  ];
}

function scalingStep({ scaling }: PlanInput, { needed }: TypePlan): Step {
  const step = { id: 'scaling-loss', title: 'scaling loss', unit: 'x' };
  if (scaling === undefined)
    return {
      ...step,
      formula: 'none: linear in instances',
      inputs: 'no run over several instances',
      value: 1,
      provenance: 'assumed',
    };
  return {
    ...step,
    formula: '1 + sigma (N - 1) + kappa N (N - 1)',
    inputs: `sigma ${digits(scaling.contention)}, kappa ${digits(scaling.coherency)}, N ${needed}; ${scaling.source}`,
    value: scalingLoss(scaling, needed),
    provenance: 'measured',
  };
}

function allowedSteps(demand: FleetDemand, chosen: TypePlan, provenance: Provenance): Step[] {
  const allowed = allowedUtilisation(demand, chosen.vcpu, chosen.needed);
  if (allowed === undefined) return [];
  return [
    {
      id: 'utilisation-objectives',
      title: 'objectives allow',
      formula: 'highest busy share, all met',
      inputs: `${chosen.needed} up, ${demand.queue} queue; limit ${demand.maxUtilisation}`,
      value: 100 * allowed,
      unit: '% busy',
      provenance: weakest(provenance, demand.workload.serviceSource.provenance),
    },
  ];
}

function availabilitySteps({ availability }: PlanInput, chosen: TypePlan, provenance: Provenance): Step[] {
  const { instance = INSTANCE_AVAILABILITY, target, zone = 1, zones } = availability;
  if (target === undefined) return [];
  const share = upShare({ needed: chosen.needed, instances: chosen.instances, zones, instance, zone });
  return [
    {
      id: 'up-share',
      title: 'needed ones up',
      formula: 'zones x binomial',
      inputs: `${chosen.needed} of ${chosen.instances} in ${zones} zones (${formatCount(100 * zone, 4)} % up each), instances ${formatCount(100 * instance, 4)} %`,
      value: 100 * share,
      unit: '% of time',
      provenance: weakest(provenance, 'published'),
    },
  ];
}

/** What the fleet answers: all up, spares lost, and with the other kind of queue. */
function objectiveSteps(demand: FleetDemand, chosen: TypePlan, provenance: Provenance): Step[] {
  const shown: Pick<Slo, 'metric' | 'p'>[] =
    demand.slos.length > 0 ? [...demand.slos] : [{ metric: 'response', p: 0.99 }];
  const other = demand.queue === 'pooled' ? 'host' : 'pooled';
  const otherWords = other === 'host' ? 'queue per host' : 'one queue';
  return shown.flatMap((slo) => {
    const at = (instances: number, queue = demand.queue) =>
      sloValueMs(fleetWait(demand, chosen.vcpu, instances, queue), demand, slo);
    const step = (id: string, title: string, inputs: string, value: number): Step => ({
      id: `${sloName(slo)}-${id}`,
      title,
      formula: 'wait + service, M/G/c',
      inputs,
      value,
      unit: 'ms',
      provenance: weakest(provenance, demand.workload.serviceSource.provenance),
    });
    return [
      step(
        'all',
        `${sloName(slo)} at the peak`,
        `${chosen.instances} up, ${demand.queue}`,
        at(chosen.instances),
      ),
      step('degraded', `${sloName(slo)}, spares lost`, `${chosen.needed} up`, at(chosen.needed)),
      step(
        other,
        `${sloName(slo)}, ${otherWords}`,
        `${chosen.instances} up, ${other}`,
        at(chosen.instances, other),
      ),
    ];
  });
}

function costSteps(input: PlanInput, chosen: TypePlan, fleet: Provenance): Step[] {
  const price = input.catalogue.types.find(({ type }) => type === chosen.type)?.pricePerHourUsd ?? 0;
  const fixed = input.fixedUsdPerMonth ?? 0;
  const perMonth = (input.perDay.value * HOURS_PER_MONTH) / 24;
  const provenance = weakest(fleet, 'assumed');
  return [
    {
      id: 'cost-month',
      title: 'cost per month',
      formula: fixed > 0 ? 'N x price x 730 h + fixed' : 'N x price x 730 h',
      inputs: `${chosen.instances} x $${price} x 730${fixed > 0 ? ` + $${fixed}` : ''}`,
      value: chosen.usdPerMonth,
      unit: 'USD',
      provenance,
    },
    {
      id: 'cost-million',
      title: 'cost per million',
      formula: 'month / mean volume',
      inputs: `$${digits(chosen.usdPerMonth)} / ${digits(perMonth / 1e6)}M`,
      value: chosen.usdPerMillion,
      unit: 'USD',
      provenance,
    },
  ];
}
