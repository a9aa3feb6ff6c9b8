// Gathers the samples of one run: counts, distributions by metric and scope, the series over time. Memory does not grow with the run.
import type { Counts, LatencyMetric, LatencySummary, SeriesPoint } from '../report/run-report.ts';
import { CostSums, type ScriptCost } from './cost-sums.ts';
import type { HdrLog } from './hdr-log.ts';
import { LatencyRecorder } from './recorder.ts';
import type { Sample } from './sample.ts';
import { ScopedHistograms } from './scoped-histograms.ts';
import { SeriesRecorder } from './series-recorder.ts';
import { TailRecorder } from './tail-recorder.ts';
import type { WarmupHold, WarmupResult } from './warmup-hold.ts';

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

export interface RunRecorderOptions {
  readonly phaseNames: readonly string[];
  /** Expected length of the issue, ms; Infinity when a count ends it. */
  readonly durationMs: number;
  /** Holds the first executions back until the end of the run tells which of them were warm-up. Absent: nothing is cut. */
  readonly hold?: WarmupHold;
  /** Tenants beside which the rest are the scope `others`. */
  readonly hostileTenants?: readonly string[];
  /** Gets every success as it ends. */
  readonly log?: HdrLog;
}

export class RunRecorder {
  readonly #options: RunRecorderOptions;
  readonly #histograms: ScopedHistograms;
  readonly #series: SeriesRecorder;
  /** Responses as they come, for progress: what is held back is not in the other histograms yet. */
  readonly #live = new LatencyRecorder();
  readonly #failed = new Map<string, number>();
  readonly #cost = new CostSums();
  /** The slowest executions. */
  readonly tail: TailRecorder = new TailRecorder();

  readonly #note: Note = (metric, ms) => this.#histograms.record(metric, 'all', true, ms);
  #liveN = { asked: 0, done: 0, failed: 0, dropped: 0 };
  #askedN = 0;
  #droppedN = 0;
  #abandonedN = 0;
  #okN = 0;
  #expectedN = 0;
  #failedN = 0;
  #warmupN = 0;
  #firstEndMs = Infinity;
  #lastEndMs = -Infinity;

  constructor(options: RunRecorderOptions) {
    this.#options = options;
    this.#histograms = new ScopedHistograms(options.phaseNames, options.hostileTenants);
    this.#series = new SeriesRecorder(options.durationMs);
  }

  /** Notes an arrival, whether it finds a slot or is dropped; its sample follows when it has ended. */
  arrive(nowMs: number): void {
    this.#series.arrive(nowMs);
  }

  /** Takes one finished, given-up or dropped execution. */
  add(sample: Sample): void {
    const { hold, log } = this.#options;
    this.#series.add(sample);
    if (log !== undefined && isGood(sample)) {
      const note: Note = (metric, ms) => log.add(metric, sample.endMs, Math.max(0, ms) * 1_000);
      note('response', sample.endMs - sample.intendedMs);
      note('service', sample.endMs - sample.startMs);
      note('late', sample.startMs - sample.intendedMs);
      noteDetails(sample, note);
    }
    hold?.noteCold(sample);
    if (!sample.measured) {
      this.#addWarmup(sample);
      return;
    }
    this.#noteLive(sample);
    if (hold?.take(sample) !== true) this.#tally(sample);
  }

  /** Decides what was warm-up and counts the rest; called once, when the run is over. @param issuedMs - end of the issue */
  settle(issuedMs: number): WarmupResult | undefined {
    const { hold } = this.#options;
    if (hold === undefined) return undefined;
    return hold.release(issuedMs, (sample, isWarmup) => {
      if (isWarmup) this.#addWarmup(sample);
      else this.#tally(sample);
    });
  }

  #addWarmup(sample: Sample): void {
    this.#warmupN += 1;
    if (sample.end.kind !== 'dropped')
      this.#histograms.record('response', 'warm-up', isGood(sample), sample.endMs - sample.intendedMs);
  }

  #noteLive({ end, endMs, intendedMs }: Sample): void {
    this.#liveN.asked += 1;
    if (end.kind === 'dropped') this.#liveN.dropped += 1;
    else if (end.kind !== 'abandoned') this.#liveN.done += 1;
    if (end.kind === 'failed') this.#liveN.failed += 1;
    if (end.kind === 'ok' || end.kind === 'expected')
      this.#live.record(Math.max(0, endMs - intendedMs) * 1_000);
  }

  #tally(sample: Sample): void {
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
        if (stats !== undefined) this.#cost.add(stats);
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
    const good = isGood(sample);
    const responseMs = sample.endMs - sample.intendedMs;
    this.#histograms.recordResponse(sample, good, responseMs);
    this.#histograms.record('service', 'all', good, sample.endMs - sample.startMs);
    if (sample.isAsClosed === true)
      this.#histograms.record('service', 'closed-loop', good, sample.endMs - sample.startMs);
    if (sample.end.kind === 'dropped') return;
    this.#histograms.record('late', 'all', true, sample.startMs - sample.intendedMs);
    noteDetails(sample, this.#note);
    // What came back before a failure took the time it took; what never came back is in the tail.
    if (sample.seen?.firstMs === undefined && !good) this.#histograms.record('first', 'all', false, 0);
  }

  progress(nowMs: number): Progress {
    this.#series.advanceTo(nowMs);
    const { last, stepMs } = this.#series;
    const perSecond = 1_000 / stepMs;
    const { asked, done, dropped, failed } = this.#liveN;
    const p99 = this.#live.quantile(0.99, asked - this.#live.count);
    return {
      elapsedS: nowMs / 1_000,
      askedN: asked,
      doneN: done,
      failedN: failed,
      droppedN: dropped,
      inFlightN: this.#series.inFlightN,
      askedPerSecond: last === undefined ? null : last.asked_n * perSecond,
      donePerSecond: last === undefined ? null : last.done_n * perSecond,
      p99Us: p99.kind === 'value' ? p99.us : null,
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

  /** Executions of the warm-up, planned or found. */
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
    return this.#histograms.summaries();
  }

  /** The series, closed at `endMs`. */
  series(endMs: number): SeriesPoint[] {
    return this.#series.points(endMs);
  }

  histogram(metric: LatencyMetric): LatencyRecorder | undefined {
    return this.#histograms.find(metric);
  }

  cost(): ScriptCost {
    return this.#cost.means();
  }
}

function isGood({ end }: Sample): boolean {
  return end.kind === 'ok' || end.kind === 'expected';
}

type Note = (metric: LatencyMetric, ms: number) => void;

/** What was seen on the way, and what the target tells of a success. */
function noteDetails({ end, intendedMs, seen, startMs, stats }: Sample, note: Note): void {
  if (seen?.firstMs !== undefined) note('first', seen.firstMs - intendedMs);
  if (seen?.connectedMs !== undefined) note('connection', seen.connectedMs - startMs);
  for (const ms of seen?.gapsMs ?? []) note('gap', ms);
  for (const ms of seen?.callsMs ?? []) note('call', ms);
  if (stats === undefined || (end.kind !== 'ok' && end.kind !== 'expected')) return;
  note('queue', stats.queueMs);
  if (stats.toolCallCount > 0) note('tool', stats.toolMs);
}
