// What one execution asks of an instance: read from a run report, or from a stated capacity.
import { EnclaveError } from '../errors.ts';
import { RUN_REPORT_SCHEMA, type RunReport } from '../report/run-report.ts';
import { formatCount } from '../units.ts';
import type { InstanceType } from './catalogue.ts';
import { type CostLaw, costLaw, scaleCost } from './cost-law.ts';
import type { MeasuredAs } from './planned-workload.ts';
import type { Sourced } from './provenance.ts';
import { type Bin, exponentialServiceTime, measuredServiceTime, type ServiceTime } from './service-time.ts';

export interface Workload {
  readonly name: string;
  /** CPU seconds of an execution over all processes of an instance, at the highest load measured. */
  readonly cpuPerExecution: Sourced;
  /** Busy share of a core over the executions per second of that core: what its cores must deliver at any load. */
  readonly cost: CostLaw;
  /** Squared coefficient of variation of that CPU time. */
  readonly cpuScv: Sourced;
  /** The part of it that one single-threaded process does for the whole instance, seconds; 0 where not known. */
  readonly embeddingCpu: Sourced;
  /** Busy share of that thread over the executions per second of the instance; absent where not known. */
  readonly dispatch?: CostLaw;
  /** Start to end of an execution, tool calls included, at the lowest load measured. */
  readonly service: ServiceTime;
  /** The loads at which the times of executions were measured, ascending; the models are made to agree with them. */
  readonly anchors: readonly ResponseAnchor[];
  /** What closed runs brought out of the machine; absent without one. */
  readonly saturation?: Saturation;
  /** Whether executions wait for tools: they then return to their host, however long its queue has become meanwhile. */
  readonly callsTools?: boolean;
  /** How far runs of the same load lie apart; absent with one run. */
  readonly betweenRuns?: RunSpread;
  /** Where `service` comes from. */
  readonly serviceSource: Omit<Sourced, 'value'>;
  /** Resident memory of one host process at its highest, bytes; absent where not known. */
  readonly hostMemory?: Sourced;
  /** Why the run declared itself invalid, when it was taken all the same. */
  readonly noise?: string;
  /** How it was measured, to measure it again; absent for a stated capacity and for a mix. */
  readonly measuredAs?: MeasuredAs;
  /** The same for each part of a mix; absent for everything else. */
  readonly mixedOf?: readonly MixedPart[];
  /** Machine that the demand was found on. */
  readonly machine: TestedMachine;
}

/** Times as measured under an open load. */
export interface ResponseAnchor {
  readonly ratePerCore: number;
  /** Start to end, the waits of that load included. */
  readonly service: ServiceTime;
}

/** A part of a mix, as it was measured. */
export interface MixedPart extends MeasuredAs {
  /** Share of the executions, above 0 to 1. */
  readonly share: number;
}

/** The machine with as much in flight as keeps it at work without a pause. */
export interface Saturation {
  /** Executions that were kept in flight. */
  readonly inFlight: number;
  /** Executions per second / cores: below the rate that would keep the cores 100 % busy, as the load generator shares them. */
  readonly ratePerCore: number;
}

/** Relative standard errors of a mean of runs, widened to Student's t so that 1.96 of them are 95 %. */
export interface RunSpread {
  readonly runs: number;
  readonly cpuError: number;
  readonly timeError: number;
}

export interface TestedMachine {
  readonly cores: Sourced;
  readonly arch: 'amd64' | 'arm64' | 'unknown';
  /** CPU model or instance type. */
  readonly name: string;
  /** Busy share of the cores by the executions during the measurement, 0..1; absent for a stated capacity. */
  readonly utilisation?: number;
}

export interface ReportUse {
  /** How to call the report in messages. */
  readonly name: string;
  /** Percentiles that the plan will need, 0..1: each must have 10 samples beyond it. */
  readonly percentiles: readonly number[];
  /** Takes a run that declared itself invalid; the plan then warns with severity error. Default false. */
  readonly allowNoise?: boolean;
  /** Successful executions that it must have at least. Default 100; fewer will do where several runs are pooled. */
  readonly leastExecutions?: number;
}

/** Samples that must lie above a percentile for it to be trusted. */
const TAIL_SAMPLES = 10;
const MAX_FAILED_SHARE = 0.01;
/** A load of which less was measured says nothing. */
export const LEAST_EXECUTIONS = 100;

/**
 * The workload that a run measured.
 *
 * The servers of our pool are processors, not executions: a host process runs other scripts while one waits for its tools.
 * So the demand on the processors is the CPU of the host processes and of the embedding process per execution, and the
 * measured start-to-end times, tools included, are a delay that waits are added to.
 *
 * @param bins the report's histogram of service times of successes, decoded, seconds.
 * @throws EnclaveError UNSUITABLE_REPORT with every reason why this run cannot carry a plan.
 */
export function workloadFromReport(
  report: RunReport,
  bins: readonly Bin[],
  { allowNoise = false, leastExecutions = LEAST_EXECUTIONS, name, percentiles }: ReportUse,
): Workload {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  const reasons = [
    ...runReasons(report),
    ...(allowNoise ? [] : validityReasons(report)),
    ...sampleReasons(count, percentiles, leastExecutions),
  ];
  const { host_cpu_mean_us: hostUs, embedding_cpu_mean_us: embeddingUs } = report.cost;
  if (hostUs === null || hostUs <= 0)
    reasons.push(
      'it holds no CPU time of host processes (cost.host_cpu_mean_us), the demand a plan is made of',
    );
  if (reasons.length > 0 || hostUs === null) throw unsuitable(name, reasons);
  const source = `${name}, ${report.timing.ended_at}`;
  const measured = (value: number): Sourced => ({ value, provenance: 'measured', source });
  const cpuS = (hostUs + (embeddingUs ?? 0)) / 1e6;
  const scv = report.cost.script_cpu_scv;
  const ratePerSecond = report.rates.done_per_s ?? report.rates.sent_per_s;
  const machine = testedMachine(report, cpuS, source);
  const ratePerCore = ratePerSecond / machine.cores.value;
  const service = measuredServiceTime(bins);
  const embeddingS = (embeddingUs ?? 0) / 1e6;
  const rss = report.hosts.flatMap(({ rss_max_bytes }) => (rss_max_bytes === null ? [] : [rss_max_bytes]));
  return {
    name: report.scenario.name,
    cpuPerExecution: measured(cpuS),
    cost: costLaw([{ ratePerSecond: ratePerCore, busy: ratePerCore * cpuS }]),
    cpuScv:
      scv === null
        ? { value: 1, provenance: 'assumed', source: 'exponential, the report holds none' }
        : measured(scv),
    embeddingCpu: measured(embeddingS),
    ...(embeddingS > 0 ? { dispatch: costLaw([{ ratePerSecond, busy: ratePerSecond * embeddingS }]) } : {}),
    service,
    // In a closed loop the number in flight is fixed, so its times are no answer to an open load.
    anchors: report.scenario.model === 'open' ? [{ ratePerCore, service }] : [],
    ...(report.validity.valid ? {} : { noise: validityReasons(report).join('; ') }),
    serviceSource: { provenance: 'measured', source },
    ...(report.scenario.concurrency_n === null
      ? {}
      : { saturation: { inFlight: report.scenario.concurrency_n, ratePerCore } }),
    callsTools: report.cost.tool_calls_mean_n !== 0,
    ...(rss.length === 0 ? {} : { hostMemory: measured(Math.max(...rss)) }),
    ...measuredAs(report),
    machine,
  };
}

/** A capacity somebody states for one instance: no histogram, so service times are taken as exponential. */
export function workloadFromCapacity(capacity: Sourced, type: InstanceType): Workload {
  const source = `${capacity.source} on ${type.type}, ${type.vcpu} vCPU`;
  const cpuPerExecution: Sourced = { ...capacity, value: type.vcpu / capacity.value, source };
  const assumed = {
    provenance: 'assumed',
    source: 'exponential; a capacity alone tells no distribution',
  } as const;
  return {
    name: 'stated capacity',
    cpuPerExecution,
    cost: costLaw([{ ratePerSecond: capacity.value / type.vcpu, busy: 1 }]),
    anchors: [],
    cpuScv: { value: 1, ...assumed },
    embeddingCpu: { value: 0, provenance: 'assumed', source: 'within the stated capacity' },
    service: exponentialServiceTime(cpuPerExecution.value),
    serviceSource: assumed,
    machine: { cores: { ...capacity, value: type.vcpu, source }, arch: type.arch, name: type.type },
  };
}

/** The same workload with every execution dearer by a factor; an exponential time, being made of it, grows along. */
export function withCostFactor(workload: Workload, factor: number): Workload {
  const { cost, cpuPerExecution, dispatch, embeddingCpu, service } = workload;
  return {
    ...workload,
    cost: scaleCost(cost, factor),
    ...(dispatch === undefined ? {} : { dispatch: scaleCost(dispatch, factor) }),
    cpuPerExecution: { ...cpuPerExecution, value: cpuPerExecution.value * factor },
    embeddingCpu: { ...embeddingCpu, value: embeddingCpu.value * factor },
    service: service.kind === 'exponential' ? { ...service, meanS: service.meanS * factor } : service,
  };
}

function runReasons(report: RunReport): string[] {
  const reasons: string[] = [];
  if (report.schema !== RUN_REPORT_SCHEMA)
    reasons.push(`its schema is ${JSON.stringify(report.schema)}, this version reads ${RUN_REPORT_SCHEMA}`);
  if (!report.complete) reasons.push('the run was interrupted');
  if (report.target.pool_size_n === null)
    reasons.push('it measured a remote target, not a pool on one machine');
  const { sent_n: sent, ok_n: ok, expected_n: expected, asked_n: asked, dropped_n: dropped } = report.counts;
  const lost = sent - ok - expected + dropped;
  if (asked > 0 && lost / asked > MAX_FAILED_SHARE)
    reasons.push(`${lost} of ${asked} executions failed, were dropped or abandoned; at most 1 % may`);
  return reasons;
}

function validityReasons({ validity }: RunReport): string[] {
  if (validity.valid) return [];
  const failed = validity.checks.filter(({ state }) => state === 'failed');
  const causes = failed.map(
    ({ id, limit, unit, value }) =>
      `${id} ${value === null ? 'unknown' : formatCount(value)} ${unit}, limit ${formatCount(limit)}`,
  );
  return [`the run declared itself invalid${causes.length > 0 ? ` (${causes.join('; ')})` : ''}`];
}

function sampleReasons(count: number, percentiles: readonly number[], least: number): string[] {
  const needed = Math.max(least, ...percentiles.map((p) => Math.ceil(TAIL_SAMPLES / (1 - p) - 1e-9)));
  if (count >= needed) return [];
  const hardest = Math.max(0, ...percentiles);
  const what = needed > least ? `p${Number((hardest * 100).toFixed(6))}` : 'a plan';
  return [`${what} needs ${needed} successful executions, it has ${count}`];
}

function unsuitable(name: string, reasons: readonly string[]): EnclaveError {
  const text = reasons.length === 1 ? reasons[0] : `\n  ${reasons.join('\n  ')}`;
  return new EnclaveError('UNSUITABLE_REPORT', `${name} cannot carry a plan: ${text}`, {
    hint: 'measure again with enclave bench, longer or at a lower rate, or ask for a lower percentile; a run that declared itself invalid is taken with --allow-noise',
  });
}

function testedMachine(report: RunReport, cpuS: number, source: string): TestedMachine {
  const { cores_n: coresN, cgroup_quota_cores: quota, platform, cpu_model: cpuModel } = report.env;
  const cores = quota === null ? coresN : Math.min(coresN, quota);
  const ratePerSecond = report.rates.done_per_s ?? report.rates.sent_per_s;
  return {
    cores: { value: cores, provenance: 'measured', source },
    arch: architectureOf(`${platform} ${cpuModel}`),
    name: cpuModel,
    utilisation: (ratePerSecond * cpuS) / cores,
  };
}

function measuredAs({ env, scenario, target }: RunReport): Pick<Workload, 'measuredAs'> {
  if (target.pool_size_n === null) return {};
  return {
    measuredAs: {
      scenario: scenario.name,
      scenarioHash: scenario.hash,
      hostsPerCore: target.pool_size_n / Math.min(env.cores_n, env.cgroup_quota_cores ?? Infinity),
      isolation: target.isolation ?? 'isolate',
      isIsolated: target.driver.includes('isolated'),
    },
  };
}

/** Reports name the platform and the CPU; what neither tells is `unknown`. */
function architectureOf(words: string): TestedMachine['arch'] {
  if (/arm64|aarch64|graviton|neoverse|apple|ampere/i.test(words)) return 'arm64';
  return /x64|x86|amd|intel|xeon|epyc/i.test(words) ? 'amd64' : 'unknown';
}
