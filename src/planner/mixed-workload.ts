// Workloads of several scenarios as one, by weight.
import { EnclaveError } from '../errors.ts';
import { mixCost } from './cost-law.ts';
import { mixTimes } from './merge-times.ts';
import type { Sourced } from './provenance.ts';
import type { Workload } from './workload.ts';

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
  const service = mixTimes(shares.map(({ share, workload }) => ({ share, service: workload.service })));
  const anchors = shares.flatMap(({ workload }) => workload.anchors.slice(0, 1));
  const {
    betweenRuns: _runs,
    dispatch: _dispatch,
    hostMemory: _memory,
    measuredAs: _as,
    ...rest
  } = first.workload;
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
    cost: mixCost(shares.map(({ share, workload }) => ({ share, law: workload.cost }))),
    embeddingCpu: from(
      sum((one) => one.embeddingCpu.value),
      first.workload.embeddingCpu,
    ),
    ...(laws.length === 0 ? {} : { dispatch: mixCost(laws) }),
    service,
    callsTools: parts.some(({ workload }) => workload.callsTools !== false),
    serviceSource: { ...first.workload.serviceSource, source },
    // The mix was never run as such; its times at the load of its parts are those of its parts.
    anchors:
      anchors.length < parts.length
        ? []
        : [{ ratePerCore: sum((one) => one.anchors[0]?.ratePerCore ?? 0), service }],
    ...(largest === undefined ? {} : { hostMemory: largest }),
    machine: { ...first.workload.machine, utilisation: sum((one) => one.machine.utilisation ?? 0) },
  };
}

function machineOf({ machine }: Workload): string {
  return `${machine.cores.value} cores of ${machine.name}`;
}
