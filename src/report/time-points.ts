// The series of a run as the charts draw it: rates per second, at most 400 points.
import type { RunReport } from './run-report.ts';

/** One step of the run: rates per second, latencies in µs. */
export interface TimePoint {
  readonly fromS: number;
  readonly toS: number;
  readonly askedPerSecond: number;
  readonly donePerSecond: number;
  readonly inFlight: number;
  readonly p50Us: number | null;
  readonly p90Us: number | null;
  readonly p99Us: number | null;
  readonly maxUs: number | null;
}

/** More would only make the file larger: charts are some 500 px wide. */
const MAX_TIME_POINTS = 400;

/** The series; a long one in longer steps, each with the worst latency of its parts, since percentiles cannot be averaged. */
export function timePoints({ series }: RunReport): TimePoint[] {
  const perPoint = Math.max(1, Math.ceil(series.length / MAX_TIME_POINTS));
  const points: TimePoint[] = [];
  for (let at = 0; at < series.length; at += perPoint) {
    const part = series.slice(at, at + perPoint);
    const fromS = series[at - 1]?.t_s ?? 0;
    const toS = part.at(-1)?.t_s ?? fromS;
    const seconds = Math.max(1e-3, toS - fromS);
    // The last step ends with the run: over a fraction of a second a rate says nothing.
    const isStub = points.length > 0 && seconds < 0.5;
    if (isStub) continue;
    const sum = (pick: (point: (typeof part)[number]) => number): number =>
      part.reduce((total, point) => total + pick(point), 0);
    const worst = (pick: (point: (typeof part)[number]) => number | null): number | null =>
      part.reduce<number | null>((most, point) => {
        const value = pick(point);
        return value === null ? most : Math.max(most ?? 0, value);
      }, null);
    points.push({
      fromS,
      toS,
      askedPerSecond: sum(({ asked_n }) => asked_n) / seconds,
      donePerSecond: sum(({ done_n }) => done_n) / seconds,
      inFlight: worst(({ in_flight_n }) => in_flight_n) ?? 0,
      p50Us: worst(({ p50_us }) => p50_us),
      p90Us: worst(({ p90_us = null }) => p90_us),
      p99Us: worst(({ p99_us }) => p99_us),
      maxUs: worst(({ max_us }) => max_us),
    });
  }
  return points;
}
