// Every plan is worked out three ways: closed form, approximation, simulation. Where they part, the plan says so.
import { cpuSeconds, type FleetDemand, type FleetWait, fleetWait, measuredFactor } from './fleet.ts';
import type { SimulationSize, ThreeCheck, TypePlan } from './plan-types.ts';
import { responseQuantile, type WaitLaw } from './service-time.ts';
import { simulate } from './simulate.ts';
import type { Estimate } from './simulation-summary.ts';
import { sloName } from './slo.ts';

const AGREEMENT = 0.1;

/**
 * Mean wait, p95 and p99 of the chosen type with the instances that the load needs, spares lost, at the peak.
 * The closed form takes the processor time as exponential (M/M/c), the approximation takes its measured variation (M/G/c),
 * the simulation draws it from a law with that variation. The last two agree within 10 %, or within the 95 % interval.
 */
export function threeChecks(demand: FleetDemand, chosen: TypePlan, size: SimulationSize): ThreeCheck[] {
  const { workload } = demand;
  const closed = fleetWait(withScv(demand, 1), chosen.vcpu, chosen.needed);
  const approximate = fleetWait(demand, chosen.vcpu, chosen.needed);
  const run = simulate({
    seed: size.seed,
    stop: { kind: 'executions', count: size.executions },
    cpu: { meanS: cpuSeconds(demand, chosen.vcpu, chosen.needed), scv: workload.cpuScv.value },
    service: workload.service,
    ...simulatedShape(demand, chosen),
  });
  const percentile = (p: number, { high, low, value }: Estimate): ThreeCheck => {
    // What the runs showed beside the model belongs to all three.
    const factor = measuredFactor(approximate, demand, p);
    const modelMs = (wait: FleetWait | undefined) =>
      wait === undefined ? Infinity : responseQuantile(wait, workload.service, p) * factor * 1_000;
    return compare(`${sloName({ metric: 'response', p })} response`, modelMs(closed), modelMs(approximate), {
      value: value * factor,
      low: low * factor,
      high: high * factor,
    });
  };
  return [
    compare('mean wait', meanMs(closed), meanMs(approximate), run.wait.mean),
    percentile(0.5, run.response.p50),
    percentile(0.95, run.response.p95),
    percentile(0.99, run.response.p99),
  ];
}

function withScv(demand: FleetDemand, scv: number): FleetDemand {
  const { workload } = demand;
  return { ...demand, workload: { ...workload, cpuScv: { ...workload.cpuScv, value: scv } } };
}

/**
 * A host with a queue of its own is simulated as an instance with one processor. Placement looks at the hosts of one instance
 * only, and a random share of Poisson arrivals is Poisson again, so one instance with its share stands for all.
 */
function simulatedShape({ peakPerSecond, queue }: FleetDemand, { needed, vcpu }: TypePlan) {
  const arrivals = (ratePerSecond: number) => ({ kind: 'poisson', ratePerSecond }) as const;
  const all = arrivals(peakPerSecond);
  switch (queue) {
    case 'host':
      return { arrivals: all, instances: needed * vcpu, serversPerInstance: 1, queue: 'split' } as const;
    case 'placed':
      return {
        arrivals: arrivals(peakPerSecond / needed),
        instances: vcpu,
        serversPerInstance: 1,
        queue: 'split',
        routing: 'least-busy',
      } as const;
    default:
      return { arrivals: all, instances: needed, serversPerInstance: vcpu, queue } as const;
  }
}

function meanMs(wait: WaitLaw | undefined): number {
  return wait === undefined ? Infinity : (wait.probability / wait.rate) * 1_000;
}

function compare(name: string, closedMs: number, approximateMs: number, estimate: Estimate): ThreeCheck {
  const simulated = { value: estimate.value * 1_000, low: estimate.low * 1_000, high: estimate.high * 1_000 };
  const isCovered = simulated.low <= approximateMs && approximateMs <= simulated.high;
  const difference = simulated.value === 0 ? approximateMs : approximateMs / simulated.value - 1;
  return {
    name,
    closedFormMs: closedMs,
    approximationMs: approximateMs,
    simulatedMs: simulated,
    difference,
    agrees: isCovered || Math.abs(difference) <= AGREEMENT,
  };
}
