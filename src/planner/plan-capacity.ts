// From a daily volume and a measured execution to a fleet, its cost, and how every number came about.
import { EnclaveError } from '../errors.ts';
import { SECONDS_PER_DAY } from '../units.ts';
import { alternativesOf } from './alternatives.ts';
import { type AvailabilityGoal, INSTANCE_AVAILABILITY } from './availability.ts';
import type { InstanceType } from './catalogue.ts';
import { ceilingsOf } from './ceilings.ts';
import { certaintyOf } from './certainty.ts';
import { replayDay } from './day-replay.ts';
import type { FleetDemand } from './fleet.ts';
import { deriveLadder } from './ladder.ts';
import { checkInput, refuseExtrapolation, refuseImpossible } from './plan-refusals.ts';
import { type GrowthYear, PLAN_SCHEMA, type Plan, type PlanInput, type TypePlan } from './plan-types.ts';
import { plannedWorkload } from './planned-workload.ts';
import type { Sourced } from './provenance.ts';
import { rehearse } from './rehearsal.ts';
import { responseModel } from './response.ts';
import { sensitivities, sweep } from './sensitivity.ts';
import { threeChecks } from './three-checks.ts';
import { markPareto, planType } from './type-plan.ts';
import { planWarnings } from './warnings.ts';

/**
 * Plans the fleet: peak rate, offered load, servers for every objective, instances per type, spares, cost.
 *
 * The same input gives the same plan, to the byte. Nothing is read from the outside.
 *
 * @throws EnclaveError INVALID_INPUT with every problem of the input; INFEASIBLE when the objectives cannot be met by any
 * number of instances, because executions take too long even when they never wait.
 */
export function planCapacity(input: PlanInput): Plan {
  checkInput(input);
  refuseImpossible(input);
  const demand = demandOf(input);
  const sized = selectTypes(input)
    .map((type) => planType(input, demand, type))
    .filter((plan) => plan !== undefined)
    .sort(
      (a, b) => a.usdPerMonth - b.usdPerMonth || a.instances - b.instances || a.type.localeCompare(b.type),
    );
  const types = markPareto(sized);
  const chosen = choose(types);
  if (chosen === undefined)
    throw new EnclaveError('INFEASIBLE', 'no number of instances of these types meets the objectives', {
      hint: 'raise the limit of the objective or choose other types',
    });
  refuseExtrapolation(input, chosen);
  const checks = input.simulation === undefined ? [] : threeChecks(demand, chosen, input.simulation);
  const others = types.filter((plan) => plan !== chosen);
  const { type, instances, predictions, usdPerMonth, usdPerMillion } = chosen;
  const day = input.curve === undefined ? null : replayDay(input, demand, chosen, input.curve);
  const rehearsal =
    input.simulation === undefined ? [] : rehearse(input, demand, chosen, day, input.simulation);
  const margins = sensitivities(input, demand, chosen);
  const volume = margins.find(({ name }) => name === 'volume');
  const isOverBudget = input.budgetUsdPerMonth !== undefined && usdPerMonth > input.budgetUsdPerMonth;
  return {
    schema: PLAN_SCHEMA,
    verdict: {
      status: isOverBudget ? 'over budget' : 'met',
      type,
      instances,
      peakPerSecond: demand.peakPerSecond,
      predictions,
      usdPerMonth,
      usdPerMillion,
    },
    inputs: inputsOf(input),
    slos: input.slos,
    queue: input.queue,
    workload: plannedWorkload(input.workload),
    ladder: deriveLadder(input, demand, chosen),
    types: [chosen, ...others],
    checks,
    rehearsal,
    certainty: input.uncertainty === undefined ? null : certaintyOf(input, demand, chosen, input.uncertainty),
    sensitivity: margins,
    sweep: sweep((perDay, peak) => replan(input, chosen.type, perDay, peak), input.perDay.value),
    growth: growth(input, chosen.type),
    ceilings: ceilingsOf(
      input,
      demand,
      chosen,
      margins,
      (perDay) => replan(input, chosen.type, perDay, input.peakMultiplier.value)?.usdPerMonth,
    ),
    day,
    alternatives: alternativesOf(input, chosen, volume?.mayGrowBy ?? null, day),
    warnings: planWarnings(input, demand, chosen, { checks, rehearsal, day }),
  };
}

function demandOf(input: PlanInput): FleetDemand {
  const response = responseModel(input.workload, input.queue);
  return {
    ...(response === undefined ? {} : { response }),
    peakPerSecond: (input.perDay.value / SECONDS_PER_DAY) * input.peakMultiplier.value,
    workload: input.workload,
    queue: input.queue,
    maxUtilisation: input.maxUtilisation.value,
    slos: input.slos,
    ...(input.scaling === undefined ? {} : { scaling: input.scaling }),
  };
}

const GROWTH_YEARS = 5;

function growth(input: PlanInput, type: string): GrowthYear[] {
  const rate = input.growthPerYear;
  if (rate === undefined) return [];
  return Array.from({ length: GROWTH_YEARS + 1 }, (_, year) => {
    const perDay = input.perDay.value * (1 + rate) ** year;
    const plan = replan(input, type, perDay, input.peakMultiplier.value);
    return {
      year,
      perDay,
      peakPerSecond: (perDay / SECONDS_PER_DAY) * input.peakMultiplier.value,
      instances: plan?.instances ?? null,
      usdPerMonth: plan?.usdPerMonth ?? null,
    };
  });
}

/** The same plan for one type under another volume and peak. */
function replan(input: PlanInput, type: string, perDay: number, peak: number): TypePlan | undefined {
  const other: PlanInput = {
    ...input,
    perDay: { ...input.perDay, value: perDay },
    peakMultiplier: { ...input.peakMultiplier, value: peak },
  };
  const found = input.catalogue.types.find((candidate) => candidate.type === type);
  return found === undefined ? undefined : planType(other, demandOf(other), found);
}

/** The cheapest type of the tested kind; when none is, the cheapest that has the memory. */
function choose(byCost: readonly TypePlan[]): TypePlan | undefined {
  return (
    byCost.find(({ doubts }) => doubts.length === 0) ??
    byCost.find(({ doubts }) => !doubts.includes('burstable') && !doubts.includes('too little memory')) ??
    byCost.find(({ doubts }) => !doubts.includes('too little memory')) ??
    byCost[0]
  );
}

function selectTypes({ catalogue, types }: PlanInput): readonly InstanceType[] {
  if (types.length === 0) return catalogue.types;
  return catalogue.types.filter(({ type }) => types.includes(type));
}

function inputsOf(input: PlanInput): Plan['inputs'] {
  const { workload, availability } = input;
  const part = (
    name: 'floor' | 'spares' | 'zones' | 'loseZones',
    unit: string,
  ): Sourced & { readonly unit: string } =>
    input.availabilityDefaults?.includes(name) === true
      ? { value: availability[name], unit, provenance: 'assumed', source: 'default' }
      : { value: availability[name], unit, provenance: 'given', source: 'availability options' };
  return {
    executionsPerDay: { ...input.perDay, unit: 'executions/day' },
    peakMultiplier: { ...input.peakMultiplier, unit: '' },
    cpuPerExecution: { ...workload.cpuPerExecution, unit: 's' },
    cpuScv: { ...workload.cpuScv, unit: '' },
    dispatchCpuPerExecution: { ...workload.embeddingCpu, unit: 's' },
    serviceMean: { ...workload.serviceSource, value: workload.service.meanS, unit: 's' },
    maxUtilisation: { ...input.maxUtilisation, unit: '' },
    floor: part('floor', 'instances'),
    spares: part('spares', 'instances'),
    zones: part('zones', 'zones'),
    loseZones: part('loseZones', 'zones'),
    ...availabilityInputs(availability),
    catalogue: {
      value: input.catalogue.types.length,
      unit: 'types',
      provenance: 'published',
      source: `prices of ${input.catalogue.region}, ${input.catalogue.asOf}`,
    },
    ...(input.growthPerYear === undefined
      ? {}
      : {
          growthPerYear: {
            ...(input.growthSource ?? { provenance: 'given', source: '--growth' }),
            value: input.growthPerYear,
            unit: 'a year',
          },
        }),
    ...(workload.hostMemory === undefined ? {} : { hostMemory: { ...workload.hostMemory, unit: 'bytes' } }),
    testedCores: { ...workload.machine.cores, unit: 'cores', source: workload.machine.name },
  };
}

/** Only with a target: without one they decide nothing. */
function availabilityInputs({ instance, target, zone }: AvailabilityGoal): Plan['inputs'] {
  if (target === undefined) return {};
  const given = (value: number, source: string) =>
    ({ value, unit: '', provenance: 'given', source }) as const;
  return {
    availabilityTarget: given(target, '--availability'),
    instanceAvailability:
      instance === undefined
        ? {
            value: INSTANCE_AVAILABILITY,
            unit: '',
            provenance: 'published',
            source: 'Amazon Compute Service Level Agreement, instance level, of 2022-05-05',
          }
        : given(instance, '--instance-availability'),
    zoneAvailability:
      zone === undefined
        ? { value: 1, unit: '', provenance: 'assumed', source: 'default: left to --lose-zones' }
        : given(zone, '--zone-availability'),
  };
}
