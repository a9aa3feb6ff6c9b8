// The autoscaler's rule over a curve of demand, the load taken as a fluid.
import { rateAtTime } from './curve.ts';
import { type FleetDemand, rateOfFleet, utilisation } from './fleet.ts';
import { HPA_DEFAULTS, type HpaConfig, HpaController } from './hpa-controller.ts';

const HOUR_S = 3_600;
/** A step of the replay; also the autoscaler's period. */
const STEP_S = HPA_DEFAULTS.syncPeriodS;

export interface Replayed {
  readonly hours: readonly { readonly instances: number; readonly missShare: number }[];
  readonly instanceHours: number;
  readonly missShare: number;
  readonly most: number;
  readonly changes: number;
}

/** Whether a number of ready instances meets every objective at a rate. */
export type Met = (rate: number, instances: number) => boolean;

/** Two rounds of the curve; the second is counted. */
export function replay(
  rates: readonly number[],
  demand: FleetDemand,
  vcpu: number,
  config: HpaConfig,
  met: Met,
): Replayed {
  const controller = new HpaController(config);
  const lengthS = rates.length * HOUR_S;
  const hours = rates.map(() => ({ orderedS: 0, arrived: 0, missed: 0 }));
  let ready = config.minReplicas;
  let starting: { readonly atS: number; readonly count: number }[] = [];
  let backlog = 0;
  let most = 0;
  let changes = 0;
  for (let nowS = 0; nowS < 2 * lengthS; nowS += STEP_S) {
    for (const { atS, count } of starting) if (atS <= nowS) ready += count;
    starting = starting.filter(({ atS }) => atS > nowS);
    const ordered = ready + starting.reduce((sum, { count }) => sum + count, 0);
    const rate = rateAtTime(rates, nowS + STEP_S / 2);
    const wanted = { ...demand, peakPerSecond: rate + backlog / STEP_S };
    const busy = ready === 0 ? 1 : Math.min(1, utilisation(wanted, vcpu, ready));
    const carried = rateOfFleet(demand, vcpu, ready, 1);
    const isMissed = backlog > 0 || !met(rate, ready);
    backlog = Math.max(0, backlog + (rate - carried) * STEP_S);
    const isCounted = nowS >= lengthS;
    const hour = hours[Math.floor((nowS % lengthS) / HOUR_S)];
    if (isCounted && hour !== undefined) {
      hour.orderedS += ordered * STEP_S;
      hour.arrived += rate * STEP_S;
      if (isMissed) hour.missed += rate * STEP_S;
      most = Math.max(most, ordered);
    }
    const metric = {
      averagePerPod: busy,
      targetPerPod: config.targetUtilisation,
      unreadyPods: ordered - ready,
    };
    const next = controller.decide(nowS, Math.max(1, ordered), [metric]);
    if (isCounted && next !== ordered) changes++;
    if (next > ordered) starting.push({ atS: nowS + config.readyDelayS, count: next - ordered });
    for (let surplus = ordered - next; surplus > 0; ) {
      const youngest = starting.pop();
      if (youngest === undefined) {
        ready -= surplus;
        break;
      }
      if (youngest.count > surplus) starting.push({ ...youngest, count: youngest.count - surplus });
      surplus -= Math.min(surplus, youngest.count);
    }
  }
  const sum = (of: (hour: (typeof hours)[number]) => number) =>
    hours.reduce((all, hour) => all + of(hour), 0);
  return {
    hours: hours.map(({ arrived, missed, orderedS }) => ({
      instances: orderedS / HOUR_S,
      missShare: arrived === 0 ? 0 : missed / arrived,
    })),
    instanceHours: sum(({ orderedS }) => orderedS) / HOUR_S,
    missShare: sum(({ missed }) => missed) / sum(({ arrived }) => arrived),
    most,
    changes,
  };
}

/** Share of the executions that a fleet that never changes misses. */
export function missedAlways(rates: readonly number[], instances: number, met: Met): number {
  let [arrived, missed] = [0, 0];
  for (let nowS = 0; nowS < rates.length * HOUR_S; nowS += STEP_S) {
    const rate = rateAtTime(rates, nowS + STEP_S / 2);
    arrived += rate;
    if (!met(rate, instances)) missed += rate;
  }
  return missed / arrived;
}
