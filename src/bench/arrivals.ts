// When each execution is meant to start: computed from the start of the run, never by adding up sleeps, so nothing drifts.
import { drawUniform } from '../clock.ts';
import { STREAM } from '../scenario/latency-law.ts';
import type { ArrivalKind } from '../scenario/scenario-types.ts';

/** A stretch of the load: the rate goes linearly from `fromPerSecond` to `toPerSecond`. */
export interface LoadPhase {
  readonly name: string;
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
  /** May be Infinity in a last phase that ends by count. */
  readonly durationMs: number;
  readonly measured: boolean;
}

/** One intended start. */
export interface Arrival {
  readonly index: number;
  /** ms since the start of the run. */
  readonly offsetMs: number;
  /** Index into the phases. */
  readonly phase: number;
}

/** Arrivals in order; `undefined` once there are no more. */
export interface ArrivalSource {
  next(): Arrival | undefined;
}

/**
 * Arrivals of an open model over `phases`.
 *
 * With Λ(t) the expected number of arrivals until t, the integral of the rate: `constant` puts arrival i where Λ(t) = i;
 * `poisson` where Λ(t) is the sum of i + 1 unit exponentials -ln(1 - u), which is a Poisson process of that rate (time change;
 * Çınlar 1975, section 4.7). The same seed gives the same instants in any process.
 */
export function createArrivals(kind: ArrivalKind, phases: readonly LoadPhase[], seed: number): ArrivalSource {
  let index = 0;
  let phaseIndex = 0;
  let phaseStartMs = 0;
  /** Λ at the start of the current phase, and Λ of the next arrival. */
  let before = 0;
  let mass = kind === 'poisson' ? exponential(seed, 0) : 0;
  return {
    next() {
      for (let phase = phases[phaseIndex]; phase !== undefined; phase = phases[phaseIndex]) {
        const inPhase = expectedArrivals(phase);
        if (mass - before < inPhase) {
          const arrival = {
            index,
            offsetMs: phaseStartMs + timeOfMass(phase, mass - before),
            phase: phaseIndex,
          };
          index += 1;
          mass = kind === 'poisson' ? mass + exponential(seed, index) : index;
          return arrival;
        }
        before += inPhase;
        phaseStartMs += phase.durationMs;
        phaseIndex += 1;
      }
      return undefined;
    },
  };
}

/** Arrivals read from an earlier run: offsets in ms, ascending. */
export function replayArrivals(offsetsMs: readonly number[], phases: readonly LoadPhase[]): ArrivalSource {
  let index = 0;
  return {
    next() {
      const offsetMs = offsetsMs[index];
      if (offsetMs === undefined) return undefined;
      return { index: index++, offsetMs, phase: phaseAt(phases, offsetMs) };
    },
  };
}

/** Ends `source` after `count` arrivals of measured phases. */
export function limitMeasured(
  source: ArrivalSource,
  phases: readonly LoadPhase[],
  count: number,
): ArrivalSource {
  let left = count;
  return {
    next() {
      if (left === 0) return undefined;
      const arrival = source.next();
      if (arrival !== undefined && phases[arrival.phase]?.measured === true) left -= 1;
      return arrival;
    },
  };
}

/** Leaves out the arrivals that `isLeftOut` names; the others keep index and instant. */
export function withoutArrivals(
  source: ArrivalSource,
  isLeftOut: (arrival: Arrival) => boolean,
): ArrivalSource {
  return {
    next() {
      let arrival = source.next();
      while (arrival !== undefined && isLeftOut(arrival)) arrival = source.next();
      return arrival;
    },
  };
}

/** The phase at an instant of the run, ms; the last one beyond the end. */
export function phaseAt(phases: readonly LoadPhase[], offsetMs: number): number {
  let endMs = 0;
  for (const [index, phase] of phases.entries()) {
    endMs += phase.durationMs;
    if (offsetMs < endMs) return index;
  }
  return phases.length - 1;
}

/** Λ over a whole phase: mean rate x duration. */
export function expectedArrivals(phase: LoadPhase): number {
  const meanPerSecond = (phase.fromPerSecond + phase.toPerSecond) / 2;
  return meanPerSecond === 0 ? 0 : (meanPerSecond * phase.durationMs) / 1_000;
}

/**
 * The instant within a phase, ms, at which Λ = `mass`. On a ramp r0 → r1 over T, Λ(t) = r0 t + (r1 - r0) t² / 2T, hence
 * t = 2Λ / (r0 + √(r0² + 2 (r1 - r0) Λ / T)): the root written without cancellation, good for r0 = 0, r1 = 0 and r0 = r1.
 */
function timeOfMass(phase: LoadPhase, mass: number): number {
  const { fromPerSecond: r0, toPerSecond: r1 } = phase;
  if (mass === 0) return 0;
  if (r0 === r1) return (mass / r0) * 1_000;
  const seconds = phase.durationMs / 1_000;
  const root = Math.sqrt(Math.max(0, r0 * r0 + (2 * (r1 - r0) * mass) / seconds));
  return Math.min(phase.durationMs, ((2 * mass) / (r0 + root)) * 1_000);
}

function exponential(seed: number, index: number): number {
  return -Math.log(1 - drawUniform(seed, STREAM.arrivals, index));
}
