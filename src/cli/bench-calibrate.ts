// `enclave bench --calibrate`: the runs that a plan is best made from, in a folder that `enclave plan --from` reads as a whole.
import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { planLoad } from '../bench/load-plan.ts';
import { readEnvironment } from '../bench/machine.ts';
import { createProcessProbe } from '../bench/process-probe.ts';
import { runBench } from '../bench/run-bench.ts';
import { writeFileAtomically } from '../report/report-files.ts';
import type { RunReport } from '../report/run-report.ts';
import { formatCount, formatRate } from '../units.ts';
import { CALIBRATION_LOADS, findFullLoad, loadOf, runRounds } from '../verify/load-rounds.ts';
import type { VerifyLoad } from '../verify/verify-prediction.ts';
import type { BenchSettings } from './bench-flags.ts';
import type { Subject } from './bench-target.ts';
import type { Io } from './io.ts';

const INTERRUPTED = 96;
const INVALID = 98;
const DEFAULT_DURATION_MS = 10_000;
const DEFAULT_ROUNDS = 2;
const PROBE_MS = 4_000;
const WARMUP_MS = 1_000;

/** Writes `<scenario>-calibration-<time>/{full,light,modest,half,busy,heavy}-<round>.json` into `folder`. */
export async function calibrate(
  subject: Subject,
  settings: BenchSettings,
  folder: string,
  io: Io,
): Promise<void> {
  const env = await readEnvironment(createProcessProbe(), []);
  const cores = Math.min(env.cores_n, env.cgroup_quota_cores ?? Infinity);
  const rounds = settings.repeat ?? DEFAULT_ROUNDS;
  const durationMs = settings.load.durationMs ?? DEFAULT_DURATION_MS;
  const seed = settings.load.seed ?? subject.scenario.seed;
  const run = (load: VerifyLoad, lastsMs: number, round: number): Promise<RunReport> =>
    runOnce(subject, load, { durationMs: lastsMs, seed: seed + round }, settings, io);
  const full = await findFullLoad(cores, (load) => run(load, PROBE_MS, 0));
  if (full === undefined) {
    io.stderr.write('nothing could be measured to scale the loads by\n');
    io.exitWith(io.interrupted.aborted ? INTERRUPTED : INVALID);
    return;
  }
  const { inFlight, perSecond } = full;
  io.stderr.write(`about ${formatRate(perSecond)} with ${formatCount(inFlight)} in flight\n`);
  const at = new Date().toISOString().replaceAll(/[-:]|\.\d+/gu, '');
  const target = join(folder, `${subject.scenario.name}-calibration-${at}`);
  await mkdir(target);
  const nameOf = (index: number): string => CALIBRATION_LOADS[index]?.name ?? String(index);
  const reports = await runRounds({
    loads: CALIBRATION_LOADS.map(({ share }) => share),
    rounds,
    repeats: 2 * rounds,
    run: async (index, round) => {
      const share = CALIBRATION_LOADS[index]?.share ?? 'full';
      const report = await run(loadOf(share, full), durationMs, round);
      if (!report.complete) return report;
      await writeFileAtomically(
        join(target, `${nameOf(index)}-${round + 1}.json`),
        `${JSON.stringify(report, null, 1)}\n`,
      );
      io.stderr.write(`${lineOf(nameOf(index), round, report)}\n`);
      return report;
    },
    onSpoilt: (index, reasons) =>
      io.stderr.write(`${nameOf(index)} was disturbed (${reasons.join(', ')}) and is made again\n`),
  });
  if (io.interrupted.aborted) {
    io.exitWith(INTERRUPTED);
    return;
  }
  const shown = relative(io.cwd, target) || '.';
  const all = reports.flat();
  const invalid = all.filter(({ validity }) => !validity.valid).length;
  if (settings.json)
    io.stdout.write(
      `${JSON.stringify({ schema: 'enclave.bench-calibration/1', folder: shown, in_flight_n: inFlight, runs: all })}\n`,
    );
  else
    io.stdout.write(
      `${shown}: ${all.length} runs at ${CALIBRATION_LOADS.length} loads${invalid === 0 ? '' : `, ${invalid} of them invalid`}\n  enclave plan --per-day 5M --slo p99=100ms --from ${shown}${invalid === 0 ? '' : ' --allow-noise'}\n`,
    );
  io.exitWith(invalid > 0 && !settings.allowNoise ? INVALID : 0);
}

function lineOf(name: string, round: number, { latency, rates, validity }: RunReport): string {
  const service = latency.find(({ metric, scope }) => metric === 'service' && scope === 'all');
  const p99 = service?.p99_us ?? null;
  const failed = validity.checks.filter(({ state }) => state === 'failed').map(({ id }) => id);
  return [
    `${name} ${round + 1}: ${formatRate(rates.done_per_s ?? rates.sent_per_s)}`,
    ...(p99 === null ? [] : [`p99 ${formatCount(p99 / 1_000, 1)} ms`]),
    ...(failed.length === 0 ? [] : [`INVALID (${failed.join(', ')})`]),
  ].join(', ');
}

async function runOnce(
  subject: Subject,
  load: VerifyLoad,
  length: { readonly durationMs: number; readonly seed: number },
  { allowNoise, load: { maxInFlight, timeoutMs } }: BenchSettings,
  io: Io,
): Promise<RunReport> {
  const plan = planLoad(subject.scenario, {
    ...length,
    ...load,
    warmupMs: WARMUP_MS,
    timeoutMs,
    // The planner's arrivals are Poisson, whatever the scenario says.
    ...('concurrency' in load ? {} : { arrivals: 'poisson', maxInFlight }),
  });
  await using target = subject.open(plan);
  const { embeddingCpuMs, executor, facts } = target;
  const { report } = await runBench({
    scenario: subject.scenario,
    plan,
    executor,
    target: facts,
    signal: io.interrupted,
    argv: io.argv,
    allowNoise,
    ...(embeddingCpuMs === undefined ? {} : { embeddingCpuMs }),
  });
  return report;
}
