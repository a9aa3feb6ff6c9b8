// Makes the models agree with the runs they were made from. A model is right about how a time changes with the load, and less
// so about where it starts: the runs tell that.
import { busyAt, costAt } from './cost-law.ts';
import { type QueueKind, queueWait } from './queue-kind.ts';
import { responseQuantile, type ServiceTime, serviceQuantile } from './service-time.ts';
import type { ResponseAnchor, Workload } from './workload.ts';

/** Samples that must lie beyond a percentile before it is compared. */
const TAIL_SAMPLES = 10;

/**
 * Measured / modelled time of a percentile, over the busy share.
 *
 * At each load measured, the ratio of what was measured to what the model says for the machine that was measured: 1 when the
 * model is right, below 1 when its base, the times of the lowest load, holds waits already. Between two loads the ratio is
 * interpolated by the busy share; outside of them it stays. A percentile that a run is too short for takes the ratio of the
 * highest percentile that it is long enough for.
 */
export function correctionOf(workload: Workload, queue: QueueKind): (p: number, busy: number) => number {
  const known = new Map<number, readonly Ratio[]>();
  return (p, busy) => {
    const ratios = known.get(p) ?? workload.anchors.flatMap((anchor) => ratioAt(workload, queue, anchor, p));
    known.set(p, ratios);
    return interpolate(ratios, busy);
  };
}

interface Ratio {
  readonly busy: number;
  readonly ratio: number;
}

function ratioAt(workload: Workload, queue: QueueKind, anchor: ResponseAnchor, asked: number): Ratio[] {
  const { cost, cpuScv, machine, service } = workload;
  const busy = busyAt(cost, anchor.ratePerCore);
  const wait = queueWait({
    queue,
    // A quota of one core and a half is served by one whole processor.
    vcpu: Math.max(1, Math.floor(machine.cores.value)),
    instances: 1,
    busy,
    cpuS: costAt(cost, anchor.ratePerCore),
    cpuScv: cpuScv.value,
  });
  if (wait === undefined) return [];
  const p = Math.min(asked, highestSupported(anchor.service), highestSupported(service));
  return [{ busy, ratio: serviceQuantile(anchor.service, p) / responseQuantile(wait, service, p) }];
}

function highestSupported(service: ServiceTime): number {
  return service.kind === 'exponential' ? 1 : Math.max(0.5, 1 - TAIL_SAMPLES / service.count);
}

function interpolate(ratios: readonly Ratio[], busy: number): number {
  const above = ratios.findIndex((entry) => entry.busy >= busy);
  const [low, high] = above < 0 ? [ratios.at(-1), undefined] : [ratios[above - 1], ratios[above]];
  if (low === undefined || high === undefined) return (low ?? high)?.ratio ?? 1;
  const way = (busy - low.busy) / (high.busy - low.busy);
  return low.ratio + way * (high.ratio - low.ratio);
}
