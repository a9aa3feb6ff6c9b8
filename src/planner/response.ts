// Response times under a load, from times that were measured under others. Between two measured loads nothing but their own
// percentiles is used, and a queue model only to tell how far along the way a load lies; beyond them the model adds its wait.
import { busyAt, costAt } from './cost-law.ts';
import { type QueueKind, queueWait } from './queue-kind.ts';
import { responseQuantile, responseSurvival, type ServiceTime, type WaitLaw } from './service-time.ts';
import type { Workload } from './workload.ts';

/** The wait at a load, and what an execution costs there. */
export interface LoadedWait extends WaitLaw {
  /** CPU seconds of an execution. */
  readonly cpuS: number;
}

export interface ResponseModel {
  /** Seconds that a share p stays within; never less for a greater p. */
  quantileS(wait: LoadedWait, p: number): number;
  /** Whether a share p stays within a limit, seconds: as {@link quantileS}, without looking for the percentile itself. */
  isWithin(wait: LoadedWait, p: number, limitS: number): boolean;
}

/** What was measured at one load. */
interface Anchor {
  /** Mean wait that the model gives the measured machine there, in units of the CPU time: the place of the load on the way. */
  readonly place: number;
  readonly cpuS: number;
  readonly service: ServiceTime;
  readonly quantileS: (p: number) => number;
}

/**
 * The model of a workload whose times were measured under open loads; undefined when they were not.
 *
 * With Q_i(p) measured at load i, c_i the CPU time and w_i the modelled mean wait / CPU time of the measured machine there, and
 * c, w those of the load asked for:
 *
 * - w_i <= w <= w_j: T(p) = (1 - v) Q_i(p) + v Q_j(p) + k (c - (1 - v) c_i - v c_j), v = (w - w_i) / (w_j - w_i). The
 *   percentiles of M/M/1 lie in a line over its mean wait, so there this is exact. The last term is what an execution costs more
 *   or less than the two measurements have on average; k <= 1 is the share of the CPU time that can lie within the response,
 *   median / CPU time.
 * - w above all: the times of the highest load, and a further wait: 0 with probability 1 - P (1 - w_n / w), else exponential with
 *   the rate of the wait asked for. For M/M/1 this too is exact.
 * - w below all: the times of the lowest load. A machine with less to do than the idlest one measured is taken to be no quicker.
 *
 * Each of the three rises with p whatever was measured. Outside of the measured loads a lower CPU time is not counted on.
 */
export function responseModel(workload: Workload, queue: QueueKind): ResponseModel | undefined {
  const anchors = anchorsOf(workload, queue);
  const [lowest] = anchors;
  if (lowest === undefined) return undefined;
  const onPath = Math.min(1, lowest.quantileS(0.5) / lowest.cpuS);
  const find = (wait: LoadedWait) => {
    const place = placeOf(wait);
    const above = anchors.findIndex((anchor) => place <= anchor.place);
    const low = above < 0 ? (anchors.at(-1) ?? lowest) : (anchors[above - 1] ?? lowest);
    const high = above < 0 ? undefined : (anchors[above] ?? lowest);
    const way = high === undefined || high === low ? 0 : (place - low.place) / (high.place - low.place);
    const expectedS = low.cpuS + way * ((high ?? low).cpuS - low.cpuS);
    const dearerS = onPath * (wait.cpuS - expectedS);
    return { low, high, way, shiftS: way > 0 ? dearerS : Math.max(0, dearerS) };
  };
  return {
    quantileS(wait, p) {
      const { high, low, shiftS, way } = find(wait);
      if (high === undefined) return shiftS + responseQuantile(furtherWait(wait, low), low.service, p);
      return Math.max(0, shiftS + (1 - way) * low.quantileS(p) + way * high.quantileS(p));
    },
    isWithin(wait, p, limitS) {
      const { high, low, shiftS } = find(wait);
      return high === undefined
        ? responseSurvival(furtherWait(wait, low), low.service, limitS - shiftS) <= 1 - p
        : this.quantileS(wait, p) <= limitS;
    },
  };
}

/** Ascending by place; one that lies no higher than the one before tells nothing of the way between them. */
function anchorsOf({ anchors, cost, cpuScv, machine }: Workload, queue: QueueKind): Anchor[] {
  const placed: Anchor[] = [];
  for (const { ratePerCore, service } of anchors) {
    const cpuS = costAt(cost, ratePerCore);
    const wait = queueWait({
      queue,
      // A quota of one core and a half is served by one whole processor.
      vcpu: Math.max(1, Math.floor(machine.cores.value)),
      instances: 1,
      busy: busyAt(cost, ratePerCore),
      cpuS,
      cpuScv: cpuScv.value,
    });
    const place = wait === undefined ? undefined : placeOf({ ...wait, cpuS });
    if (place === undefined || place <= (placed.at(-1)?.place ?? -1)) continue;
    placed.push({ place, cpuS, service, quantileS: quantileTable(service) });
  }
  return placed;
}

function placeOf({ cpuS, probability, rate }: LoadedWait): number {
  return probability / rate / cpuS;
}

function furtherWait({ probability, rate, ...wait }: LoadedWait, { place }: Anchor): WaitLaw {
  const share = 1 - place / placeOf({ ...wait, probability, rate });
  return { probability: probability * Math.max(0, share), rate };
}

/** Percentiles of a histogram by halving over its cumulated counts; bins are taken as uniform. */
function quantileTable(service: ServiceTime): (p: number) => number {
  if (service.kind === 'exponential') return (p) => -service.meanS * Math.log1p(-p);
  const { bins, count } = service;
  const upTo = new Float64Array(bins.length);
  let sum = 0;
  for (const [index, bin] of bins.entries()) {
    sum += bin.count;
    upTo[index] = sum;
  }
  return (p) => {
    const wanted = p * count;
    let [low, high] = [0, bins.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? 0) >= wanted) high = middle;
      else low = middle + 1;
    }
    const bin = bins[low];
    if (bin === undefined) return 0;
    const into = 1 - ((upTo[low] ?? 0) - wanted) / bin.count;
    return bin.fromS + (bin.toS - bin.fromS) * Math.min(1, Math.max(0, into));
  };
}
