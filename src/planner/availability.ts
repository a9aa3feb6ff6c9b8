// From the instances that the load needs to the instances that are bought: failures, zones, a floor.

import { invalidInput } from '../errors.ts';
import { checkCount, checkNonNegative } from './domain.ts';

export interface AvailabilityGoal {
  /** Never fewer instances than this; from 1. */
  readonly floor: number;
  /** Instances that may fail at the peak without the goal being missed, k of N+k; from 0. */
  readonly spares: number;
  /** Zones the fleet is spread over; from 1. */
  readonly zones: number;
  /** Zones that may fail at the peak without the goal being missed; 0 to zones - 1. */
  readonly loseZones: number;
}

export interface AvailableFleet {
  readonly instances: number;
  /** Which rule asked for that many. */
  readonly rule: 'load' | 'floor' | 'spares' | 'zones';
  readonly formula: string;
}

/**
 * The most demanding of: the load itself, the floor, N + k, and Z ceil(N / (Z - f)) when f zones may fail.
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
  return candidates.reduce((most, next) => (next.instances > most.instances ? next : most));
}
