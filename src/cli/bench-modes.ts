// The ways of `enclave bench` that make more than one run, or a run of another kind.
import { join } from 'node:path';
import { type Alternated, runAlternating } from '../bench/alternate.ts';
import type { BenchOptions } from '../bench/bench-options.ts';
import { buildCompareReport, type CompareReportOptions } from '../bench/compare-report.ts';
import { runAutocannon } from '../bench/http/autocannon-probe.ts';
import { HttpTarget } from '../bench/http/http-target.ts';
import { type LoadOverrides, planLoad } from '../bench/load-plan.ts';
import { runBench } from '../bench/run-bench.ts';
import { runSearch, trialFacts } from '../bench/run-search.ts';
import { runSweep, type SweepAxis } from '../bench/run-sweep.ts';
import type { LoadPlan } from '../bench/sample.ts';
import { runSelfTest } from '../bench/self-test/run-self-test.ts';
import { keepReport, keepReportAs, readRunReport, reportBaseName } from '../report/report-files.ts';
import type { RunReport } from '../report/run-report.ts';
import { formatTrial } from '../report/search-summary.ts';
import { formatSelfTestRow } from '../report/self-test-text.ts';
import { formatSweepPoint } from '../report/sweep-text.ts';
import { formatCount, formatRate } from '../units.ts';
import type { BenchSettings, HttpFlags } from './bench-flags.ts';
import { publishStudy } from './bench-output.ts';
import { readRequest, readSubject, type Subject } from './bench-target.ts';
import type { Io } from './io.ts';

const INTERRUPTED = 96;
const INVALID = 98;

/** One run against a target of its own, its report kept in `folder` when `suffix` says under what name. */
export async function runOnce(
  subject: Subject,
  plan: LoadPlan,
  settings: BenchSettings,
  io: Io,
  {
    workers,
    ...more
  }: Pick<BenchOptions, 'thresholds' | 'onProgress' | 'findsWarmup'> & { readonly workers?: number } = {},
): Promise<RunReport> {
  await using target = subject.open(plan, workers);
  const { executor, facts, embeddingCpuMs } = target;
  const { report } = await runBench({
    scenario: subject.scenario,
    plan,
    executor,
    target: facts,
    signal: io.interrupted,
    argv: io.argv,
    allowNoise: settings.allowNoise,
    ...(embeddingCpuMs === undefined ? {} : { embeddingCpuMs }),
    ...more,
  });
  return report;
}

/** `--sweep workers=1,2,4`, `--sweep concurrency=1,2,4,8`. */
export async function sweep(
  subject: Subject,
  axis: SweepAxis,
  settings: BenchSettings,
  folder: string,
  io: Io,
): Promise<void> {
  const report = await runSweep({
    axis,
    scenario: subject.scenario,
    overrides: settings.load,
    signal: io.interrupted,
    run: (plan, workers) => runOnce(subject, plan, settings, io, workers === undefined ? {} : { workers }),
    onPoint: (point) => io.stderr.write(`${formatSweepPoint(axis.kind, point)}\n`),
  });
  await publishStudy(report, { ...settings, folder }, io);
}

/** `--search goals…`: the capacity, and the run that confirmed it for the planner to build on. */
export async function search(
  subject: Subject,
  plan: LoadPlan,
  settings: BenchSettings,
  folder: string,
  io: Io,
): Promise<void> {
  const { arrivals, maxInFlight, timeoutMs } = settings.load;
  await using target = subject.open(plan);
  const { embeddingCpuMs, executor, facts } = target;
  const { confirmed, report } = await runSearch({
    scenario: subject.scenario,
    executor,
    target: facts,
    signal: io.interrupted,
    argv: io.argv,
    allowNoise: settings.allowNoise,
    goals: settings.search,
    seed: plan.seed,
    overrides: {
      ...(arrivals === undefined ? {} : { arrivals }),
      ...(maxInFlight === undefined ? {} : { maxInFlight }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
    ...(embeddingCpuMs === undefined ? {} : { embeddingCpuMs }),
    onTrial: (trial) => io.stderr.write(`${formatTrial(trialFacts(trial))}\n`),
  });
  if (confirmed !== undefined) {
    const { path, problem } = await keepReport(folder, confirmed);
    if (problem !== undefined) io.stderr.write(`${problem.message}: ${path ?? 'kept nowhere'}\n`);
  }
  await publishStudy(report, { ...settings, folder }, io);
}

export const DEFAULT_REPEAT = 5;

/** `--ab A B --repeat n`: runs of two scenarios in turn, and what can be said of B against A. */
export async function ab(
  [pathA, pathB]: readonly [string, string],
  settings: BenchSettings,
  folder: string,
  io: Io,
): Promise<void> {
  const open = async (scenario: string): Promise<Subject> => {
    return readSubject({ pool: settings.pool, subject: { kind: 'scenario', scenario } }, io);
  };
  const subjects = { a: await open(pathA), b: await open(pathB) };
  const sides = await runAlternating({
    repeat: settings.repeat ?? DEFAULT_REPEAT,
    signal: io.interrupted,
    isSpoilt: ({ validity }) => !settings.allowNoise && !validity.valid,
    run: async (side, pair) => {
      const subject = subjects[side];
      // One seed for both runs of a pair, another for the next: the pairs meet the same loads.
      const seed = (settings.load.seed ?? subjects.a.scenario.seed) + pair;
      const report = await runOnce(
        subject,
        planLoad(subject.scenario, { ...settings.load, seed }),
        settings,
        io,
      );
      await keep(report, `${side}${pair + 1}`, folder, io);
      return report;
    },
  });
  await judge(sides, settings, folder, io, { allowOtherScenario: true, failsOnWorse: false });
}

/** `--baseline reports…`: repeats the run and compares it with those of before; exit 99 when it has become worse. */
export async function againstBaseline(
  subject: Subject,
  plan: (overrides: LoadOverrides) => Promise<LoadPlan>,
  settings: BenchSettings,
  folder: string,
  io: Io,
): Promise<void> {
  const a = await Promise.all(settings.baseline.map(readRunReport));
  const repeat = settings.repeat ?? Math.max(DEFAULT_REPEAT, a.length);
  if (Math.min(a.length, repeat) < 4) {
    io.stderr.write('note: with fewer than 4 runs a side nothing can be told, better or worse\n');
  }
  const b: RunReport[] = [];
  for (let run = 0; run < repeat && !io.interrupted.aborted; run++) {
    const seed = a[run % a.length]?.scenario.seed;
    const report = await runOnce(
      subject,
      await plan({ ...settings.load, seed: settings.load.seed ?? seed }),
      settings,
      io,
    );
    await keep(report, `b${run + 1}`, folder, io);
    if (report.complete) b.push(report);
  }
  await judge({ a, b }, settings, folder, io, { failsOnWorse: true });
}

export async function keep(report: RunReport, name: string, folder: string, io: Io): Promise<void> {
  const wanted = join(folder, `${reportBaseName(report)}-${name}.json`);
  const { path, problem } = await keepReportAs(wanted, report);
  io.stderr.write(`run ${name}: ${report.validity.valid ? 'valid' : 'INVALID'}, ${path ?? 'kept nowhere'}\n`);
  // The others are still worth making: the comparison needs no files.
  if (problem !== undefined) io.stderr.write(`  ${problem.message}\n`);
}

/** Publishes the verdicts. Runs that a machine spoilt are left out, unless noise is allowed. */
export async function judge(
  sides: Alternated,
  settings: BenchSettings,
  folder: string,
  io: Io,
  options: Omit<CompareReportOptions, 'allowInvalid'>,
): Promise<void> {
  if (io.interrupted.aborted) {
    io.exitWith(INTERRUPTED);
    return;
  }
  const usable = (reports: readonly RunReport[]): RunReport[] =>
    reports.filter(({ complete, validity }) => complete && (validity.valid || settings.allowNoise));
  const [a, b] = [usable(sides.a), usable(sides.b)];
  if (a.length === 0 || b.length === 0) {
    io.stderr.write('no verdict: every run of a side was spoilt\n');
    io.exitWith(INVALID);
    return;
  }
  const report = buildCompareReport(a, b, {
    ...options,
    allowInvalid: settings.allowNoise,
  });
  await publishStudy(report, { ...settings, folder }, io);
}

const PROBE_CONNECTIONS = 10;
const PROBE_MS = 10_000;
const PROBE_TIMEOUT_MS = 30_000;

/** `--driver autocannon`: answers per second of a closed loop, and nothing else. */
export async function probe(http: HttpFlags, settings: BenchSettings, io: Io): Promise<void> {
  const { concurrency, durationMs, timeoutMs } = settings.load;
  const request = await readRequest(http, io.cwd);
  // autocannon asks a dead target again and again in a tight loop, and calls that a run.
  await using knock = new HttpTarget({ request, connections: 1, verifyCertificate: http.verifyCertificate });
  const { error } = await knock.execute({ source: '', signal: io.interrupted });
  if (error?.isUnreachable === true) {
    io.stderr.write(`${request.shown} could not be reached (${error.code}): nothing was measured\n`);
    io.exitWith(INVALID);
    return;
  }
  const connections = concurrency ?? PROBE_CONNECTIONS;
  const result = await runAutocannon({
    request,
    connections,
    durationMs: durationMs ?? PROBE_MS,
    timeoutMs: timeoutMs ?? PROBE_TIMEOUT_MS,
    signal: io.interrupted,
  });
  const exitCode = io.interrupted.aborted ? INTERRUPTED : result.ok === 0 ? INVALID : 0;
  if (settings.json) {
    const facts = {
      schema: 'enclave.bench/1',
      kind: 'probe',
      exit_code: exitCode,
      target: { driver: 'autocannon', address: request.shown },
      concurrency_n: connections,
      measured_s: result.durationMs / 1_000,
      ok_n: result.ok,
      other_status_n: result.otherStatus,
      errors_n: result.errors,
      ok_per_s: result.okPerSecond,
    };
    io.stdout.write(`${JSON.stringify(facts)}\n`);
  } else {
    io.stdout.write(
      `enclave bench · ${request.shown} · autocannon, closed loop, ${connections} in flight · ${formatCount(result.durationMs / 1_000, 1)} s\n` +
        `  ${formatRate(result.okPerSecond)} good answers  (${formatCount(result.ok)} good, ${formatCount(result.otherStatus)} other status, ${formatCount(result.errors)} errors)\n` +
        '  a probe of throughput: its latencies are not shown, since a closed loop omits the slow ones\n',
    );
  }
  io.exitWith(exitCode);
}

/** `--self-test`: theory against measurement. */
export async function selfTest(settings: BenchSettings, folder: string, io: Io): Promise<void> {
  const report = await runSelfTest({
    argv: io.argv,
    signal: io.interrupted,
    onRow: (row) => io.stderr.write(`${formatSelfTestRow(row)}\n`),
  });
  await publishStudy(report, { ...settings, folder }, io);
}
