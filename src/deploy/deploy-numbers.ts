// From a plan to the numbers of its manifests, each with its derivation. Pure; the only place where they are worked out.
import type { InstanceType } from '../planner/catalogue.ts';
import type { Plan } from '../planner/plan-types.ts';
import { type Noted, noted } from './noted-yaml.ts';

/** Of one pod, which takes a whole instance, and of the fleet. */
export interface DeployNumbers {
  readonly needed: number;
  readonly replicas: Noted<number>;
  readonly minReplicas: Noted<number>;
  readonly maxReplicas: Noted<number>;
  readonly surge: Noted<number>;
  /** Pods that a drain may take at once. */
  readonly maxUnavailable: Noted<number>;
  readonly zones: number;
  readonly loseZones: number;
  readonly cpuRequest: Noted<string>;
  readonly cpuLimit: Noted<string>;
  readonly memory: Noted<string>;
  /** Percent of the CPU request. */
  readonly hpaCpuPercent: Noted<number>;
  /** CPU percent of the instance, for schedulers that know no requests. */
  readonly instanceCpuPercent: Noted<number>;
  /** Executions running and waiting per pod. */
  readonly inFlightPerPod: Noted<number>;
  readonly perSecondPerPod: Noted<number>;
  readonly quotaPods: Noted<number>;
  readonly quotaCpuRequest: Noted<string>;
  readonly quotaCpuLimit: Noted<string>;
  readonly quotaMemory: Noted<string>;
  readonly sessionTimeoutS: Noted<number>;
  /** Sessions queued or running on an instance. */
  readonly maxSessions: Noted<number>;
  /** Host processes of an instance. */
  readonly workers: Noted<number>;
  readonly openFiles: Noted<number>;
  readonly listenBacklog: Noted<number>;
  readonly keepalive: Noted<number>;
  readonly workerConnections: Noted<number>;
}

/** Defaults of the runtime that the numbers rest on; the published guide's. */
const SESSION_TIMEOUT_S = 300;
const MAX_SESSIONS = 1_000;
/** Kernel default since Linux 5.4. */
const SOMAXCONN_DEFAULT = 4_096;
/** Share of an instance's memory for the pod; the rest is the kernel's, the kubelet's and that of node agents. */
const MEMORY_SHARE = 0.85;
/** What the kubelet and node agents take of an instance's processors, millicores. Assumed: 70 + 10 per further vCPU, 150 for agents. */
const NODE_BASE_MILLI = 60 + 150;
const NODE_PER_VCPU_MILLI = 10;
/** The autoscaler does nothing within this share of its target. */
const HPA_TOLERANCE = 0.1;

/** @param type - the catalogue's entry of the type that the plan chose */
export function deployNumbers(plan: Plan, type: InstanceType): DeployNumbers {
  const chosen = plan.types[0];
  const { instances, peakPerSecond } = plan.verdict;
  const needed = chosen?.needed ?? instances;
  const input = (name: string, absent: number): number => plan.inputs[name]?.value ?? absent;
  const spares = input('spares', 0);
  const floor = input('floor', 1);
  const peak = input('peakMultiplier', 1);
  const meanS = input('serviceMean', 0);
  const neededAtMean = Math.ceil(needed / peak - 1e-9);
  const minimum = Math.min(instances, Math.max(floor, neededAtMean + spares));
  const drainable = Math.max(1, Math.min(instances - needed, minimum - neededAtMean));
  const limitMilli = type.vcpu * 1_000;
  const reservedMilli = NODE_BASE_MILLI + NODE_PER_VCPU_MILLI * type.vcpu;
  const requestMilli = Math.max(100, Math.floor((limitMilli - reservedMilli) / 10) * 10);
  const memoryMib = Math.floor(type.memoryGib * 1_024 * MEMORY_SHARE);
  const quotaPods = instances + 1;
  const cpu = cpuTarget(plan, needed);
  const inFlight = peakPerSecond * meanS;
  const clients = Math.max(MAX_SESSIONS, Math.ceil(inFlight / needed));
  const upstream = Math.ceil(inFlight / needed);
  const perPod = peakPerSecond / instances;
  const backlog = Math.max(SOMAXCONN_DEFAULT, powerOfTwoFrom(peakPerSecond / needed));
  return {
    needed,
    replicas: noted(
      instances,
      `plan: ${needed} carry the peak of ${show(peakPerSecond)}/s; ${chosen?.rule ?? 'load'} rule gives ${instances}`,
    ),
    minReplicas: noted(
      minimum,
      `max(floor ${floor}, ceil(${needed} / peak ${show(peak)}) + ${spares} spare), at most ${instances}: carries the mean rate`,
    ),
    maxReplicas: noted(instances, `the plan: ${needed} for the peak, ${instances} with failures`),
    surge: noted(1, 'one pod more during a roll-out, so that none of the plan is missing'),
    maxUnavailable: noted(
      drainable,
      `max(1, min(${instances} - ${needed} at the peak, ${minimum} - ${neededAtMean} at the mean rate))${instances - needed < 1 ? '; no spare: a drain at the peak goes below the need' : ''}`,
    ),
    zones: input('zones', 1),
    loseZones: input('loseZones', 0),
    cpuRequest: noted(
      `${requestMilli}m`,
      `${type.vcpu} vCPU of ${type.type} - ${reservedMilli}m for kubelet and node agents (assumed): one pod per instance`,
    ),
    cpuLimit: noted(`${limitMilli}m`, `all ${type.vcpu} vCPU of ${type.type}, as planned`),
    memory: noted(
      `${memoryMib}Mi`,
      `${MEMORY_SHARE} x ${show(type.memoryGib)} GiB of ${type.type}; the rest is kernel, kubelet, agents`,
    ),
    hpaCpuPercent: noted(
      Math.floor((cpu.share * 100 * limitMilli) / requestMilli),
      `floor(100 x ${cpu.why} x ${limitMilli}m / ${requestMilli}m): percent of the request`,
    ),
    instanceCpuPercent: noted(Math.floor(cpu.share * 100), `floor(100 x ${cpu.why})`),
    inFlightPerPod: noted(
      significant(Math.max(inFlight / instances, 0.001)),
      `Little: peak ${show(peakPerSecond)}/s x ${show(meanS * 1_000)} ms / ${instances} pods`,
    ),
    perSecondPerPod: noted(significant(perPod), `peak ${show(peakPerSecond)}/s / ${instances} pods`),
    quotaPods: noted(quotaPods, `maxReplicas ${instances} + surge 1`),
    quotaCpuRequest: noted(`${quotaPods * requestMilli}m`, `${quotaPods} pods x ${requestMilli}m`),
    quotaCpuLimit: noted(`${quotaPods * limitMilli}m`, `${quotaPods} pods x ${limitMilli}m`),
    quotaMemory: noted(`${quotaPods * memoryMib}Mi`, `${quotaPods} pods x ${memoryMib}Mi`),
    maxSessions: noted(
      clients,
      `max(${MAX_SESSIONS}, ${show(inFlight / needed)} in flight with ${needed} up)`,
    ),
    workers: noted(type.vcpu, `one host process per vCPU of ${type.type}, whatever the node has`),
    sessionTimeoutS: noted(
      SESSION_TIMEOUT_S,
      `session time-out ${SESSION_TIMEOUT_S} s (default): affinity outlives no session`,
    ),
    openFiles: noted(
      Math.max(4_096, powerOfTwoFrom(2 * (clients + upstream + 10 + 256))),
      `power of two >= 2 x (${clients} clients + ${upstream} tool calls + 10 store + 256), at least 4096`,
    ),
    listenBacklog: noted(
      backlog,
      `max(kernel default ${SOMAXCONN_DEFAULT}, power of two >= one second of ${show(peakPerSecond / needed)}/s)`,
    ),
    keepalive: noted(
      Math.max(16, Math.ceil(inFlight)),
      `max(16, executions in flight ${show(inFlight)}): idle connections kept per nginx worker`,
    ),
    workerConnections: noted(
      Math.max(1_024, powerOfTwoFrom(2 * clients * instances)),
      `power of two >= 2 x ${clients} clients x ${instances} instances, for one nginx worker; divide by your workers`,
    ),
  };
}

/**
 * Busy share of an instance at which one more is wanted: the busy share of the needed instances at which an objective
 * breaks, spread over the spares as well, so that they are not scaled away, less the autoscaler's tolerance.
 * The idle share b0 is not measured and taken as 0.
 */
function cpuTarget(plan: Plan, needed: number): { readonly share: number; readonly why: string } {
  const { instances } = plan.verdict;
  const atPeak = ((plan.types[0]?.utilisationPeak ?? 0) * instances) / needed;
  const volume = plan.sensitivity.find(({ name }) => name === 'volume');
  // null: no growth up to a thousandfold breaks anything, so the limit decides.
  const grow = volume === undefined ? 1 : (volume.mayGrowByDegraded ?? Infinity);
  const limit = plan.inputs['maxUtilisation']?.value ?? 1;
  const breaks = Math.max(0.01, Math.min(limit, atPeak * Math.max(1, grow)));
  const share = (breaks * needed) / instances / (1 + HPA_TOLERANCE);
  return {
    share,
    why: `${show(breaks)} busy when the goal breaks x ${needed} / ${instances} / 1.1 tolerance`,
  };
}

function powerOfTwoFrom(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)) - 1e-9);
}

/** Rounded down to three significant digits: a target is met early rather than late. */
function significant(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 2);
  return Number((Math.floor(value / unit + 1e-9) * unit).toPrecision(3));
}

function show(value: number): string {
  return String(Number(value.toPrecision(4)));
}
