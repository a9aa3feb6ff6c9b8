// From the instances that the load needs to the instances that are bought: failures, zones, a floor.

import { EnclaveError, invalidInput } from '../errors.ts';
import { checkCount, checkNonNegative } from './domain.ts';
import { smallestWhere } from './invert.ts';
import { logGamma } from './special.ts';

export interface AvailabilityGoal {
  /** Never fewer instances than this; from 1. */
  readonly floor: number;
  /** Instances that may fail at the peak without the goal being missed, k of N+k; from 0. */
  readonly spares: number;
  /** Zones the fleet is spread over; from 1. */
  readonly zones: number;
  /** Zones that may fail at the peak without the goal being missed; 0 to zones - 1. */
  readonly loseZones: number;
  /** Share of time in which the instances that the load needs are to be up, 0..1; absent: no such target. */
  readonly target?: number;
  /** Share of time that one instance is up, above 0 to 1. Default: the provider's promise for one instance. */
  readonly instance?: number;
  /** Share of time that a zone is up, above 0 to 1. Default 1: failures of zones are left to `loseZones`. */
  readonly zone?: number;
}

/** Amazon Compute Service Level Agreement, instance level: at least 99.5 % of a month. */
export const INSTANCE_AVAILABILITY = 0.995;

export interface AvailableFleet {
  readonly instances: number;
  /** Which rule asked for that many. */
  readonly rule: 'load' | 'floor' | 'spares' | 'zones' | 'availability';
  readonly formula: string;
}

/**
 * The most demanding of: the load itself, the floor, N + k, Z ceil(N / (Z - f)) when f zones may fail, and the least number of
 * which the needed ones are up for the target share of time.
 * @param needed instances that carry the load, from 1.
 * @throws EnclaveError INVALID_INPUT when a number is out of range or every zone may fail.
 */
export function availableFleet(needed: number, goal: AvailabilityGoal): AvailableFleet {
  checkCount('availability', 'needed', needed);
  checkCount('availability', 'floor', goal.floor);
  checkNonNegative('availability', 'spares', goal.spares);
  checkCount('availability', 'zones', goal.zones);
  const { floor, spares, zones, loseZones } = goal;
  if (!(loseZones >= 0 && loseZones < zones))
    throw invalidInput('availability', [
      { path: 'loseZones', message: `expected fewer than the ${zones} zones, got ${loseZones}` },
    ]);
  const candidates: AvailableFleet[] = [
    { instances: needed, rule: 'load', formula: `${needed}` },
    { instances: floor, rule: 'floor', formula: `floor ${floor}` },
    { instances: needed + spares, rule: 'spares', formula: `${needed} + ${spares}` },
  ];
  if (loseZones > 0) {
    const perZone = Math.ceil(needed / (zones - loseZones));
    const formula = `${zones} x ceil(${needed} / (${zones} - ${loseZones}))`;
    candidates.push({ instances: zones * perZone, rule: 'zones', formula });
  }
  const { instance = INSTANCE_AVAILABILITY, target, zone = 1 } = goal;
  if (target !== undefined) {
    const enough = (instances: number) => upShare({ needed, instances, zones, instance, zone }) >= target;
    const instances = smallestWhere(enough, needed, MOST_PER_NEEDED * needed + 1_000);
    if (instances === undefined)
      throw new EnclaveError(
        'INFEASIBLE',
        `no number of instances is up for ${percent(target)} of the time in ${zones} zones that are each up for ${percent(zone)}`,
        { hint: 'plan with more zones, or a lower target' },
      );
    const formula = `P(${needed} of ${instances} up at ${percent(instance)} each) >= ${percent(target)}`;
    candidates.push({ instances, rule: 'availability', formula });
  }
  return candidates.reduce((most, next) => (next.instances > most.instances ? next : most));
}

/** A target that needs more than this many times the load is one that zones decide. */
const MOST_PER_NEEDED = 20;

export interface UpShareInput {
  readonly needed: number;
  /** Instances bought, spread over the zones as evenly as they go. */
  readonly instances: number;
  readonly zones: number;
  /** Share of time that an instance, whose zone is up, is up. */
  readonly instance: number;
  /** Share of time that a zone is up. */
  readonly zone: number;
}

/**
 * Share of time in which at least `needed` instances are up.
 *
 * P = sum over u zones up of C(Z, u) z^u (1 - z)^(Z - u) x P(Bin(n_u, a) >= needed), n_u the instances of the zones that are
 * up. Zones differ by one instance at most, so the larger ones are counted apart. Failures are taken as independent: a cause
 * that takes down several instances at once and is no zone (a bad release, say) is not in it.
 */
export function upShare({ instance, instances, needed, zone, zones }: UpShareInput): number {
  const large = instances % zones;
  const size = Math.floor(instances / zones);
  let share = 0;
  for (let i = 0; i <= large; i++)
    for (let j = 0; j <= zones - large; j++) {
      const likely = binomial(large, i, zone) * binomial(zones - large, j, zone);
      if (likely > 0) share += likely * atLeast(needed, i * (size + 1) + j * size, instance);
    }
  return Math.min(1, share);
}

/** P(Bin(n, p) = k). */
function binomial(n: number, k: number, p: number): number {
  if (p === 1) return k === n ? 1 : 0;
  return Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** P(Bin(n, p) >= needed): the sum over the failures that may be, fewest first. */
function atLeast(needed: number, n: number, p: number): number {
  if (n < needed) return 0;
  let share = 0;
  for (let failed = 0; failed <= n - needed; failed++) {
    const term = binomial(n, n - failed, p);
    share += term;
    // Beyond the mean of failures terms only fall.
    if (failed > n * (1 - p) && term < 1e-18) break;
  }
  return Math.min(1, share);
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(6))} %`;
}
