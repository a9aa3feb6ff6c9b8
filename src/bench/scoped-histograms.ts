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
  readonly #scopes = new Map<string, Scope>();
  readonly #phaseNames: readonly string[];

  constructor(phaseNames: readonly string[]) {
    this.#phaseNames = phaseNames;
    for (const metric of ['response', 'service', 'late'] as const) this.#scope(metric, 'all');
  }

  /** The response of one execution, in every scope that it belongs to. */
  recordResponse({ phase, script, tenant }: Sample, isGood: boolean, ms: number): void {
    this.record('response', 'all', isGood, ms);
    this.record('response', `script:${script}`, isGood, ms);
    if (this.#phaseNames.length > 1)
      this.record('response', `phase:${this.#phaseNames[phase] ?? ''}`, isGood, ms);
    if (tenant !== 'default') this.record('response', `tenant:${tenant}`, isGood, ms);
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
    const key = `${metric} ${name}`;
    const known = this.#scopes.get(key);
    if (known !== undefined || this.#scopes.size >= MAX_SCOPES) return known;
    const scope = { metric, name, histogram: new LatencyRecorder(), censored: 0 };
    this.#scopes.set(key, scope);
    return scope;
  }

  find(metric: LatencyMetric): LatencyRecorder | undefined {
    return this.#scopes.get(`${metric} all`)?.histogram;
  }

  /** By metric, then in the order in which scopes were met; where executions failed, the successes alone as `ok` too. */
  summaries(): LatencySummary[] {
    const order = (metric: LatencyMetric): number => LATENCY_METRICS.indexOf(metric);
    return [...this.#scopes.values()]
      .sort((a, b) => order(a.metric) - order(b.metric))
      .flatMap(({ censored, histogram, metric, name }) => {
        const summary = histogram.summary(metric, name, censored);
        const hasOwnOk = name === 'all' && censored > 0;
        return hasOwnOk ? [summary, histogram.summary(metric, 'ok')] : [summary];
      });
  }
}
