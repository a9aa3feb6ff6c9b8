// The CPU of a fleet as a queue: from servers and load to a wait law, and back to the smallest number of servers.
import { EnclaveError } from '../errors.ts';
import { checkNonNegative, checkPositive } from './domain.ts';
import { erlangC } from './erlang.ts';
import { smallestWhere } from './invert.ts';
import { type MgcInput, mgcMeanWait } from './mgc.ts';
import { responseQuantile, type ServiceTime, serviceQuantile, type WaitLaw } from './service-time.ts';

/** No fleet is larger: a guard against an input that is wrong by orders of magnitude. */
export const MAX_SERVERS = 10_000_000;

/** No wait at all. */
const NO_WAIT: WaitLaw = { probability: 0, rate: 1 };

/**
 * The wait of M/G/c as a law: P(W > 0) from Erlang C, the mean from {@link mgcMeanWait}, an exponential tail.
 * Times in the unit of `meanServiceTime`, rate per that unit. @returns undefined from A = c on: there is no steady state.
 */
export function waitLaw(input: MgcInput): WaitLaw | undefined {
  if (input.offeredLoad >= input.servers) return undefined;
  const mean = mgcMeanWait(input);
  const probability = erlangC(input);
  // Below the range of numbers the wait is nothing.
  return mean > 0 && probability > 0 ? { probability, rate: probability / mean } : NO_WAIT;
}

/** What a number of servers has to achieve. Times in seconds, p and shares 0..1. */
export type ServerGoal =
  | { readonly kind: 'utilisation'; readonly max: number }
  | { readonly kind: 'waitProbability'; readonly max: number }
  | { readonly kind: 'wait'; readonly p: number; readonly withinS: number }
  | { readonly kind: 'response'; readonly p: number; readonly withinS: number };

export interface ServerDemand {
  /** A, erlangs, from 0. */
  readonly offeredLoad: number;
  /** Mean time that an execution keeps a server busy, seconds. Default 1. */
  readonly meanServiceTime?: number;
  /** Squared coefficient of variation of that time. Default 1, exponential. */
  readonly serviceScv?: number;
  /** What an execution takes when it never waits, tool calls included; a `response` goal adds the wait to it. */
  readonly service?: ServiceTime;
}

/**
 * The smallest number of servers that meets a goal under a load.
 *
 * Every goal here gets easier with each server, so the answer is found by galloping and halving.
 *
 * @returns undefined when no number up to 10,000,000 does: the service alone takes longer than the goal allows.
 * @throws EnclaveError INVALID_INPUT for arguments out of range.
 * @example minServers({ offeredLoad: 10, goal: { kind: 'waitProbability', max: 0.2 } }) // 14
 */
export function minServers({
  goal,
  ...demand
}: ServerDemand & { readonly goal: ServerGoal }): number | undefined {
  checkNonNegative('minServers', 'offeredLoad', demand.offeredLoad);
  if (goal.kind === 'utilisation') {
    checkPositive('minServers', 'goal.max', goal.max);
    return Math.max(1, ceilOnce(demand.offeredLoad / goal.max));
  }
  if (goal.kind === 'response' && serviceQuantile(serviceOf(demand), goal.p) > goal.withinS) return undefined;
  const first = Math.floor(demand.offeredLoad) + 1;
  return smallestWhere((servers) => isGoalMet(servers, demand, goal), first, MAX_SERVERS);
}

/** Whether `servers` meet the goal; false without a steady state. */
export function isGoalMet(servers: number, demand: ServerDemand, goal: ServerGoal): boolean {
  const { offeredLoad, meanServiceTime = 1, serviceScv = 1 } = demand;
  if (goal.kind === 'utilisation') return offeredLoad <= goal.max * servers;
  const wait = waitLaw({ servers, offeredLoad, meanServiceTime, serviceScv });
  if (wait === undefined) return false;
  switch (goal.kind) {
    case 'waitProbability':
      return wait.probability <= goal.max;
    case 'wait':
      return waitQuantile(wait, goal.p) <= goal.withinS;
    case 'response':
      return responseQuantile(wait, serviceOf(demand), goal.p) <= goal.withinS;
  }
}

/** The time that a share p of arrivals waits at most, in the unit of the rate. */
export function waitQuantile({ probability, rate }: WaitLaw, p: number): number {
  return Math.max(0, Math.log(probability / (1 - p)) / rate);
}

/** Rounds up, but not for the error of a division: 3.0000000001 stays 3. */
export function ceilOnce(value: number): number {
  return Math.ceil(value - 1e-9);
}

function serviceOf({ service }: ServerDemand): ServiceTime {
  if (service !== undefined) return service;
  throw new EnclaveError('INVALID_INPUT', 'minServers: a response goal needs `service`, got none');
}
