// The busy share that the objectives allow: what a utilisation target should be, derived instead of guessed.
import { type FleetDemand, fleetWait, isSloMet, rateOfFleet } from './fleet.ts';

/** Beyond this the models say little, and no fleet should be there. */
export const MAX_ALLOWED = 0.95;

/**
 * The highest busy share, to 0.1 %, at which that many instances meet every objective, at most 0.95; 0 when none does.
 * @returns undefined without objectives: they allow anything.
 */
export function allowedUtilisation(demand: FleetDemand, vcpu: number, instances: number): number | undefined {
  if (demand.slos.length === 0) return undefined;
  const holds = (busy: number): boolean => {
    const peakPerSecond = rateOfFleet(demand, vcpu, instances, busy);
    const wait = fleetWait({ ...demand, peakPerSecond }, vcpu, instances);
    return demand.slos.every((slo) => isSloMet(wait, demand, slo));
  };
  if (holds(MAX_ALLOWED)) return MAX_ALLOWED;
  let [low, high] = [0, MAX_ALLOWED];
  while (high - low > 1e-3) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
