// Little's law on an instance: how many executions are under way at once.
import { type FleetDemand, fleetWait } from './fleet.ts';

/** Sessions that a broker of ours keeps at once unless told otherwise. */
export const MAX_SESSIONS = 1_000;

/** L = rate x mean time, the wait for a processor included, on each of a number of instances; Infinity without a steady state. */
export function executionsInFlight(demand: FleetDemand, vcpu: number, instances: number): number {
  const wait = fleetWait(demand, vcpu, instances);
  if (wait === undefined) return Infinity;
  return (demand.peakPerSecond * (demand.workload.service.meanS + wait.probability / wait.rate)) / instances;
}
