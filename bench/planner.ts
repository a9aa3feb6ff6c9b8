// npm run bench:planner: does the planner predict what the pool does? Each scenario is run at the loads of `enclave bench
// --calibrate`, from which alone the planner predicts, and at others, which it is judged by. All loads run in turn, in rounds, so
// that a drift of the machine meets both sides alike, and each round is foretold by itself: the median of what was foretold is
// compared with that of what was measured, and how far the rounds differ is what this machine can tell. SCENARIOS, SECONDS_PER_RUN,
// ROUNDS and LOADS change what is run. The runs are kept in reports/; JUDGE=FOLDER judges those of an earlier time again, with
// the planner of today.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrapInterval, median } from '../src/bench/compare.ts';
import { planLoad } from '../src/bench/load-plan.ts';
import { readEnvironment } from '../src/bench/machine.ts';
import { createProcessProbe } from '../src/bench/process-probe.ts';
import { runBench } from '../src/bench/run-bench.ts';
import type { Subject, Target } from '../src/cli/bench-target.ts';
import { toEnclaveError } from '../src/errors.ts';
import { rateAt } from '../src/planner/cost-law.ts';
import { type MeasuredRun, workloadFromRuns } from '../src/planner/pooled-workload.ts';
import { usualQueue } from '../src/planner/queue-kind.ts';
import type { Workload } from '../src/planner/workload.ts';
import { histogramBins } from '../src/report/histogram-bins.ts';
import type { RunReport } from '../src/report/run-report.ts';
import { formatCount } from '../src/units.ts';
import {
  CALIBRATION_LOADS,
  type FullLoad,
  findFullLoad,
  loadOf,
  runRounds,
  type ShareOfFull,
} from '../src/verify/load-rounds.ts';
import { measuredRuns } from '../src/verify/measured-runs.ts';
import { PERCENTILES, predictCapacity, predictMachine, supports } from '../src/verify/predict-machine.ts';
import type { VerifyLoad } from '../src/verify/verify-prediction.ts';
import { type Row, tableOf } from './planner-table.ts';

/** Built, as users have it: from sources a host process takes twice as long to start. */
const { readSubject } = (await import(
  new URL('../dist/cli/bench-target.js', import.meta.url).href
)) as typeof import('../src/cli/bench-target.ts');

const SCENARIOS = (process.env['SCENARIOS'] ?? 'simple,tools,io').split(',');
/** Enough for the 1,000 executions that a p99 needs, and no longer: a pause of the machine spoils the run that it falls into. */
const SECONDS = Number(process.env['SECONDS_PER_RUN'] ?? 7);
const ROUNDS = Number(process.env['ROUNDS'] ?? 7);
/** Shares of the capacity that are predicted. */
const LOADS = (process.env['LOADS'] ?? '0.25,0.4,0.55').split(',').map(Number);
/** Where runs of an earlier time are, to be judged instead of new ones. */
const JUDGE = process.env['JUDGE'];
const FOLDER =
  JUDGE ?? join('reports', `bench-planner-${new Date().toISOString().replaceAll(/[-:]|\.\d+/gu, '')}`);
const PROBE_SECONDS = 3;
const WARMUP_MS = 500;
/** The same number, foretold without the closed runs. */
const OPEN_ONLY = ' (open runs only)';
/** In the order of a round: a closed run to predict from at one end, one to be judged by at the other. */
const SHARES: readonly { readonly share: ShareOfFull; readonly isJudged: boolean }[] = [
  ...CALIBRATION_LOADS.map(({ share }) => ({ share, isJudged: false })),
  ...LOADS.map((share) => ({ share, isJudged: true })),
]
  .sort((a, b) => order(a.share) - order(b.share))
  .concat({ share: 'full', isJudged: true });

const started = performance.now();
const signal = new AbortController().signal;
const env = await readEnvironment(createProcessProbe(), []);
const CORES = Math.min(env.cores_n, env.cgroup_quota_cores ?? Infinity);
for (const scenario of SCENARIOS)
  await compare(scenario).catch((error: unknown) => {
    // The others are worth running all the same.
    print(`\n${scenario}: ${toEnclaveError(error).message}`);
    process.exitCode = 1;
  });
print(`${formatCount((performance.now() - started) / 60_000, 1)} minutes`);

async function compare(name: string): Promise<void> {
  const reports = JUDGE === undefined ? await measure(name) : readRuns(name);
  const invalid = reports.flat().filter(({ validity }) => !validity.valid);
  print(
    `\n${name}: predicted from ${CALIBRATION_LOADS.map(({ name: load }) => load).join(', ')} load, ${ROUNDS} rounds of ${SHARES.length} runs of ${SECONDS} s` +
      (invalid.length === 0
        ? ''
        : `; ${invalid.length} runs declared themselves invalid: ${causes(invalid)}`),
  );
  const rows = SHARES.flatMap(({ isJudged, share }, index) =>
    isJudged ? judge(reports, share, reports[index] ?? []) : [],
  );
  print(tableOf(rows));
}

async function measure(name: string): Promise<RunReport[][]> {
  const subject = await readSubject(
    {
      subject: { kind: 'scenario', scenario: name },
      pool: { poolSize: undefined, isolation: undefined, isIsolated: true },
    },
    { cwd: process.cwd(), env: {} },
  );
  const reports = await measureRounds(subject, await scaleOf(subject));
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(runsFile(name), JSON.stringify(reports));
  return reports;
}

/** In the order of {@link SHARES}, each in the order of the rounds. */
function readRuns(name: string): RunReport[][] {
  return JSON.parse(readFileSync(runsFile(name), 'utf8'));
}

function runsFile(name: string): string {
  return join(FOLDER, `${name}.json`);
}

async function scaleOf(subject: Subject): Promise<FullLoad> {
  await using target = subject.open(planLoad(subject.scenario));
  const full = await findFullLoad(CORES, (load) => runOnce(subject, target, load, PROBE_SECONDS, 0));
  if (full === undefined) throw new Error('nothing could be measured to scale the loads by');
  return full;
}

/** A pool of its own for each round, warmed up; runs of a round share it, as they would in service. */
async function measureRounds(subject: Subject, full: FullLoad): Promise<RunReport[][]> {
  let open: { readonly round: number; readonly target: Target } | undefined;
  try {
    return await runRounds({
      loads: SHARES.map(({ share }) => share),
      rounds: ROUNDS,
      repeats: ROUNDS,
      run: async (index, round) => {
        if (open?.round !== round) {
          await open?.target[Symbol.asyncDispose]();
          open = { round, target: subject.open(planLoad(subject.scenario)) };
          await runOnce(subject, open.target, loadOf(0.5, full), 2, round);
        }
        const share = SHARES[index]?.share ?? 'full';
        return runOnce(subject, open.target, loadOf(share, full), SECONDS, round * SHARES.length + index);
      },
      onSpoilt: (_index, reasons) => process.stderr.write(`made again: ${reasons.join(', ')}\n`),
    });
  } finally {
    await open?.target[Symbol.asyncDispose]();
  }
}

async function runOnce(
  { scenario }: Subject,
  { embeddingCpuMs, executor, facts }: Target,
  load: VerifyLoad,
  seconds: number,
  seed: number,
): Promise<RunReport> {
  const arrivals = 'concurrency' in load ? {} : ({ arrivals: 'poisson' } as const);
  const length = { durationMs: seconds * 1_000, warmupMs: WARMUP_MS, seed: scenario.seed + seed };
  const { report } = await runBench({
    scenario,
    plan: planLoad(scenario, { ...load, ...arrivals, ...length }),
    executor,
    target: facts,
    signal,
    argv: [],
    // The pool is warm.
    findsWarmup: false,
    ...(embeddingCpuMs === undefined ? {} : { embeddingCpuMs }),
  });
  return report;
}

/**
 * Every number of one load, foretold and measured in each round by itself; those that a run is too short for are left out. Of
 * the rounds the median counts: percentiles of several runs are not averaged, and one pause of the machine spoils one round. The
 * ratio is that of the medians, since a ratio of single runs has the noise of two.
 */
function judge(all: readonly RunReport[][], share: ShareOfFull, judged: readonly RunReport[]): Row[] {
  const rounds = judged.map((report, round) =>
    compareLoad(
      SHARES.flatMap(({ isJudged }, index) => (isJudged ? [] : pick(all[index] ?? [], [round]))),
      [report],
    ),
  );
  const metrics = new Set(rounds.flatMap((found) => [...found.keys()]));
  return [...metrics].map((metric) => {
    const found = rounds.flatMap((round) => round.get(metric) ?? []);
    const seen = { predicted: found.map((one) => one.predicted), measured: found.map((one) => one.measured) };
    const [predicted, measured] = [median(seen.predicted), median(seen.measured)];
    return {
      load: share === 'full' ? 'full' : `${Math.round(100 * share)} %`,
      metric,
      predicted,
      measured,
      error: predicted / measured - 1,
      interval: bootstrapInterval(seen.measured, seen.predicted, 1),
      rounds: found.length,
      repeats: median(seen.measured.map((one) => Math.abs(one / measured - 1))),
    };
  });
}

interface Compared {
  readonly predicted: number;
  readonly measured: number;
}

function compareLoad(base: readonly RunReport[], judged: readonly RunReport[]): Map<string, Compared> {
  const workload = workloadOf(base);
  const measured = measuredNumbers(judged);
  const compared = new Map<string, Compared>();
  const add = (metric: string, predicted: number | null, key = metric): void => {
    const found = measured.get(key);
    if (predicted !== null && found !== undefined) compared.set(metric, { predicted, measured: found });
  };
  const { samples, sentPerSecond } = measuredRuns(judged);
  if (judged[0]?.scenario.model === 'closed') {
    add('capacity', predictCapacity({ workload, cores: CORES, samples }).value);
    const open = workloadOf(base.filter(({ scenario }) => scenario.model === 'open'));
    add(`capacity${OPEN_ONLY}`, CORES * rateAt(open.cost, 1), 'capacity');
    return compared;
  }
  // Foretold for the rate that came about: the arrivals are drawn, and their number scatters.
  const load = { workload, cores: CORES, ratePerSecond: sentPerSecond, queue: usualQueue(workload), samples };
  for (const { metric, value } of predictMachine(load)) add(metric, value);
  return compared;
}

function measuredNumbers(reports: readonly RunReport[]): Map<string, number> {
  const { cpuPerExecutionS, donePerSecond, quantileMs, samples, sentPerSecond } = measuredRuns(reports);
  if (reports.length === 0) return new Map();
  if (reports[0]?.scenario.model === 'closed') return new Map([['capacity', donePerSecond]]);
  return new Map([
    ...PERCENTILES.flatMap(([metric, p]) => (supports(samples, p) ? [[metric, quantileMs(p)] as const] : [])),
    ...(cpuPerExecutionS === null
      ? []
      : [['utilisation', (sentPerSecond * cpuPerExecutionS) / CORES] as const]),
  ]);
}

function workloadOf(reports: readonly RunReport[]): Workload {
  const runs = reports.map((report, index): MeasuredRun => {
    const service = report.latency.find(({ metric, scope }) => metric === 'service' && scope === 'all');
    const bins = histogramBins(service?.hdr_v2 ?? '').map(({ count, fromUs, toUs }) => ({
      fromS: fromUs / 1e6,
      toS: toUs / 1e6,
      count,
    }));
    return { name: `run ${index + 1}`, report, bins };
  });
  return workloadFromRuns(runs, { percentiles: [], allowNoise: true });
}

function causes(reports: readonly RunReport[]): string {
  const ids = reports.flatMap(({ validity: { checks } }) =>
    checks.flatMap(({ id, state }) => (state === 'failed' ? [id] : [])),
  );
  return [...new Set(ids)].map((id) => `${id} ${ids.filter((other) => other === id).length}`).join(', ');
}

function order(share: ShareOfFull): number {
  return share === 'full' ? 0 : share;
}

function pick<T>(values: readonly T[], indices: readonly number[]): T[] {
  return indices.flatMap((index) => values[index] ?? []);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
