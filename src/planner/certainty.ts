// How sure a plan is: its inputs are drawn again within their errors, and each draw is asked whether the fleet would do.
import { availableFleet } from './availability.ts';
import {
  type FleetDemand,
  fleetWait,
  isSloMet,
  leastByLoad,
  MAX_INSTANCES,
  threadUtilisation,
  utilisation,
} from './fleet.ts';
import { smallestWhere } from './invert.ts';
import type { Certainty, CertaintySize, PlanInput, Spread, TypePlan, UncertainInput } from './plan-types.ts';
import type { Sourced } from './provenance.ts';
import { createRandom } from './random.ts';
import { withCostFactor } from './workload.ts';

/** What an input without a measured error is taken to be off by at most, in 95 of 100 cases. */
const ASSUMED_SPREAD = 0.25;
const Z95 = 1.959963984540054;
const DRAWS_OF_ONE = 150;

/** One input and how a draw of it changes the demand. */
interface Source {
  readonly name: string;
  readonly spread95: number;
  readonly reason: string;
  readonly draw: (demand: FleetDemand, random: () => number) => FleetDemand;
}

/**
 * The probability that the bought fleet meets every objective at the peak, and the fleets that other draws would ask for.
 *
 * Parametric bootstrap: measured CPU time varies by its standard error sqrt(cs2 / n), a percentile p of the measured times by its
 * place in the order of n, sqrt(p (1 - p) / n); defaults and stated capacities vary log-normally, 95 % within a quarter; volume and peak that were given are taken as
 * exact. The probability has Wilson's 95 % interval. What differs between machines and days is in none of the spreads.
 */
export function certaintyOf(
  input: PlanInput,
  demand: FleetDemand,
  chosen: TypePlan,
  { draws, seed }: CertaintySize,
): Certainty {
  const sources = sourcesOf(input);
  const fixed = input.fixedUsdPerMonth ?? 0;
  const price = (chosen.usdPerMonth - fixed) / chosen.instances;
  const drawn = drawAll(demand, sources, draws, createRandom(seed, 0));
  const share = (instances: number) =>
    wilson(drawn.filter((other) => carries(other, chosen.vcpu, instances)).length, draws);
  const needed = drawn.map((other) => needs(other, chosen.vcpu)).sort((a, b) => a - b);
  const boughtFor = new Map<number, number>();
  const bought = needed.map((count) => {
    if (count > MAX_INSTANCES) return Infinity;
    const known = boughtFor.get(count) ?? availableFleet(count, input.availability).instances;
    boughtFor.set(count, known);
    return known;
  });
  const inputs = sources.map((source, index) => {
    const alone = drawAll(demand, [source], DRAWS_OF_ONE, createRandom(seed, index + 1));
    return describe(
      source,
      alone.map((other) => needs(other, chosen.vcpu)).sort((a, b) => a - b),
    );
  });
  const asked = input.confidence ?? null;
  return {
    draws,
    meets: share(chosen.instances),
    meetsDegraded: share(chosen.needed),
    instances: spreadOf(bought),
    usdPerMonth: spreadOf(bought.map((count) => count * price + fixed)),
    inputs,
    measureNext: widest(inputs),
    asked,
    instancesForAsked:
      asked === null
        ? null
        : (smallestWhere((n) => share(n).value >= asked, chosen.instances, 100 * chosen.instances) ?? null),
  };
}

function sourcesOf({ peakMultiplier, perDay, workload }: PlanInput): Source[] {
  const { cpuScv, service } = workload;
  const sources: Source[] = [];
  const scaled = (name: string, sourced: Sourced, change: Source['draw']): void => {
    if (sourced.provenance === 'assumed')
      sources.push({
        name,
        spread95: ASSUMED_SPREAD,
        reason: 'assumed, so taken as off by 25 %',
        draw: change,
      });
  };
  const rate: Source['draw'] = (demand, random) => ({
    ...demand,
    peakPerSecond: demand.peakPerSecond * quarter(random),
  });
  scaled('volume', perDay, rate);
  scaled('peak', peakMultiplier, rate);
  if (service.kind === 'histogram') {
    const between = workload.betweenRuns;
    const sampling = Math.sqrt(cpuScv.value / service.count);
    const error = Math.max(sampling, between?.cpuError ?? 0);
    sources.push({
      name: 'CPU per execution',
      spread95: Z95 * error,
      reason:
        error > sampling
          ? `spread of ${between?.runs ?? 0} runs at the same load`
          : `standard error of ${service.count} executions`,
      draw: (demand, random) => withCpu(demand, Math.exp(error * normal(random))),
    });
    if (between !== undefined)
      sources.push({
        name: 'times between runs',
        spread95: Z95 * between.timeError,
        reason: `spread of ${between.runs} runs at the same load`,
        draw: (demand, random) => ({
          ...demand,
          timeFactor: (demand.timeFactor ?? 1) * Math.exp(between.timeError * normal(random)),
        }),
      });
    sources.push({
      name: 'service times',
      spread95: Z95 / Math.sqrt(service.count),
      reason: `order statistics of a histogram of ${service.count}`,
      draw: (demand, random) => ({ ...demand, scatter: normal(random) / Math.sqrt(service.count) }),
    });
  } else
    sources.push({
      name: 'CPU per execution',
      spread95: ASSUMED_SPREAD,
      reason: 'a stated capacity has no interval, so taken as off by 25 %',
      draw: (demand, random) => withCpu(demand, quarter(random)),
    });
  scaled('variation of CPU', cpuScv, (demand, random) => ({
    ...demand,
    workload: {
      ...demand.workload,
      cpuScv: { ...demand.workload.cpuScv, value: demand.workload.cpuScv.value * quarter(random) },
    },
  }));
  return sources;
}

/** A factor that lies within 1/1.25 and 1.25 in 95 of 100 draws. */
function quarter(random: () => number): number {
  return Math.exp((Math.log1p(ASSUMED_SPREAD) / Z95) * normal(random));
}

function withCpu(demand: FleetDemand, factor: number): FleetDemand {
  return { ...demand, workload: withCostFactor(demand.workload, factor) };
}

/** A standard normal draw, after Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log1p(-random())) * Math.cos(2 * Math.PI * random());
}

function drawAll(
  demand: FleetDemand,
  sources: readonly Source[],
  draws: number,
  random: () => number,
): FleetDemand[] {
  return Array.from({ length: draws }, () =>
    sources.reduce((drawn, { draw }) => draw(drawn, random), demand),
  );
}

/** Whether a fleet works: no processor or thread is full and every objective holds. */
function carries(demand: FleetDemand, vcpu: number, instances: number): boolean {
  if (utilisation(demand, vcpu, instances) >= 1 || threadUtilisation(demand, instances) >= 1) return false;
  const wait = fleetWait(demand, vcpu, instances);
  if (wait === undefined) return false;
  return demand.slos.every((slo) => isSloMet(wait, demand, slo));
}

/** Instances that a draw needs, sized as the plan is; Infinity when no number will do. */
function needs(demand: FleetDemand, vcpu: number): number {
  const byLoad = leastByLoad(demand, vcpu);
  if (byLoad === undefined) return Infinity;
  return smallestWhere((n) => carries(demand, vcpu, n), byLoad.instances, MAX_INSTANCES) ?? Infinity;
}

function describe({ name, reason, spread95 }: Source, needed: readonly number[]): UncertainInput {
  return { name, reason, spread95, needed95: [finite(at(needed, 0.025)), finite(at(needed, 0.975))] };
}

/** The input that alone moves the number of instances most; by its own spread where none moves it. */
function widest(inputs: readonly UncertainInput[]): string | null {
  const width = ({ needed95: [low, high] }: UncertainInput) =>
    low === null || high === null ? Infinity : high - low;
  const [first] = [...inputs].sort((a, b) =>
    width(a) === width(b) ? b.spread95 - a.spread95 : width(b) - width(a),
  );
  return first?.name ?? null;
}

function spreadOf(sorted: readonly number[]): Spread {
  const range = (low: number, high: number) => [finite(at(sorted, low)), finite(at(sorted, high))] as const;
  return { median: finite(at(sorted, 0.5)), within80: range(0.1, 0.9), within95: range(0.025, 0.975) };
}

function at(sorted: readonly number[], p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Infinity;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** A share of successes with its 95 % interval. Source: E. B. Wilson, JASA 22 (1927) 209-212. */
export function wilson(successes: number, trials: number): { value: number; low: number; high: number } {
  const value = successes / trials;
  const z2 = Z95 * Z95;
  const middle = (value + z2 / (2 * trials)) / (1 + z2 / trials);
  const half =
    (Z95 / (1 + z2 / trials)) * Math.sqrt((value * (1 - value)) / trials + z2 / (4 * trials * trials));
  return { value, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
