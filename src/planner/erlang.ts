// Erlang's formulas: the share of arrivals that are lost (B) or must wait (C) when Poisson arrivals meet c servers.
// Sources: A. K. Erlang (1917); J. Riordan, "Stochastic Service Systems" (1962), for the recurrence.
import { checkCount, checkNonNegative } from './domain.ts';

export interface Station {
  /** Servers c, a whole number from 1. */
  readonly servers: number;
  /** Offered load A = arrival rate x mean service time, erlangs, from 0. */
  readonly offeredLoad: number;
}

/**
 * Erlang B: the probability that an arrival finds all servers busy when nobody waits (M/G/c/c).
 *
 * B(0) = 1, B(k) = A B(k-1) / (k + A B(k-1)) for k = 1..c. Valid for every A >= 0, service times of any law.
 * The recurrence only adds and multiplies positive numbers, so its relative error stays near 1e-14; values below 1e-308
 * become 0. A = 0 gives 0.
 *
 * @throws EnclaveError INVALID_INPUT when `servers` is no whole number from 1 or `offeredLoad` is negative or not finite.
 * @example erlangB({ servers: 2, offeredLoad: 1 }) // 0.2
 */
export function erlangB({ servers, offeredLoad }: Station): number {
  checkCount('erlangB', 'servers', servers);
  checkNonNegative('erlangB', 'offeredLoad', offeredLoad);
  let blocking = 1;
  for (let k = 1; k <= servers; k++) {
    const weighted = offeredLoad * blocking;
    blocking = weighted / (k + weighted);
  }
  return blocking;
}

/**
 * Erlang C: the probability that an arrival must wait in M/M/c.
 *
 * C = c B / ((c - A) + A B), B from {@link erlangB}. c - A is formed first: it is exact where the formula is sensitive.
 * Valid for A < c; from A = c on there is no steady state, everyone waits, and the answer is 1. c = 1 gives C = A.
 *
 * @throws EnclaveError INVALID_INPUT as {@link erlangB}.
 * @example erlangC({ servers: 2, offeredLoad: 1 }) // 0.3333333333333333
 */
export function erlangC({ servers, offeredLoad }: Station): number {
  const blocking = erlangB({ servers, offeredLoad });
  const spare = servers - offeredLoad;
  if (spare <= 0) return 1;
  return (servers * blocking) / (spare + offeredLoad * blocking);
}
