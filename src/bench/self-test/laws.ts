// Servers whose response times are known: what they do, and what theory says one must measure. Times in ms.
import { drawUniform } from '../../clock.ts';
import type { ArrivalKind } from '../../scenario/scenario-types.ts';

/** A server of known behaviour under a load of known arrivals. */
export interface Law {
  readonly id: string;
  readonly arrivals: ArrivalKind;
  readonly ratePerSecond: number;
  /** A fresh server: the instant at which the execution that arrives at `nowMs` as number `index` is done. */
  readonly createServer: () => (nowMs: number, index: number) => number;
  /** Lines that the answer consists of; the last one ends it. Absent: it comes at once, at its end. */
  readonly stream?: LineLaw;
  /** Quantiles that do not sit on a jump of the distribution, where a hair decides. */
  readonly quantiles: readonly number[];
  /**
   * @param arrivalsMs - every intended start, ascending; the warm-up included, since a queue remembers
   * @param from - first measured one
   */
  readonly expectedMs: (quantile: number, arrivalsMs: readonly number[], from: number) => number;
}

/** When the lines of an answer come, ms. */
export interface LineLaw {
  readonly lines: number;
  readonly firstMs: number;
  readonly gapMs: number;
}

const FIXED_MS = 20;
const FAST_MS = 5;
const SLOW_MS = 60;
const SLOW_RATIO = 0.07;
const BIMODAL_SEED = 9;
const STALL_EVERY_MS = 500;
const STALL_MS = 100;
const STALL_SERVICE_MS = 5;
const STALL_GAP_MS = 4;
/** Where the first arrival falls in the period: in the middle between two, so that being late by a hair moves nobody into a stall. */
const STALL_PHASE_MS = STALL_GAP_MS / 2;
/** Arrivals by which the server finds out when the first was due: that one may be late by the time a connection takes. */
const STALL_LEARNT_FROM = 50;
const SERVICE_MS = 4;

/** Every execution takes the same, however many there are. */
const fixed: Law = {
  id: 'fixed',
  arrivals: 'poisson',
  ratePerSecond: 250,
  createServer: () => (nowMs) => nowMs + FIXED_MS,
  quantiles: [0.5, 0.9, 0.99],
  expectedMs: () => FIXED_MS,
};

/** Most are fast, 7 % slow: a mean would show neither. */
const bimodal: Law = {
  id: 'bimodal',
  arrivals: 'poisson',
  ratePerSecond: 250,
  createServer: () => (nowMs, index) =>
    nowMs + (drawUniform(BIMODAL_SEED, 0, index) < SLOW_RATIO ? SLOW_MS : FAST_MS),
  quantiles: [0.5, 0.9, 0.99],
  expectedMs: (quantile) => (quantile < 1 - SLOW_RATIO ? FAST_MS : SLOW_MS),
};

/**
 * Stands still for S at the end of every T. Who comes in a stall waits for its end. A load generator that waits for answers would
 * send one execution into each stall and call the rest fast. What is expected is computed for the very arrivals that are sent;
 * {@link stallQuantileMs} is what it tends to as they become many.
 */
const stall: Law = {
  id: 'periodic stall',
  arrivals: 'constant',
  ratePerSecond: 1_000 / STALL_GAP_MS,
  createServer: () => {
    let zeroMs = Infinity;
    return (nowMs, index) => {
      if (index < STALL_LEARNT_FROM) zeroMs = Math.min(zeroMs, nowMs - index * STALL_GAP_MS - STALL_PHASE_MS);
      return nowMs + stallResponseMs(nowMs - zeroMs);
    };
  },
  quantiles: [0.5, 0.9, 0.99],
  expectedMs(quantile, arrivalsMs, from) {
    const zeroMs = (arrivalsMs[0] ?? 0) - STALL_PHASE_MS;
    return quantileOf(
      arrivalsMs.slice(from).map((arrivalMs) => stallResponseMs(arrivalMs - zeroMs)),
      quantile,
    );
  },
};

function stallResponseMs(sinceZeroMs: number): number {
  const inPeriod = sinceZeroMs % STALL_EVERY_MS;
  const waitMs = inPeriod >= STALL_EVERY_MS - STALL_MS ? STALL_EVERY_MS - inPeriod : 0;
  return waitMs + STALL_SERVICE_MS;
}

/**
 * A share S/T of all arrivals waits evenly between 0 and S, so the q-quantile of the response is b + S (q - (1 - S/T)) / (S/T)
 * beyond q = 1 - S/T, and the service b below.
 */
export function stallQuantileMs(quantile: number): number {
  const share = STALL_MS / STALL_EVERY_MS;
  return STALL_SERVICE_MS + Math.max(0, (STALL_MS * (quantile - (1 - share))) / share);
}

function queue(id: string, arrivals: ArrivalKind, ratePerSecond: number, quantiles: readonly number[]): Law {
  return {
    id,
    arrivals,
    ratePerSecond,
    createServer: () => {
      let freeAtMs = -Infinity;
      return (nowMs) => {
        freeAtMs = Math.max(freeAtMs, nowMs) + SERVICE_MS;
        return freeAtMs;
      };
    },
    quantiles,
    expectedMs(quantile, arrivalsMs, from) {
      return quantileOf(lindleyResponses(arrivalsMs, SERVICE_MS).slice(from), quantile);
    },
  };
}

const STREAM: LineLaw = { lines: 5, firstMs: 40, gapMs: 20 };

/** Lines that come slowly: who times only the first byte, or only the end, sees half of it. */
const slowStream: Law = {
  id: 'slow stream',
  arrivals: 'poisson',
  ratePerSecond: 200,
  createServer: () => (nowMs) => nowMs + STREAM.firstMs + (STREAM.lines - 1) * STREAM.gapMs,
  stream: STREAM,
  quantiles: [0.5, 0.9, 0.99],
  expectedMs: () => STREAM.firstMs + (STREAM.lines - 1) * STREAM.gapMs,
};

/** Every law, by what it catches. */
export const LAWS: readonly Law[] = [
  fixed,
  bimodal,
  stall,
  // 70 % busy: M/D/1 waits, D/D/1 does not. A generator that sends evenly where Poisson was asked for would show the latter.
  queue('one server, Poisson', 'poisson', 175, [0.5, 0.9, 0.99]),
  queue('one server, even', 'constant', 175, [0.5, 0.9, 0.99]),
  // 125 % busy: the queue grows without end; a closed loop would never see it.
  queue('overload', 'constant', 312.5, [0.5, 0.9, 0.99]),
  slowStream,
];

/**
 * Response times of one first-come-first-served server with constant service D: the wait of each is what its predecessor left,
 * W(n+1) = max(0, W(n) + D - (t(n+1) - t(n))) (Lindley 1952), its response W + D.
 */
export function lindleyResponses(arrivalsMs: readonly number[], serviceMs: number): number[] {
  let waitMs = 0;
  return arrivalsMs.map((arrivalMs, index) => {
    const before = arrivalsMs[index - 1];
    if (before !== undefined) waitMs = Math.max(0, waitMs + serviceMs - (arrivalMs - before));
    return waitMs + serviceMs;
  });
}

/** The value of rank ceil(qn), as histograms count. */
function quantileOf(valuesMs: readonly number[], quantile: number): number {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length - 1e-6) - 1)] ?? NaN;
}
