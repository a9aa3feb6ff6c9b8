// What `enclave plan verify` does: opens the pool that a plan was measured with, drives the load of one instance, compares.
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { planLoad } from '../bench/load-plan.ts';
import { readEnvironment } from '../bench/machine.ts';
import { createProcessProbe } from '../bench/process-probe.ts';
import { runBench } from '../bench/run-bench.ts';
import { EnclaveError, invalidInput } from '../errors.ts';
import type { Plan } from '../planner/plan-types.ts';
import { type MeasuredAs, workloadOfPlan } from '../planner/planned-workload.ts';
import type { MixedPart } from '../planner/workload.ts';
import { parsePlan } from '../report/parse-plan.ts';
import type { RunReport } from '../report/run-report.ts';
import { loadScenario, type Scenario } from '../scenario/load-scenario.ts';
import { formatCount, formatDuration, formatRate } from '../units.ts';
import { mixScenarios } from '../verify/mixed-scenario.ts';
import { scaleTo, VERIFICATION_SCHEMA, type Verification } from '../verify/verification.ts';
import { scaleText } from '../verify/verification-text.ts';
import { type VerifiedLoad, type VerifyLoad, verifyPrediction } from '../verify/verify-prediction.ts';
import { version } from '../version.ts';
import { readBenchFlags } from './bench-flags.ts';
import { createProgressPrinter } from './bench-progress.ts';
import { readSubject, type Subject } from './bench-target.ts';
import type { Io } from './io.ts';
import { readJson } from './read-json.ts';

/** As many executions as a verification needs. */
const MIN_EXECUTIONS = 100;
const PROGRESS_MS = 10_000;

export interface VerifyRequest {
  /** The plan, as the command line names it. */
  readonly file: string;
  /** Name or file; absent: the scenario of the plan. */
  readonly scenario: string | undefined;
  readonly durationMs: number;
  readonly runs: number;
  readonly withCapacity: boolean;
  /** Counts runs that declared themselves invalid. */
  readonly allowNoise: boolean;
}

/** @throws EnclaveError for a plan or scenario that cannot be verified; nothing has been run then */
export async function verifyPlan(
  { allowNoise, durationMs, file, runs, scenario, withCapacity }: VerifyRequest,
  io: Io,
): Promise<Verification> {
  const plan = parsePlan(await readJson(resolve(io.cwd, file), file), file);
  const [chosen] = plan.types;
  if (chosen === undefined)
    throw invalidInput(file, [{ path: 'types', message: 'expected at least one, got none' }]);
  const env = await readEnvironment(createProcessProbe(), []);
  const machine = { name: env.cpu_model, cores: Math.min(env.cores_n, env.cgroup_quota_cores ?? Infinity) };
  const scale = scaleTo(machine.cores, plan.verdict, chosen);
  const askedPerSecond = scale.instancePerSecond * scale.factor;
  refuseTooShort(askedPerSecond, durationMs, runs);
  await using scratch = await mkdtempDisposable(join(tmpdir(), 'enclave-mix-'));
  const subject = await openSubject(plan, file, scenario, machine.cores, scratch.path, io);
  const isMix = scenario === undefined && plan.workload.mixedOf !== undefined;
  const context = {
    machine,
    askedPerSecond,
    plan: {
      file,
      type: chosen.type,
      instances: plan.verdict.instances,
      scenario: isMix ? plan.workload.name : subject.scenario.name,
    },
  };
  io.stderr.write(`${scaleText(scale, context)}\n`);
  const result = await verifyPrediction({
    workload: workloadOfPlan(plan.workload),
    queue: plan.queue,
    cores: machine.cores,
    ratePerSecond: askedPerSecond,
    runs,
    withCapacity,
    run: (load, index) => runOnce(subject, { load, durationMs, index, runs }, io),
  });
  return {
    schema: VERIFICATION_SCHEMA,
    at: new Date().toISOString(),
    enclave: version,
    ...context,
    scale,
    sentPerSecond: result.sentPerSecond,
    runs,
    executions: result.samples,
    numbers: result.numbers,
    state: stateOf(result, allowNoise),
    faults: result.faults,
  };
}

/** A scenario to run, and how its pool was set up when it was measured. */
interface Runnable {
  /** Name or file. */
  readonly scenario: string;
  readonly measuredAs: MeasuredAs | undefined;
}

/** The scenario of the plan, with a pool like the one it was measured with. @param scratch - folder for a mix made one scenario */
async function openSubject(
  { workload: { measuredAs, mixedOf, name } }: Plan,
  file: string,
  asked: string | undefined,
  cores: number,
  scratch: string,
  io: Io,
): Promise<Subject> {
  if (asked === undefined && mixedOf !== undefined)
    return open(await writeMix(mixedOf, file, scratch, io), cores, io);
  const scenario = asked ?? measuredAs?.scenario;
  if (scenario === undefined) {
    const message = `expected a scenario, since ${file} was planned from ${name}, got none`;
    throw invalidInput('enclave plan verify', [{ path: '--scenario', message }]);
  }
  const subject = await open({ scenario, measuredAs: measuredAs ?? mixedOf?.[0] }, cores, io);
  if (measuredAs !== undefined) checkVersion(subject.scenario, measuredAs, file);
  return subject;
}

function open({ measuredAs, scenario }: Runnable, cores: number, io: Io): Promise<Subject> {
  const settings = readBenchFlags({
    scenario,
    workers: String(Math.max(1, Math.round((measuredAs?.hostsPerCore ?? 1) * cores))),
    isolation: measuredAs?.isolation ?? 'isolate',
    isolate: measuredAs?.isIsolated ?? false,
    out: 'reports',
    progress: '10s',
  });
  return readSubject(settings, io);
}

/** The parts of a mix as one scenario file. */
async function writeMix(
  parts: readonly MixedPart[],
  file: string,
  scratch: string,
  io: Io,
): Promise<Runnable> {
  const scenarios = await Promise.all(
    parts.map(async ({ share, ...measuredAs }) => {
      const scenario = await loadScenario(measuredAs.scenario, io.cwd);
      checkVersion(scenario, measuredAs, file);
      return { share, scenario };
    }),
  );
  const scenario = join(scratch, 'mix.json');
  await writeFile(scenario, JSON.stringify(mixScenarios(scenarios)));
  return { scenario, measuredAs: parts[0] };
}

function checkVersion({ hash }: Scenario, { scenario, scenarioHash }: MeasuredAs, file: string): void {
  if (hash === scenarioHash) return;
  throw new EnclaveError(
    'UNSUITABLE_REPORT',
    `${file} was measured with another version of scenario ${scenario} (hash ${scenarioHash.slice(0, 12)}) than the one found here (${hash.slice(0, 12)})`,
    { hint: 'name the file it was measured with by --scenario, or measure and plan again' },
  );
}

/** Rather told before the run than after it. */
function refuseTooShort(ratePerSecond: number, durationMs: number, runs: number): void {
  const expected = (ratePerSecond * durationMs * runs) / 1_000;
  if (expected >= MIN_EXECUTIONS) return;
  const neededMs = Math.ceil(((1.3 * MIN_EXECUTIONS) / ratePerSecond / runs) * 1_000);
  const message = `expected about ${MIN_EXECUTIONS} executions, got ${formatCount(expected, 1)}: ${runs} x ${formatDuration(durationMs)} at ${formatRate(ratePerSecond)}; ${formatDuration(neededMs)} would do`;
  throw invalidInput('enclave plan verify', [{ path: '--duration', message }]);
}

interface OneRun {
  readonly load: VerifyLoad;
  readonly durationMs: number;
  readonly index: number;
  readonly runs: number;
}

async function runOnce(
  subject: Subject,
  { durationMs, index, load, runs }: OneRun,
  io: Io,
): Promise<RunReport> {
  const words =
    'concurrency' in load
      ? `capacity: ${formatCount(load.concurrency)} in flight`
      : `run ${index + 1} of ${runs}: ${formatRate(load.ratePerSecond)}`;
  io.stderr.write(`${words} for ${formatDuration(durationMs)}\n`);
  const { scenario } = subject;
  // Open arrivals are Poisson whatever the scenario says: so are the model's.
  const arrivals = 'concurrency' in load ? {} : ({ arrivals: 'poisson' } as const);
  const plan = planLoad(scenario, { ...load, ...arrivals, durationMs, seed: scenario.seed + index });
  await using target = subject.open(plan);
  const progress = createProgressPrinter(io.stderr, plan, PROGRESS_MS);
  const { report } = await runBench({
    scenario,
    plan,
    executor: target.executor,
    target: target.facts,
    signal: io.interrupted,
    argv: io.argv,
    ...(target.embeddingCpuMs === undefined ? {} : { embeddingCpuMs: target.embeddingCpuMs }),
    onProgress: progress.show,
  }).finally(progress.end);
  return report;
}

function stateOf({ faults, isComplete, numbers }: VerifiedLoad, allowNoise: boolean): Verification['state'] {
  if (!isComplete) return 'interrupted';
  if (
    faults.length > 0 &&
    !(allowNoise && faults.every((fault) => fault.includes('declared itself invalid')))
  )
    return 'invalid';
  return numbers.some(({ isInside }) => isInside === false) ? 'outside' : 'inside';
}
