// The workload as a plan keeps it: plain data from which the model can be asked again, elsewhere and later. Its histograms are
// written as text, since thousands of bins as JSON objects would be most of the plan.
import { EnclaveError } from '../errors.ts';
import { type Bin, measuredServiceTime, type ServiceTime } from './service-time.ts';
import type { ResponseAnchor, Workload } from './workload.ts';

/** How a workload was measured, to measure it again. */
export interface MeasuredAs {
  /** Name of the scenario and the hash over its bytes. */
  readonly scenario: string;
  readonly scenarioHash: string;
  /** Host processes of the pool / cores of the machine. */
  readonly hostsPerCore: number;
  readonly isolation: 'isolate' | 'context';
  /** The pool lived in a process of its own, apart from the load generator. */
  readonly isIsolated: boolean;
}

export type PlannedServiceTime =
  | { readonly kind: 'exponential'; readonly meanS: number }
  | {
      readonly kind: 'histogram';
      readonly meanS: number;
      readonly count: number;
      /** `gap,width,count` of each bin, separated by blanks: gap to the end of the bin before and width in microseconds. */
      readonly bins: string;
    };

export type PlannedWorkload = Omit<Workload, 'service' | 'anchors'> & {
  readonly service: PlannedServiceTime;
  readonly anchors: readonly (Omit<ResponseAnchor, 'service'> & { readonly service: PlannedServiceTime })[];
};

export function plannedWorkload(workload: Workload): PlannedWorkload {
  return {
    ...workload,
    service: packed(workload.service),
    anchors: workload.anchors.map((anchor) => ({ ...anchor, service: packed(anchor.service) })),
  };
}

/**
 * The way back; times within a thousandth of a microsecond.
 * @throws EnclaveError INVALID_INPUT when a histogram cannot be read.
 */
export function workloadOfPlan(planned: PlannedWorkload): Workload {
  return {
    ...planned,
    service: unpacked(planned.service),
    anchors: planned.anchors.map((anchor) => ({ ...anchor, service: unpacked(anchor.service) })),
  };
}

function packed(service: ServiceTime): PlannedServiceTime {
  if (service.kind === 'exponential') return service;
  let end = 0;
  const bins = service.bins.map(({ count, fromS, toS }) => {
    const [from, to] = [micro(fromS), micro(toS)];
    const text = `${short(from - end)},${short(to - from)},${short(count)}`;
    end = to;
    return text;
  });
  return { kind: 'histogram', meanS: service.meanS, count: service.count, bins: bins.join(' ') };
}

function unpacked(service: PlannedServiceTime): ServiceTime {
  if (service.kind === 'exponential') return service;
  let end = 0;
  const bins: Bin[] = service.bins.split(' ').map((text, index) => {
    const [gap = Number.NaN, width = Number.NaN, count = Number.NaN, ...rest] = text.split(',').map(Number);
    if (rest.length > 0 || !Number.isFinite(gap + width + count))
      throw new EnclaveError(
        'INVALID_INPUT',
        `workload.service.bins: expected gap,width,count, got ${JSON.stringify(text)} as number ${index + 1}`,
      );
    const from = micro((end + gap) / 1e6);
    const to = micro((from + width) / 1e6);
    end = to;
    return { fromS: from / 1e6, toS: to / 1e6, count };
  });
  return measuredServiceTime(bins);
}

/** Microseconds, rounded where doubles end. */
function micro(seconds: number): number {
  return Math.round(seconds * 1e9) / 1e3;
}

function short(value: number): string {
  return String(Number(value.toPrecision(12)));
}
