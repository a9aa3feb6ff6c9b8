// Several runs of one scenario as one workload: pooled where their load is the same, a law where it differs.
import { EnclaveError } from '../errors.ts';
import type { RunReport } from '../report/run-report.ts';
import { formatRate } from '../units.ts';
import { costLaw } from './cost-law.ts';
import { poolTimes } from './merge-times.ts';
import type { Sourced } from './provenance.ts';
import type { Bin, ServiceTime } from './service-time.ts';
import { studentQuantile } from './special.ts';
import {
  LEAST_EXECUTIONS,
  type ReportUse,
  type ResponseAnchor,
  type RunSpread,
  type Saturation,
  type Workload,
  workloadFromReport,
} from './workload.ts';

export interface MeasuredRun {
  /** How to call it in messages. */
  readonly name: string;
  readonly report: RunReport;
  /** Its histogram of service times of successes, decoded, seconds. */
  readonly bins: readonly Bin[];
}

export interface PoolUse extends Omit<ReportUse, 'name'> {
  /** Takes runs of different machines together. Default false. */
  readonly mixMachines?: boolean;
}

/** Runs whose rates differ by less than this were made at the same load. */
const SAME_LOAD = 0.1;
const Z95 = 1.959963984540054;

/**
 * One workload from runs of one scenario on one machine.
 *
 * Runs at the same load are pooled: their histograms add up, and how far they lie apart goes into the certainty. Runs at
 * different loads give the cost law (see {@link costLaw}) and, when open, the loads that the models are made to agree with.
 *
 * @param runs at least one.
 * @throws EnclaveError UNSUITABLE_REPORT with every reason: of single runs, of other scenarios, of other machines.
 */
export function workloadFromRuns(runs: readonly MeasuredRun[], use: PoolUse): Workload {
  const reasons = [...scenarioReasons(runs), ...(use.mixMachines === true ? [] : machineReasons(runs))];
  // Each run alone must be fit; whether there are samples enough is asked of the pool.
  const part: PoolUse = { ...use, percentiles: [], ...(runs.length > 1 ? { leastExecutions: 1 } : {}) };
  const single = runs.flatMap((run) => gather(reasons, () => readRun(run, part)));
  refuse(reasons);
  const groups = groupByLoad(single);
  const base = groups.find(({ isOpen }) => isOpen) ?? groups[0];
  const lead = base?.members[0]?.workload;
  if (base === undefined || lead === undefined)
    throw new EnclaveError('INVALID_INPUT', 'expected at least one run, got none');
  const top = groups.at(-1) ?? base;
  const [only] = runs;
  if (runs.length === 1 && only !== undefined) return readRun(only, use).workload;
  const names = listOf(runs.map(({ name }) => name));
  const service = poolTimes(base.members.map(({ workload }) => workload.service));
  checkSamples(service, use.percentiles, 'the lowest load', names);
  for (const { isOpen, members, ratePerCore } of groups.slice(1))
    if (isOpen)
      checkSamples(
        poolTimes(members.map(({ workload }) => workload.service)),
        [],
        `${formatRate(ratePerCore)} a core`,
        names,
      );
  const source = `${runs.length} runs: ${names}`;
  const spread = spreadOf(groups);
  const mean = (members: readonly Member[], of: (workload: Workload) => number): number =>
    members.reduce((sum, member) => sum + of(member.workload), 0) / members.length;
  const from = (value: number, sourced: Sourced): Sourced => ({ ...sourced, value, source });
  const dispatch = single.flatMap(({ workload: { dispatch: law } }) => law?.points ?? []);
  const saturation = saturationOf(single);
  const { dispatch: _alone, saturation: _one, ...rest } = lead;
  const noise = single.flatMap((member) => member.workload.noise ?? []);
  return {
    ...rest,
    cpuPerExecution: from(
      mean(top.members, (one) => one.cpuPerExecution.value),
      lead.cpuPerExecution,
    ),
    cpuScv: from(
      mean(base.members, (one) => one.cpuScv.value),
      lead.cpuScv,
    ),
    cost: costLaw(
      groups.map((group) => ({ ratePerSecond: group.ratePerCore, busy: mean(group.members, busyOf) })),
    ),
    embeddingCpu: from(
      mean(top.members, (one) => one.embeddingCpu.value),
      lead.embeddingCpu,
    ),
    ...(dispatch.length === 0 ? {} : { dispatch: costLaw(dispatch) }),
    service,
    serviceSource: { ...lead.serviceSource, source },
    anchors: groups.flatMap(anchorOf),
    ...(saturation === undefined ? {} : { saturation }),
    ...(spread === undefined ? {} : { betweenRuns: spread }),
    ...(noise.length === 0 ? {} : { noise: noise.join('; ') }),
    machine: lead.machine,
  };
}

/** Names of one folder are written as a shell would take them: `reports/x/{full-1,light-1}.json`. */
function listOf(names: readonly string[]): string {
  const parts = names.map((name) => /^(?<folder>.*\/)(?<base>[^/]+)\.json$/u.exec(name)?.groups ?? {});
  const folder = parts[0]?.['folder'];
  const isOne = folder !== undefined && parts.every((part) => part['folder'] === folder);
  return isOne ? `${folder}{${parts.map((part) => part['base']).join(',')}}.json` : names.join(', ');
}

interface Member {
  readonly workload: Workload;
  readonly ratePerCore: number;
  readonly isOpen: boolean;
}

interface LoadGroup {
  readonly ratePerCore: number;
  readonly isOpen: boolean;
  readonly members: readonly Member[];
}

function readRun({ bins, name, report }: MeasuredRun, use: PoolUse): Member {
  const workload = workloadFromReport(report, bins, { ...use, name });
  const ratePerCore = workload.cost.points[0]?.ratePerSecond ?? 0;
  return { workload, ratePerCore, isOpen: report.scenario.model === 'open' };
}

function gather<T>(reasons: string[], read: () => T): T[] {
  try {
    return [read()];
  } catch (error) {
    if (!(error instanceof EnclaveError) || error.code !== 'UNSUITABLE_REPORT') throw error;
    reasons.push(error.message.replace('[UNSUITABLE_REPORT] ', ''));
    return [];
  }
}

function scenarioReasons(runs: readonly MeasuredRun[]): string[] {
  const [first] = runs;
  return runs
    .filter(({ report }) => report.scenario.hash !== first?.report.scenario.hash)
    .map(
      ({ name, report }) =>
        `${name} ran another scenario or version of it (${report.scenario.name}) than ${first?.name} (${first?.report.scenario.name}); --mix plans for several`,
    );
}

function machineReasons(runs: readonly MeasuredRun[]): string[] {
  const describe = ({ report: { env, target } }: MeasuredRun): string =>
    `${env.cgroup_quota_cores ?? env.cores_n} cores of ${env.cpu_model}, ${target.pool_size_n} hosts, isolation ${target.isolation}`;
  const [first] = runs;
  if (first === undefined) return [];
  return runs
    .filter((run) => describe(run) !== describe(first))
    .map(
      (run) =>
        `${run.name} was measured on another machine (${describe(run)}) than ${first.name} (${describe(first)}); --mix-machines takes them together`,
    );
}

function refuse(reasons: readonly string[]): void {
  if (reasons.length === 0) return;
  const text = reasons.length === 1 ? reasons[0] : `\n  ${reasons.join('\n  ')}`;
  throw new EnclaveError('UNSUITABLE_REPORT', `these runs cannot carry a plan: ${text}`);
}

/** Ascending by load; open and closed runs apart, their times being different things. */
function groupByLoad(members: readonly Member[]): LoadGroup[] {
  const groups: { ratePerCore: number; isOpen: boolean; members: Member[] }[] = [];
  for (const member of [...members].sort((a, b) => a.ratePerCore - b.ratePerCore)) {
    const group = groups.find(
      ({ isOpen, ratePerCore }) =>
        isOpen === member.isOpen && member.ratePerCore <= ratePerCore * (1 + SAME_LOAD),
    );
    if (group === undefined)
      groups.push({ ratePerCore: member.ratePerCore, isOpen: member.isOpen, members: [member] });
    else group.members.push(member);
  }
  return groups.map((group) => ({
    ...group,
    ratePerCore: group.members.reduce((sum, { ratePerCore }) => sum + ratePerCore, 0) / group.members.length,
  }));
}

/** Mean of the closed runs with as many in flight as the one that got most done. */
function saturationOf(members: readonly Member[]): Saturation | undefined {
  const runs = members.flatMap(({ workload: { saturation } }) => saturation ?? []);
  const [most] = [...runs].sort((a, b) => b.ratePerCore - a.ratePerCore);
  if (most === undefined) return undefined;
  const alike = runs.filter(({ inFlight }) => inFlight === most.inFlight);
  return {
    ...most,
    ratePerCore: alike.reduce((sum, { ratePerCore }) => sum + ratePerCore, 0) / alike.length,
  };
}

function busyOf({ cost }: Workload): number {
  return cost.points[0]?.busy ?? 0;
}

function anchorOf({ isOpen, members, ratePerCore }: LoadGroup): ResponseAnchor[] {
  return isOpen ? [{ ratePerCore, service: poolTimes(members.map(({ workload }) => workload.service)) }] : [];
}

/** What runs of the same load differ by, of all loads that were run more than once: two runs of one alone would tell next to nothing. */
function spreadOf(groups: readonly LoadGroup[]): RunSpread | undefined {
  const repeated = groups.filter(({ members }) => members.length > 1);
  if (repeated.length === 0) return undefined;
  const error = (of: (workload: Workload) => number) =>
    pooledError(repeated.map(({ members }) => members.map(({ workload }) => of(workload))));
  return {
    runs: Math.max(...repeated.map(({ members }) => members.length)),
    cpuError: error((one) => one.cpuPerExecution.value),
    timeError: error((one) => one.service.meanS),
  };
}

/**
 * Standard error of the mean of a load, relative, widened so that 1.96 of it are Student's 95 %. The runs of all loads scatter alike
 * about their means, so the variance is the pooled one: s2 = sum of (v / mean - 1)^2 over all runs / sum of (n - 1) over the loads.
 */
function pooledError(loads: readonly (readonly number[])[]): number {
  let squares = 0;
  let freedom = 0;
  for (const values of loads) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    squares += values.reduce((sum, value) => sum + (value / mean - 1) ** 2, 0);
    freedom += values.length - 1;
  }
  const fewest = Math.min(...loads.map((values) => values.length));
  return (studentQuantile(0.975, freedom) / Z95) * Math.sqrt(squares / freedom / fewest);
}

function checkSamples(
  service: ServiceTime,
  percentiles: readonly number[],
  load: string,
  names: string,
): void {
  const count = service.kind === 'histogram' ? service.count : 0;
  const hardest = Math.max(0, ...percentiles);
  const needed = Math.max(LEAST_EXECUTIONS, hardest === 0 ? 0 : Math.ceil(10 / (1 - hardest) - 1e-9));
  if (count < needed)
    refuse([
      `${needed > LEAST_EXECUTIONS ? `p${Number((hardest * 100).toFixed(6))}` : 'a plan'} needs ${needed} successful executions at ${load}, ${names} have ${Math.floor(count)}`,
    ]);
}
