// Gathers the samples of one run: counts, distributions by metric and scope, the series over time. Memory does not grow with the run.
import type { Counts, ExecutionCost, LatencySummary, SeriesPoint } from '../report/run-report.ts';
import { LatencyRecorder } from './recorder.ts';
import type { Sample } from './sample.ts';
import { TailRecorder } from './tail-recorder.ts';

/** A running look at the run, for progress lines. */
export interface Progress {
  readonly elapsedS: number;
  readonly askedN: number;
  readonly doneN: number;
  readonly failedN: number;
  readonly droppedN: number;
  readonly inFlightN: number;
  /** Over the last whole second; null before there is one. */
  readonly askedPerSecond: number | null;
  readonly donePerSecond: number | null;
  /** Of all measured executions so far; null while too few support it. */
  readonly p99Us: number | null;
}

type Metric = LatencySummary['metric'];

interface Scope {
  readonly histogram: LatencyRecorder;
  censored: number;
}

/** Longest series that is kept; a longer run is shown in longer steps. */
const MAX_SERIES = 2_000;
/** Scripts, tenants and phases that get a distribution of their own; the rest is in `all` only. */
const MAX_SCOPES = 200;

export class RunRecorder {
  readonly #scopes = new Map<string, Scope>();
  readonly #failed = new Map<string, number>();
  readonly #phaseNames: readonly string[];
  readonly #stepMs: number;
  readonly #series: SeriesPoint[] = [];
  readonly #interval: Interval = newInterval();
  /** The slowest executions. */
  readonly tail: TailRecorder = new TailRecorder();

  #askedN = 0;
  #droppedN = 0;
  #abandonedN = 0;
  #okN = 0;
  #expectedN = 0;
  #failedN = 0;
  #warmupN = 0;
  #openN = 0;
  #firstEndMs = Infinity;
  #lastEndMs = -Infinity;
  readonly #cost: CostSums = { n: 0, cpuMs: 0, cpuMsSquared: 0, toolMs: 0, toolCalls: 0 };

  /** @param durationMs - expected length of the issue, ms; sets the step of the series (1 s, or longer for long runs). */
  constructor(phaseNames: readonly string[], durationMs: number) {
    this.#phaseNames = phaseNames;
    const seconds = Number.isFinite(durationMs) ? durationMs / 1_000 : 0;
    this.#stepMs = 1_000 * Math.max(1, Math.ceil(seconds / MAX_SERIES));
    for (const metric of ['response', 'service', 'late'] as const) this.#scope(metric, 'all');
  }

  /** Takes one finished, given-up or dropped execution. */
  add(sample: Sample): void {
    this.#advanceTo(sample.endMs);
    this.#interval.add(sample);
    this.#openN -= 1;
    if (!sample.measured) {
      this.#warmupN += 1;
      return;
    }
    this.#askedN += 1;
    this.#count(sample);
    this.#measure(sample);
    this.tail.add(sample);
  }

  #count({ end, endMs, stats }: Sample): void {
    switch (end.kind) {
      case 'dropped':
        this.#droppedN += 1;
        return;
      case 'abandoned':
        this.#abandonedN += 1;
        return;
      case 'ok':
        this.#okN += 1;
        if (stats !== undefined) addCost(this.#cost, stats);
        break;
      case 'expected':
        this.#expectedN += 1;
        break;
      case 'failed':
        this.#failedN += 1;
        this.#failed.set(end.code, (this.#failed.get(end.code) ?? 0) + 1);
    }
    this.#firstEndMs = Math.min(this.#firstEndMs, endMs);
    this.#lastEndMs = Math.max(this.#lastEndMs, endMs);
  }

  #measure(sample: Sample): void {
    const isGood = sample.end.kind === 'ok' || sample.end.kind === 'expected';
    const responseMs = sample.endMs - sample.intendedMs;
    const scopes = ['all', `script:${sample.script}`];
    if (this.#phaseNames.length > 1) scopes.push(`phase:${this.#phaseNames[sample.phase] ?? ''}`);
    if (sample.tenant !== 'default') scopes.push(`tenant:${sample.tenant}`);
    for (const scope of scopes) this.#record('response', scope, isGood, responseMs);
    this.#record('service', 'all', isGood, sample.endMs - sample.startMs);
    if (sample.end.kind !== 'dropped') this.#record('late', 'all', true, sample.startMs - sample.intendedMs);
    if (isGood && sample.stats !== undefined && sample.stats.toolCallCount > 0) {
      this.#record('tool', 'all', true, sample.stats.toolMs);
    }
    if (isGood && sample.stats !== undefined) this.#record('queue', 'all', true, sample.stats.queueMs);
  }

  #record(metric: Metric, name: string, isGood: boolean, ms: number): void {
    const scope = this.#scope(metric, name);
    if (scope === undefined) return;
    // Differences of two readings of one clock may come out a rounding error below 0.
    if (isGood) scope.histogram.record(Math.max(0, ms) * 1_000);
    else scope.censored += 1;
  }

  #scope(metric: Metric, name: string): Scope | undefined {
    const key = `${metric} ${name}`;
    const known = this.#scopes.get(key);
    if (known !== undefined || this.#scopes.size >= MAX_SCOPES) return known;
    const scope = { histogram: new LatencyRecorder(), censored: 0 };
    this.#scopes.set(key, scope);
    return scope;
  }

  /** Notes an arrival, whether it finds a slot or is dropped; its sample follows when it has ended. */
  arrive(nowMs: number): void {
    this.#advanceTo(nowMs);
    this.#interval.arrive();
    this.#openN += 1;
  }

  /** Closes every step of the series that ended before `nowMs`. */
  #advanceTo(nowMs: number): void {
    while (nowMs >= (this.#series.length + 1) * this.#stepMs && this.#series.length < MAX_SERIES) {
      this.#series.push(
        this.#interval.close(((this.#series.length + 1) * this.#stepMs) / 1_000, this.#openN),
      );
    }
  }

  progress(nowMs: number): Progress {
    this.#advanceTo(nowMs);
    const last = this.#series.at(-1);
    const perSecond = 1_000 / this.#stepMs;
    const all = this.#scope('response', 'all');
    const p99 = all?.histogram.quantile(0.99, all.censored);
    return {
      elapsedS: nowMs / 1_000,
      askedN: this.#askedN,
      doneN: this.#okN + this.#expectedN + this.#failedN,
      failedN: this.#failedN,
      droppedN: this.#droppedN,
      inFlightN: this.#openN,
      askedPerSecond: last === undefined ? null : last.asked_n * perSecond,
      donePerSecond: last === undefined ? null : last.done_n * perSecond,
      p99Us: p99?.kind === 'value' ? p99.us : null,
    };
  }

  counts(): Counts {
    const doneN = this.#okN + this.#expectedN + this.#failedN;
    return {
      asked_n: this.#askedN,
      sent_n: this.#askedN - this.#droppedN,
      done_n: doneN,
      ok_n: this.#okN,
      expected_n: this.#expectedN,
      failed: Object.fromEntries([...this.#failed].sort(([a], [b]) => (a < b ? -1 : 1))),
      dropped_n: this.#droppedN,
      abandoned_n: this.#abandonedN,
    };
  }

  get warmupN(): number {
    return this.#warmupN;
  }

  /** (completions - 1) / (last completion - first completion), measured executions only; null below two completions. */
  donePerSecond(): number | null {
    const doneN = this.#okN + this.#expectedN + this.#failedN;
    const spanMs = this.#lastEndMs - this.#firstEndMs;
    return doneN < 2 || spanMs <= 0 ? null : ((doneN - 1) / spanMs) * 1_000;
  }

  /** Every distribution; `all` ranks the failed above every success, `ok` holds successes only. */
  latency(): LatencySummary[] {
    return [...this.#scopes].flatMap(([key, { histogram, censored }]) => {
      const [metric, scope] = splitKey(key);
      const summary = histogram.summary(metric, scope, censored);
      const hasOwnOk = scope === 'all' && censored > 0;
      return hasOwnOk ? [summary, histogram.summary(metric, 'ok')] : [summary];
    });
  }

  /** The series, closed at `endMs`. */
  series(endMs: number): SeriesPoint[] {
    this.#advanceTo(endMs);
    return this.#interval.isEmpty()
      ? this.#series
      : [...this.#series, this.#interval.close(endMs / 1_000, this.#openN)];
  }

  histogram(metric: Metric): LatencyRecorder | undefined {
    return this.#scopes.get(`${metric} all`)?.histogram;
  }

  cost(): Pick<
    ExecutionCost,
    'script_cpu_mean_us' | 'script_cpu_scv' | 'tool_mean_us' | 'tool_calls_mean_n'
  > {
    const { n, cpuMs, cpuMsSquared, toolMs, toolCalls } = this.#cost;
    if (n === 0) {
      return { script_cpu_mean_us: null, script_cpu_scv: null, tool_mean_us: null, tool_calls_mean_n: null };
    }
    const mean = cpuMs / n;
    const variance = n < 2 ? null : Math.max(0, (cpuMsSquared - n * mean * mean) / (n - 1));
    return {
      script_cpu_mean_us: mean * 1_000,
      script_cpu_scv: variance === null || mean === 0 ? null : variance / (mean * mean),
      tool_mean_us: (toolMs / n) * 1_000,
      tool_calls_mean_n: toolCalls / n,
    };
  }
}

function splitKey(key: string): [Metric, string] {
  const blank = key.indexOf(' ');
  const metric = METRICS.find((name) => name === key.slice(0, blank)) ?? 'response';
  return [metric, key.slice(blank + 1)];
}

const METRICS: readonly Metric[] = ['response', 'service', 'late', 'queue', 'tool'];

interface CostSums {
  n: number;
  cpuMs: number;
  cpuMsSquared: number;
  toolMs: number;
  toolCalls: number;
}

function addCost(sums: CostSums, stats: NonNullable<Sample['stats']>): void {
  sums.n += 1;
  sums.cpuMs += stats.cpuMs;
  sums.cpuMsSquared += stats.cpuMs ** 2;
  sums.toolMs += stats.toolMs;
  sums.toolCalls += stats.toolCallCount;
}

interface Interval {
  arrive(): void;
  add(sample: Sample): void;
  close(endS: number, inFlightN: number): SeriesPoint;
  isEmpty(): boolean;
}

/** One step of the series, by the instant at which executions ended. */
function newInterval(): Interval {
  const histogram = new LatencyRecorder();
  let counts = { asked: 0, done: 0, failed: 0, dropped: 0 };
  const given = (quantile: number, failed: number): number | null => {
    const found = histogram.quantile(quantile, failed);
    return found.kind === 'value' ? found.us : null;
  };
  return {
    arrive() {
      counts.asked += 1;
    },
    add({ end, endMs, intendedMs }) {
      if (end.kind === 'dropped') counts.dropped += 1;
      else if (end.kind === 'failed' || end.kind === 'abandoned') counts.failed += 1;
      else histogram.record(Math.max(0, endMs - intendedMs) * 1_000);
      if (end.kind !== 'dropped' && end.kind !== 'abandoned') counts.done += 1;
    },
    close(endS, inFlightN) {
      const { asked, done, failed, dropped } = counts;
      const point: SeriesPoint = {
        t_s: endS,
        asked_n: asked,
        done_n: done,
        failed_n: failed,
        dropped_n: dropped,
        in_flight_n: inFlightN,
        p50_us: given(0.5, failed + dropped),
        p90_us: given(0.9, failed + dropped),
        p99_us: given(0.99, failed + dropped),
        max_us: histogram.maxUs,
      };
      histogram.reset();
      counts = { asked: 0, done: 0, failed: 0, dropped: 0 };
      return point;
    },
    isEmpty: () => counts.asked + counts.done + counts.failed === 0,
  };
}
