// Workloads of several scenarios as one, by weight.
import { EnclaveError } from '../errors.ts';
import { busyAt, type CostLaw, mixCost, rateAt } from './cost-law.ts';
import { mixTimes } from './merge-times.ts';
import type { Sourced } from './provenance.ts';
import type { ResponseAnchor, Workload } from './workload.ts';

/** A part of a mix: a workload and its share of the executions. */
export interface MixPart {
  readonly workload: Workload;
  /** Above 0; the shares of a mix are brought to a sum of 1. */
  readonly weight: number;
}

/**
 * One workload from several, as if each execution were drawn from them by weight.
 *
 * Means mix by share; the squared coefficient of variation comes from the mixed second moments,
 * cs2 = sum w D^2 (1 + cs2) / (sum w D)^2 - 1; histograms mix by share, and count as many samples as carry the same error.
 *
 * @param parts two or more.
 * @throws EnclaveError UNSUITABLE_REPORT when the parts were measured on different machines, unless `mixMachines`.
 */
export function mixWorkloads(
  parts: readonly MixPart[],
  { mixMachines = false }: { readonly mixMachines?: boolean } = {},
): Workload {
  const [first] = parts;
  if (first === undefined)
    throw new EnclaveError('INVALID_INPUT', 'expected at least one part of a mix, got none');
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const shares = parts.map(({ weight, workload }) => ({ share: weight / total, workload }));
  const other = parts.find(({ workload }) => machineOf(workload) !== machineOf(first.workload));
  if (other !== undefined && !mixMachines)
    throw new EnclaveError(
      'UNSUITABLE_REPORT',
      `the parts of the mix were measured on different machines: ${machineOf(first.workload)}, and ${machineOf(other.workload)}`,
      { hint: 'measure them on one machine, or take them together with --mix-machines' },
    );
  const sum = (of: (workload: Workload) => number) =>
    shares.reduce((all, { share, workload }) => all + share * of(workload), 0);
  const cpuS = sum((one) => one.cpuPerExecution.value);
  const second = sum((one) => one.cpuPerExecution.value ** 2 * (1 + one.cpuScv.value));
  const source = shares
    .map(({ share, workload }) => `${Number((100 * share).toFixed(2))} % ${workload.name}`)
    .join(' + ');
  const from = (value: number, sourced: Sourced): Sourced => ({ ...sourced, value, source });
  const cost = mixCost(shares.map(({ share, workload }) => ({ share, law: workload.cost })));
  const service = mixTimes(shares.map(({ share, workload }) => ({ share, service: workload.service })));
  const {
    betweenRuns: _runs,
    dispatch: _dispatch,
    hostMemory: _memory,
    measuredAs: _as,
    saturation: _full,
    ...rest
  } = first.workload;
  const mixedOf = shares.flatMap(({ share, workload: { measuredAs } }) =>
    measuredAs === undefined ? [] : [{ share, ...measuredAs }],
  );
  const laws = shares.flatMap(({ share, workload: { dispatch } }) =>
    dispatch === undefined ? [] : [{ share, law: dispatch }],
  );
  const memory = parts.flatMap(({ workload }) => workload.hostMemory ?? []);
  const largest = memory.reduce<Sourced | undefined>(
    (most, next) => (next.value > (most?.value ?? 0) ? next : most),
    undefined,
  );
  return {
    ...rest,
    name: source,
    cpuPerExecution: from(cpuS, first.workload.cpuPerExecution),
    cpuScv: from(Math.max(0, second / cpuS ** 2 - 1), first.workload.cpuScv),
    cost,
    embeddingCpu: from(
      sum((one) => one.embeddingCpu.value),
      first.workload.embeddingCpu,
    ),
    ...(laws.length === 0 ? {} : { dispatch: mixCost(laws) }),
    service,
    callsTools: parts.some(({ workload }) => workload.callsTools !== false),
    serviceSource: { ...first.workload.serviceSource, source },
    anchors: mixAnchors(shares, cost),
    ...(mixedOf.length === parts.length ? { mixedOf } : {}),
    ...(largest === undefined ? {} : { hostMemory: largest }),
    machine: { ...first.workload.machine, utilisation: sum((one) => one.machine.utilisation ?? 0) },
  };
}

/**
 * The mix was never run as such: at a busy share its times are taken to be those of its parts, at the same or nearly the same busy
 * share. The first load of each part makes the first of the mix, and so on up to the part that was run at the fewest loads.
 */
function mixAnchors(
  shares: readonly { readonly share: number; readonly workload: Workload }[],
  cost: CostLaw,
): ResponseAnchor[] {
  const count = Math.min(...shares.map(({ workload }) => workload.anchors.length));
  return Array.from({ length: count }, (_, index) => {
    const parts = shares.flatMap(({ share, workload }) => {
      const anchor = workload.anchors[index];
      return anchor === undefined
        ? []
        : [{ share, service: anchor.service, busy: busyAt(workload.cost, anchor.ratePerCore) }];
    });
    const busy = parts.reduce((sum, part) => sum + part.share * part.busy, 0);
    return { ratePerCore: rateAt(cost, busy), service: mixTimes(parts) };
  });
}

function machineOf({ machine }: Workload): string {
  return `${machine.cores.value} cores of ${machine.name}`;
}
