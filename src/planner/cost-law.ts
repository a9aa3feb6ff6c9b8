// CPU against load. An execution on an idle machine costs more than one on a busy machine: processes wake up, caches are
// cold, work that is done once a turn of the event loop is shared by few. So a cost measured at one load holds for that load.
import { invalidInput } from '../errors.ts';

/** What was spent at one load. */
export interface CostPoint {
  /** Executions per second of one processor (or thread), above 0. */
  readonly ratePerSecond: number;
  /** CPU seconds per second that they took of it, above 0: 1 is all of it. */
  readonly busy: number;
}

/** The busy share over the rate: straight lines from the origin through the points. Ascending in both. */
export interface CostLaw {
  readonly points: readonly CostPoint[];
}

/**
 * The law through measured points, u(x) = busy share at x executions per second.
 *
 * Between two points it is the utilisation law with intercept, u = b + s x. Below the lowest load and above the highest the cost
 * per execution stays as measured there, and above the highest it is at least the slope of the last line: nothing is
 * extrapolated to a lower cost. More load cannot mean less work: points that say so are noise and are averaged with their
 * neighbours (pool adjacent violators). Source of the law: P. J. Denning and J. P. Buzen, ACM Computing Surveys 10 (1978) 225-261.
 *
 * @throws EnclaveError INVALID_INPUT without a point, or with one that is not above 0.
 */
export function costLaw(points: readonly CostPoint[]): CostLaw {
  const bad = points.findIndex(({ busy, ratePerSecond }) => !(isPositive(busy) && isPositive(ratePerSecond)));
  if (points.length === 0 || bad >= 0)
    throw invalidInput('cost law', [
      {
        path: points.length === 0 ? 'points' : `points[${bad}]`,
        message: `expected rates and busy shares above 0, got ${JSON.stringify(points[bad])}`,
      },
    ]);
  const kept: (CostPoint & { readonly weight: number })[] = [];
  for (const point of [...points].sort((a, b) => a.ratePerSecond - b.ratePerSecond)) {
    let next = { ...point, weight: 1 };
    for (let last = kept.at(-1); last !== undefined && isBackward(last, next); last = kept.at(-1)) {
      next = average(last, next);
      kept.pop();
    }
    kept.push(next);
  }
  return { points: kept.map(({ busy, ratePerSecond }) => ({ ratePerSecond, busy })) };
}

/** Busy share at a rate; above 1 is more than there is. */
export function busyAt({ points }: CostLaw, ratePerSecond: number): number {
  let before: CostPoint = ORIGIN;
  for (const point of points) {
    if (ratePerSecond <= point.ratePerSecond) return between(before, point, ratePerSecond);
    before = point;
  }
  return before.busy + topSlope(points) * (ratePerSecond - before.ratePerSecond);
}

/** The rate that makes a processor busy to that share; the inverse of {@link busyAt}. */
export function rateAt({ points }: CostLaw, busy: number): number {
  let before: CostPoint = ORIGIN;
  for (const point of points) {
    if (busy <= point.busy)
      return (
        before.ratePerSecond +
        ((busy - before.busy) / (point.busy - before.busy)) * (point.ratePerSecond - before.ratePerSecond)
      );
    before = point;
  }
  return before.ratePerSecond + (busy - before.busy) / topSlope(points);
}

/** CPU seconds of one execution at a rate. */
export function costAt(law: CostLaw, ratePerSecond: number): number {
  const [lowest] = law.points;
  if (lowest === undefined) return 0;
  return ratePerSecond <= lowest.ratePerSecond
    ? lowest.busy / lowest.ratePerSecond
    : busyAt(law, ratePerSecond) / ratePerSecond;
}

/** The same law with every execution dearer by a factor. */
export function scaleCost({ points }: CostLaw, factor: number): CostLaw {
  return { points: points.map((point) => ({ ...point, busy: point.busy * factor })) };
}

/** The law of a mix: at each rate every part costs what it costs when the processor is as active as the whole makes it. */
export function mixCost(parts: readonly { readonly share: number; readonly law: CostLaw }[]): CostLaw {
  const rates = parts.flatMap(({ law }) => law.points.map(({ ratePerSecond }) => ratePerSecond));
  return costLaw(
    [...new Set(rates)].map((ratePerSecond) => ({
      ratePerSecond,
      busy: parts.reduce((sum, { law, share }) => sum + share * busyAt(law, ratePerSecond), 0),
    })),
  );
}

const ORIGIN: CostPoint = { ratePerSecond: 0, busy: 0 };
/** Two runs closer than this in rate say nothing about a slope. */
const SAME_LOAD = 0.02;

function isPositive(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

function isBackward(last: CostPoint, next: CostPoint): boolean {
  return next.busy <= last.busy || next.ratePerSecond <= last.ratePerSecond * (1 + SAME_LOAD);
}

function average<P extends CostPoint & { readonly weight: number }>(a: P, b: P) {
  const weight = a.weight + b.weight;
  const mean = (of: (point: P) => number) => (of(a) * a.weight + of(b) * b.weight) / weight;
  return { ratePerSecond: mean((p) => p.ratePerSecond), busy: mean((p) => p.busy), weight };
}

function between(from: CostPoint, to: CostPoint, rate: number): number {
  const way = (rate - from.ratePerSecond) / (to.ratePerSecond - from.ratePerSecond);
  return from.busy + way * (to.busy - from.busy);
}

function topSlope(points: readonly CostPoint[]): number {
  const last = points.at(-1) ?? ORIGIN;
  const before = points.at(-2) ?? ORIGIN;
  const marginal = (last.busy - before.busy) / (last.ratePerSecond - before.ratePerSecond);
  return Math.max(marginal, last.busy / last.ratePerSecond);
}
