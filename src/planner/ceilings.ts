// What growth reaches first: the fleet that is bought, the budget, the autoscaler's maximum, the cap of sessions; and when.
import { SECONDS_PER_DAY } from '../units.ts';
import { type FleetDemand, sizeFleet } from './fleet.ts';
import { executionsInFlight, MAX_SESSIONS } from './in-flight.ts';
import type { PlanInput, Sensitivity, TypePlan } from './plan-types.ts';

/** A limit that does not move by itself while the volume grows. */
export interface Ceiling {
  readonly name:
    | 'bought fleet'
    | 'bought fleet, spares lost'
    | 'budget'
    | 'autoscaler maximum'
    | 'sessions of an instance';
  /** The volume may grow by this factor; below 1 it is broken already. */
  readonly growBy: number;
  readonly perDay: number;
  /** Years from the start at the growth given; 0 when broken already. */
  readonly years: number;
  /** Day on which it breaks, ISO; null without a start. */
  readonly date: string | null;
}

const MAX_FACTOR = 1_000;
const DAYS_PER_YEAR = 365.25;

/**
 * The ceilings that growth reaches, soonest first; those beyond a thousandfold are left out. Volume after t years: V (1 + g)^t.
 * @param replan cost per month of the chosen type for a volume; undefined when no number of instances would do.
 */
export function ceilingsOf(
  input: PlanInput,
  demand: FleetDemand,
  chosen: TypePlan,
  margins: readonly Sensitivity[],
  replan: (perDay: number) => number | undefined,
): Ceiling[] {
  const { autoscaler, budgetUsdPerMonth: budget, growthPerYear: rate = 0, perDay, startDate } = input;
  if (rate <= 0) return [];
  const volume = margins.find(({ name }) => name === 'volume');
  const maximum = autoscaler?.maxReplicas;
  const grown = (factor: number): FleetDemand => ({
    ...demand,
    peakPerSecond: demand.peakPerSecond * factor,
  });
  const factors: [Ceiling['name'], number | null][] = [
    ['bought fleet', volume?.mayGrowBy ?? null],
    ['bought fleet, spares lost', volume?.mayGrowByDegraded ?? null],
    [
      'budget',
      budget === undefined
        ? null
        : largest((factor) => (replan(perDay.value * factor) ?? Infinity) <= budget),
    ],
    [
      'autoscaler maximum',
      maximum === undefined
        ? null
        : largest((factor) => (sizeFleet(grown(factor), chosen)?.instances ?? Infinity) <= maximum),
    ],
    [
      'sessions of an instance',
      largest((factor) => executionsInFlight(grown(factor), chosen.vcpu, chosen.instances) <= MAX_SESSIONS),
    ],
  ];
  return factors
    .flatMap(([name, growBy]): Ceiling[] => {
      if (growBy === null) return [];
      const years = Math.max(0, Math.log(growBy) / Math.log1p(rate));
      return [{ name, growBy, perDay: perDay.value * growBy, years, date: dateAfter(startDate, years) }];
    })
    .sort((a, b) => a.years - b.years);
}

/** The largest factor for which a claim holds, to 0.1 %; null when it holds a thousandfold, a thousandth when it never does. */
function largest(holds: (factor: number) => boolean): number | null {
  if (holds(MAX_FACTOR)) return null;
  let [low, high] = [1 / MAX_FACTOR, MAX_FACTOR];
  while (high / low > 1.001) {
    const middle = Math.sqrt(low * high);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function dateAfter(start: string | undefined, years: number): string | null {
  if (start === undefined) return null;
  const end = new Date(Date.parse(start) + years * DAYS_PER_YEAR * SECONDS_PER_DAY * 1_000);
  return Number.isNaN(end.getTime()) ? null : end.toISOString().slice(0, 10);
}
