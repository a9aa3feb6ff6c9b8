// From the load of a scenario and what the command line says to the plan that the engine follows.
import { invalidInput, type Problem } from '../errors.ts';
import type { Scenario } from '../scenario/load-scenario.ts';
import type { ArrivalKind, PhaseSpec } from '../scenario/scenario-types.ts';
import type { LoadPhase } from './arrivals.ts';
import type { LoadPlan } from './sample.ts';
import { MIN_PHASE_MS } from './warmup.ts';
import type { HeldPhase } from './warmup-hold.ts';

/** What a caller may change about a scenario's load. Times ms, rates per second; an absent field leaves the scenario's. */
export interface LoadOverrides {
  readonly ratePerSecond?: number | undefined;
  readonly arrivals?: ArrivalKind | undefined;
  /** Chooses the closed model. */
  readonly concurrency?: number | undefined;
  readonly durationMs?: number | undefined;
  readonly warmupMs?: number | undefined;
  /** Measured arrivals; replaces the duration. */
  readonly count?: number | undefined;
  readonly seed?: number | undefined;
  readonly maxInFlight?: number | undefined;
  readonly timeoutMs?: number | undefined;
  /** Phases that replace those of the scenario; open model. */
  readonly stages?: readonly PhaseSpec[] | undefined;
  /** Rates x this, durations / this: the number of arrivals stays. */
  readonly compress?: number | undefined;
  /** Durations / this: the rates stay. */
  readonly shorten?: number | undefined;
}

/** Slots of an open model that names none: beyond this the generator itself would be the limit. */
const MAX_DEFAULT_IN_FLIGHT = 10_000;

/** @throws EnclaveError INVALID_INPUT when the overrides contradict each other or the scenario. */
export function planLoad(scenario: Scenario, overrides: LoadOverrides = {}): LoadPlan {
  const { load } = scenario;
  const problems = contradictions(scenario, overrides);
  if (problems.length > 0) throw invalidInput('bench', problems);
  const model = modelOf(scenario, overrides);
  const phases = phasesOf(scenario, overrides);
  const timeoutMs = overrides.timeoutMs ?? load.timeoutMs;
  const concurrency = overrides.concurrency ?? load.concurrency;
  const highest = Math.max(...phases.map((phase) => Math.max(phase.fromPerSecond, phase.toPerSecond)));
  const slots = Math.min(MAX_DEFAULT_IN_FLIGHT, Math.ceil((highest * timeoutMs) / 1_000) + 1);
  const plan: LoadPlan = {
    model,
    arrivals: overrides.arrivals ?? load.arrivals,
    concurrency,
    maxInFlight: model === 'closed' ? concurrency : (overrides.maxInFlight ?? load.maxInFlight ?? slots),
    timeoutMs,
    drainMs: load.drainMs,
    seed: overrides.seed ?? scenario.seed,
    phases,
    compress: overrides.compress ?? scenario.compress,
    shorten: overrides.shorten ?? 1,
  };
  return overrides.count === undefined ? plan : { ...plan, count: overrides.count };
}

function modelOf(scenario: Scenario, overrides: LoadOverrides): 'open' | 'closed' {
  if (overrides.concurrency !== undefined) return 'closed';
  const { arrivals, ratePerSecond, stages } = overrides;
  if (ratePerSecond !== undefined || arrivals !== undefined || stages !== undefined) return 'open';
  return scenario.load.model;
}

function contradictions(scenario: Scenario, overrides: LoadOverrides): Problem[] {
  const problems: Problem[] = [];
  if (overrides.concurrency !== undefined) {
    for (const [flag, given] of [
      ['--rate', overrides.ratePerSecond],
      ['--arrivals', overrides.arrivals],
      ['--max-in-flight', overrides.maxInFlight],
    ]) {
      if (given !== undefined) {
        problems.push({
          path: String(flag),
          message: 'expected either --concurrency (closed model) or this (open model), got both',
        });
      }
    }
  }
  if (overrides.count !== undefined && overrides.durationMs !== undefined) {
    problems.push({ path: '--count', message: 'expected either --count or --duration, got both' });
  }
  if (overrides.stages !== undefined) {
    for (const [flag, given] of [
      ['--rate', overrides.ratePerSecond],
      ['--concurrency', overrides.concurrency],
      ['--duration', overrides.durationMs],
      ['--count', overrides.count],
    ]) {
      if (given !== undefined) {
        problems.push({
          path: String(flag),
          message: 'expected not to be given with --stage, which sets it',
        });
      }
    }
    return problems;
  }
  const measured = scenario.load.phases.filter((phase) => phase.measure).length;
  if (measured > 1) {
    for (const [flag, given] of [
      ['--rate', overrides.ratePerSecond],
      ['--duration', overrides.durationMs],
      ['--count', overrides.count],
    ]) {
      if (given !== undefined) {
        problems.push({
          path: String(flag),
          message: `expected a scenario with one measured phase, got ${measured} phases in ${scenario.name}; use --compress or --shorten`,
        });
      }
    }
  }
  return problems;
}

function phasesOf(scenario: Scenario, overrides: LoadOverrides): LoadPhase[] {
  const compress = overrides.compress ?? scenario.compress;
  const shorten = overrides.shorten ?? 1;
  const specs = overrides.stages ?? scenario.load.phases;
  const phases = specs.map((spec) => scaled(spec, compress, compress * shorten));
  const isChanged = [overrides.ratePerSecond, overrides.durationMs, overrides.count, overrides.warmupMs].some(
    (value) => value !== undefined,
  );
  if (!isChanged) return phases;
  const measured = phases.filter((phase) => phase.measured);
  const unmeasured = phases.filter((phase) => !phase.measured);
  const warmupMs = overrides.warmupMs ?? unmeasured.reduce((sum, phase) => sum + phase.durationMs, 0);
  const main = measured.map((phase) => changed(phase, overrides));
  const first = main[0];
  if (warmupMs === 0 || first === undefined) return main;
  const rate = first.fromPerSecond;
  const name = unmeasured[0]?.name ?? 'warm-up';
  return [{ name, fromPerSecond: rate, toPerSecond: rate, durationMs: warmupMs, measured: false }, ...main];
}

function changed(phase: LoadPhase, overrides: LoadOverrides): LoadPhase {
  const rate = overrides.ratePerSecond;
  const durationMs = overrides.count === undefined ? (overrides.durationMs ?? phase.durationMs) : Infinity;
  return {
    ...phase,
    durationMs,
    ...(rate === undefined ? {} : { fromPerSecond: rate, toPerSecond: rate }),
  };
}

function scaled(spec: PhaseSpec, rateFactor: number, durationDivisor: number): LoadPhase {
  const [from, to] = typeof spec.rate === 'number' ? [spec.rate, spec.rate] : spec.rate;
  return {
    name: spec.name,
    fromPerSecond: from * rateFactor,
    toPerSecond: to * rateFactor,
    durationMs: spec.durationMs / durationDivisor,
    measured: spec.measure,
  };
}

/** Length of the issue, ms; Infinity when a count ends it. */
export function totalDurationMs(plan: Pick<LoadPlan, 'phases'>): number {
  return plan.phases.reduce((sum, phase) => sum + phase.durationMs, 0);
}

/** Length of the phases before the first measured one, ms. */
export function warmupDurationMs(plan: Pick<LoadPlan, 'phases'>): number {
  const first = plan.phases.findIndex((phase) => phase.measured);
  return totalDurationMs({ phases: plan.phases.slice(0, Math.max(0, first)) });
}

/** The first measured phase, when it can be expected to be steady, its rate does not change, and is long enough to tell. */
export function steadyPhase(plan: Pick<LoadPlan, 'model' | 'phases'>): HeldPhase | undefined {
  const index = plan.phases.findIndex((phase) => phase.measured);
  const phase = plan.phases[index];
  if (phase === undefined || phase.durationMs < MIN_PHASE_MS) return undefined;
  if (plan.model === 'open' && phase.fromPerSecond !== phase.toPerSecond) return undefined;
  return { index, fromMs: warmupDurationMs(plan), durationMs: phase.durationMs };
}
