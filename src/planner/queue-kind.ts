// How arrivals meet the processors of several instances, and the wait that follows.
import type { WaitLaw } from './service-time.ts';
import { waitLaw } from './station.ts';

export type QueueKind =
  /** One queue for the whole fleet: a broker hands work to whoever is free. */
  | 'pooled'
  /** One queue per instance: a load balancer spreads arrivals at random. */
  | 'split'
  /** One queue per host process; within its instance an arrival goes to the host with the fewest executions. */
  | 'placed'
  /** One queue per host process, chosen at random: what placement amounts to when executions wait for tools most of the time. */
  | 'host';

export const QUEUE_KINDS: readonly QueueKind[] = ['placed', 'host', 'split', 'pooled'];

/** What our pool does: it places by load, which tells little of executions that wait for tools. */
export function usualQueue({ callsTools = true }: { readonly callsTools?: boolean }): QueueKind {
  return callsTools ? 'host' : 'placed';
}

export interface QueueInput {
  readonly queue: QueueKind;
  /** Processors of an instance, one host process each. */
  readonly vcpu: number;
  readonly instances: number;
  /** Busy share of the processors, from 0. */
  readonly busy: number;
  /** CPU seconds of an execution, and their squared coefficient of variation. */
  readonly cpuS: number;
  readonly cpuScv: number;
}

/**
 * The wait for a processor; undefined without a steady state.
 *
 * `placed` lies between one queue per instance and one per host: W = W_split + (W_host - W_split) / (4 c), and so for P(W > 0).
 * The 1 / (4 c) is ours, found by simulating the shortest of c queues: for 2 to 16 hosts, 40 to 90 % busy, cs2 0.2 to 2, p95 and
 * p99 of the response come out 17 % too low to 17 % too high, where `host` is 30 to 300 % too high.
 */
export function queueWait({ busy, cpuS, cpuScv, instances, queue, vcpu }: QueueInput): WaitLaw | undefined {
  const at = (servers: number): WaitLaw | undefined =>
    waitLaw({ servers, offeredLoad: busy * servers, meanServiceTime: cpuS, serviceScv: cpuScv });
  switch (queue) {
    case 'pooled':
      return at(vcpu * instances);
    case 'split':
      return at(vcpu);
    case 'host':
      return at(1);
    case 'placed':
      return between(at(vcpu), at(1), 1 / (4 * vcpu));
  }
}

function between(low: WaitLaw | undefined, high: WaitLaw | undefined, way: number): WaitLaw | undefined {
  if (low === undefined || high === undefined) return undefined;
  const mix = (of: (wait: WaitLaw) => number) => of(low) + way * (of(high) - of(low));
  const probability = mix((wait) => wait.probability);
  const mean = mix((wait) => wait.probability / wait.rate);
  return mean > 0 ? { probability, rate: probability / mean } : low;
}
