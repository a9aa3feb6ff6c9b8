// Draws of service times, processor demands and arrivals for the simulator.
import { rateAtTime } from './curve.ts';
import { checkNonNegative, checkPositive } from './domain.ts';
import type { ServiceTime } from './service-time.ts';

/** One draw, seconds. */
export type Sampler = () => number;

/**
 * Draws from the usual law with a given mean and squared coefficient of variation: constant (0), a mixture of two Erlang
 * laws (below 1), exponential (1), a mixture of two exponentials with balanced means (above 1).
 * Source: H. C. Tijms, "A First Course in Stochastic Models" (2003), appendix B.
 */
export function twoMomentSampler(meanS: number, scv: number, random: () => number): Sampler {
  checkPositive('twoMomentSampler', 'meanS', meanS);
  checkNonNegative('twoMomentSampler', 'scv', scv);
  if (scv < MIN_SCV) return () => meanS;
  if (scv === 1) return () => -meanS * Math.log1p(-random());
  return scv < 1 ? erlangMixture(meanS, scv, random) : balancedMixture(meanS, scv, random);
}

/** Below this an Erlang law would have more than 1,000 phases; constant is as good. */
const MIN_SCV = 1e-3;

function erlangMixture(meanS: number, scv: number, random: () => number): Sampler {
  const phases = Math.ceil(1 / scv);
  const fewer = (phases * scv - Math.sqrt(phases * (1 + scv) - phases * phases * scv)) / (1 + scv);
  const phaseMeanS = meanS / (phases - fewer);
  return () => {
    const count = random() < fewer ? phases - 1 : phases;
    let product = 1;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      product *= 1 - random();
      // The logarithm of a product of too many factors would underflow.
      if (product < 1e-200) {
        sum -= Math.log(product);
        product = 1;
      }
    }
    return phaseMeanS * (sum - Math.log(product));
  };
}

function balancedMixture(meanS: number, scv: number, random: () => number): Sampler {
  const first = (1 + Math.sqrt((scv - 1) / (scv + 1))) / 2;
  const [firstMeanS, secondMeanS] = [meanS / (2 * first), meanS / (2 * (1 - first))];
  return () => -(random() < first ? firstMeanS : secondMeanS) * Math.log1p(-random());
}

/** Draws from a measured histogram (alias-free: a table of cumulated shares, halved), or from an exponential law. */
export function serviceSampler(service: ServiceTime, random: () => number): Sampler {
  if (service.kind === 'exponential') return () => -service.meanS * Math.log1p(-random());
  const { bins, count } = service;
  const reached = new Float64Array(bins.length);
  let sum = 0;
  for (const [index, bin] of bins.entries()) {
    sum += bin.count / count;
    reached[index] = sum;
  }
  return () => {
    const u = random();
    let low = 0;
    let high = bins.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((reached[middle] ?? 1) > u) high = middle;
      else low = middle + 1;
    }
    const bin = bins[low];
    return bin === undefined ? 0 : bin.fromS + (bin.toS - bin.fromS) * random();
  };
}

/** Arrivals of the simulated fleet. */
export type ArrivalLaw =
  | { readonly kind: 'poisson'; readonly ratePerSecond: number }
  /** Independent gaps with a given variation; 1 is Poisson. */
  | { readonly kind: 'renewal'; readonly ratePerSecond: number; readonly gapScv: number }
  /**
   * Poisson with a rate for each hour, repeated from the start when the hours are over. `lines`: the rate moves in a line from
   * the middle of one hour to the next; `steps` (default): it is the same all the hour.
   */
  | {
      readonly kind: 'hourly';
      readonly ratesPerSecond: readonly number[];
      readonly between?: 'steps' | 'lines';
      /** Place on the curve at which the simulation begins, seconds. Default 0. */
      readonly startS?: number;
    };

/** Times of successive arrivals, ascending, seconds from 0. */
export function arrivalSampler(law: ArrivalLaw, random: () => number): Sampler {
  let now = 0;
  if (law.kind === 'hourly') {
    const { ratesPerSecond, startS = 0 } = law;
    for (const [hour, rate] of ratesPerSecond.entries())
      checkNonNegative('arrivals', `ratesPerSecond[${hour}]`, rate);
    const highest = Math.max(...ratesPerSecond);
    checkPositive('arrivals', 'ratesPerSecond', highest);
    return () => {
      // Thinning (Lewis and Shedler 1979): candidates at the highest rate, kept in proportion to the rate of their hour.
      for (;;) {
        now -= Math.log1p(-random()) / highest;
        const rate =
          law.between === 'lines'
            ? rateAtTime(ratesPerSecond, startS + now)
            : (ratesPerSecond[Math.floor((startS + now) / 3_600) % ratesPerSecond.length] ?? 0);
        if (random() * highest < rate) return now;
      }
    };
  }
  checkPositive('arrivals', 'ratePerSecond', law.ratePerSecond);
  const gap = twoMomentSampler(1 / law.ratePerSecond, law.kind === 'renewal' ? law.gapScv : 1, random);
  return () => {
    now += gap();
    return now;
  };
}
