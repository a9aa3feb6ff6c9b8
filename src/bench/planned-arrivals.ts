// The intended starts of a plan: computed or replayed, ended by a count, without the tenants that are left out.
import type { Workload } from '../scenario/workload.ts';
import {
  type ArrivalSource,
  createArrivals,
  limitMeasured,
  replayArrivals,
  withoutArrivals,
} from './arrivals.ts';
import type { LoadPlan } from './sample.ts';

export function plannedArrivals(plan: LoadPlan, workload: Workload): ArrivalSource {
  const { arrivals, count, leavesOut, phases, replayMs, seed } = plan;
  const all =
    replayMs === undefined ? createArrivals(arrivals, phases, seed) : replayArrivals(replayMs, phases);
  const counted = count === undefined ? all : limitMeasured(all, phases, count);
  if (leavesOut === undefined) return counted;
  return withoutArrivals(counted, ({ index }) => leavesOut.includes(workload.job(index).tenant));
}
