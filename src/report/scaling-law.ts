// The scalability law that the planner fits to a sweep, in one line, or why there is none.
import { fitUsl, type UslFit } from '../planner/fit-usl.ts';
import { formatCount, formatRate } from '../units.ts';
import type { SweepReport } from './sweep-report.ts';

export interface ScalingLaw {
  readonly fit: UslFit | undefined;
  readonly text: string;
}

export function scalingLaw({ points }: Pick<SweepReport, 'points'>): ScalingLaw {
  try {
    const fit = fitUsl(points);
    const { coherency, contention, peak, unitThroughput } = fit;
    const top = peak.identified
      ? `peak ${formatRate(peak.throughput)} at ${formatCount(peak.concurrency, 1)}`
      : `no peak: ${peak.reason}`;
    const text = `scalability law: ${formatRate(unitThroughput)} for one, contention ${contention.toPrecision(2)}, coherency ${coherency.toPrecision(2)}, ${top}`;
    return { fit, text };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^\[\w+\] /u, '') : String(error);
    return { fit: undefined, text: `no scalability law: ${reason}` };
  }
}
