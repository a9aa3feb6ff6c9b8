// The distributions of a run by metric and scope, at most so many.
import { LATENCY_METRICS, type LatencyMetric, type LatencySummary } from '../report/run-report.ts';
import { LatencyRecorder } from './recorder.ts';
import type { Sample } from './sample.ts';

/** Scripts, tenants and phases that get a distribution of their own; the rest is in `all` only. */
const MAX_SCOPES = 200;

interface Scope {
  readonly metric: LatencyMetric;
  readonly name: string;
  readonly histogram: LatencyRecorder;
  censored: number;
}

export class ScopedHistograms {
  /** By metric, then by name: no key has to be put together for every execution. */
  readonly #byMetric = new Map<LatencyMetric, Map<string, Scope>>();
  readonly #prefixed = { script: new Map<string, string>(), tenant: new Map<string, string>() };
  readonly #phases: readonly string[];
  readonly #hostile: readonly string[];
  #size = 0;

  /** @param hostile - tenants beside which the rest are `others`; empty: there is no such scope */
  constructor(phaseNames: readonly string[], hostile: readonly string[] = []) {
    this.#hostile = hostile;
    this.#phases = phaseNames.map((name) => `phase:${name}`);
    for (const metric of ['response', 'service', 'late'] as const) this.#scope(metric, 'all');
  }

  /** The response of one execution, in every scope that it belongs to. */
  recordResponse({ phase, script, tenant }: Sample, isGood: boolean, ms: number): void {
    this.record('response', 'all', isGood, ms);
    this.record('response', this.#named('script', script), isGood, ms);
    if (this.#phases.length > 1) this.record('response', this.#phases[phase] ?? 'phase:', isGood, ms);
    if (this.#hostile.length > 0 && !this.#hostile.includes(tenant))
      this.record('response', 'others', isGood, ms);
    if (tenant !== 'default') this.record('response', this.#named('tenant', tenant), isGood, ms);
  }

  /** `script:NAME`, put together once. Names come from the scenario, so that there are only so many. */
  #named(kind: 'script' | 'tenant', name: string): string {
    const known = this.#prefixed[kind].get(name);
    if (known !== undefined) return known;
    const made = `${kind}:${name}`;
    this.#prefixed[kind].set(name, made);
    return made;
  }

  /** @param isGood - false: it ranks above every success, whatever time it took */
  record(metric: LatencyMetric, name: string, isGood: boolean, ms: number): void {
    const scope = this.#scope(metric, name);
    if (scope === undefined) return;
    // Differences of two readings of one clock may come out a rounding error below 0.
    if (isGood) scope.histogram.record(Math.max(0, ms) * 1_000);
    else scope.censored += 1;
  }

  #scope(metric: LatencyMetric, name: string): Scope | undefined {
    let scopes = this.#byMetric.get(metric);
    if (scopes === undefined) {
      scopes = new Map();
      this.#byMetric.set(metric, scopes);
    }
    const known = scopes.get(name);
    if (known !== undefined || this.#size >= MAX_SCOPES) return known;
    this.#size += 1;
    const scope = { metric, name, histogram: new LatencyRecorder(), censored: 0 };
    scopes.set(name, scope);
    return scope;
  }

  find(metric: LatencyMetric): LatencyRecorder | undefined {
    return this.#byMetric.get(metric)?.get('all')?.histogram;
  }

  /** By metric, then in the order in which scopes were met; where executions failed, the successes alone as `ok` too. */
  summaries(): LatencySummary[] {
    return LATENCY_METRICS.flatMap((metric) => [...(this.#byMetric.get(metric)?.values() ?? [])]).flatMap(
      ({ censored, histogram, metric, name }) => {
        const summary = histogram.summary(metric, name, censored);
        const hasOwnOk = name === 'all' && censored > 0;
        return hasOwnOk ? [summary, histogram.summary(metric, 'ok')] : [summary];
      },
    );
  }
}
