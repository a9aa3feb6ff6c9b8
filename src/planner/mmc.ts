// M/M/c: Poisson arrivals, exponential service, c servers, one queue, first come first served. The closed forms.
// Source: L. Kleinrock, "Queueing Systems" vol. 1 (1975), section 3.5; waiting times after Erlang (1917).
import { checkPositive, checkQuantile } from './domain.ts';
import { erlangC, type Station } from './erlang.ts';
import { exponentialServiceTime, responseQuantile } from './service-time.ts';

export interface MmcInput extends Station {
  /** Mean service time S in any unit of time; all times in the answer have the same unit. */
  readonly meanServiceTime: number;
}

export interface MmcWait {
  /** False from A = c on: the queue grows for ever, the times below are Infinity. */
  readonly stable: boolean;
  /** A / c, the busy share of a server, 0..1; above 1 it says by how much the load is too high. */
  readonly utilisation: number;
  /** P(W > 0). */
  readonly probability: number;
  /** E[W]. */
  readonly mean: number;
  /** E[number waiting], by Little's law. */
  readonly meanQueueLength: number;
  /** The time that a share p of arrivals waits at most; p in [0, 1). */
  readonly quantile: (p: number) => number;
  /** The same for wait + service. */
  readonly responseQuantile: (p: number) => number;
}

/**
 * Waiting and response times of M/M/c.
 *
 * C = Erlang C, E[W] = C S / (c - A), P(W > t) = C exp(-(c - A) t / S), so the wait quantile is
 * max(0, S ln(C / (1 - p)) / (c - A)). The response time adds an exponential service time,
 * see {@link responseQuantile}.
 * A = 0: nobody waits. A >= c: `stable: false`.
 *
 * @throws EnclaveError INVALID_INPUT for arguments out of range.
 * @example mmcWait({ servers: 2, offeredLoad: 1, meanServiceTime: 10 }).mean // 3.3333333333333335
 */
export function mmcWait({ servers, offeredLoad, meanServiceTime }: MmcInput): MmcWait {
  checkPositive('mmcWait', 'meanServiceTime', meanServiceTime);
  const probability = erlangC({ servers, offeredLoad });
  const spare = servers - offeredLoad;
  const utilisation = offeredLoad / servers;
  if (spare <= 0) {
    const never = (p: number) => {
      checkQuantile('mmcWait', p);
      return Infinity;
    };
    return {
      stable: false,
      utilisation,
      probability: 1,
      mean: Infinity,
      meanQueueLength: Infinity,
      quantile: never,
      responseQuantile: never,
    };
  }
  const mean = (probability * meanServiceTime) / spare;
  return {
    stable: true,
    utilisation,
    probability,
    mean,
    meanQueueLength: (probability * offeredLoad) / spare,
    quantile(p) {
      checkQuantile('mmcWait', p);
      return Math.max(0, (meanServiceTime * Math.log(probability / (1 - p))) / spare);
    },
    responseQuantile(p) {
      const wait = { probability, rate: spare / meanServiceTime };
      return responseQuantile(wait, exponentialServiceTime(meanServiceTime), p);
    },
  };
}
