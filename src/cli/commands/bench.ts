// enclave bench: runs a scenario against a target and reports what was measured.
import { resolve } from 'node:path';
import { Command } from 'commander';
import { type LoadOverrides, planLoad } from '../../bench/load-plan.ts';
import { runBench } from '../../bench/run-bench.ts';
import type { RunRecorder } from '../../bench/run-recorder.ts';
import type { LoadPlan } from '../../bench/sample.ts';
import { replayPlan } from '../../bench/stages.ts';
import { parseThresholds } from '../../bench/thresholds.ts';
import { invalidInput } from '../../errors.ts';
import { keepReport, prepareReportFolder, writeFileAtomically } from '../../report/report-files.ts';
import { LATENCY_METRICS } from '../../report/run-report.ts';
import { hostileTenants } from '../../scenario/workload.ts';
import { calibrate } from '../bench-calibrate.ts';
import { type BenchFlags, type BenchSettings, readBenchFlags } from '../bench-flags.ts';
import { ab, againstBaseline, probe, search, selfTest, sweep } from '../bench-modes.ts';
import { neighbours } from '../bench-neighbours.ts';
import { showKept, summaryText, writeDocuments } from '../bench-output.ts';
import { createProgressPrinter } from '../bench-progress.ts';
import { readSubject, type Subject } from '../bench-target.ts';
import type { Io } from '../io.ts';
import { openToolHandler } from '../open-tools.ts';

export function benchCommand(io: Io): Command {
  return new Command('bench')
    .description('Measure the local pool by a scenario, or any HTTP service: latency, throughput and cost.')
    .option('--scenario <name|file>', 'a shipped scenario (enclave scenarios list), or a .json or .ts file')
    .option('--broker <url>', 'run the scenario on a broker, with its tools; key in ENCLAVE_API_KEY')
    .option(
      '--tools <file>',
      'tools file that serves the scripts instead of simulated tools, in this process',
    )
    .option('--mcp <file>', 'JSON file of MCP servers, whose tools are called as server:tool, likewise')
    .option('--url <address>', 'an HTTP service instead of a scenario; default load: 10 in flight for 10 s')
    .option('--method <name>', 'with --url: the method (default: GET, or POST with a body)')
    .option('--body <text|@file>', 'with --url: the body of every request')
    .option('--header <line...>', 'with --url: headers, "name: value"')
    .option('--insecure', 'with --url: accept any certificate')
    .option('--rate <n/s>', 'open model: executions started per second, e.g. 200 or 5M/day')
    .option('--arrivals <kind>', 'open model: poisson or constant (default: as the scenario says)')
    .option('--concurrency <n>', 'closed model: executions kept in flight')
    .option('--duration <time>', 'measured time, e.g. 10s; warm-up not included')
    .option('--count <n>', 'measured executions, instead of a duration')
    .option('--warmup <time>', 'time before the measurement that is kept out of it, 0s to 10min')
    .option('--seed <n>', 'seed of arrivals, mix and tool latencies')
    .option('--max-in-flight <n>', 'open model: slots; arrivals without one are dropped and counted')
    .option('--client-timeout <time>', 'an execution still open after this is a failure')
    .option('--compress <k>', 'rates times k, durations divided by k: the number of executions stays')
    .option('--shorten <k>', 'durations divided by k: the rates stay')
    .option('--workers <n>', 'host processes of the pool: a number, or cpu, io, mixed (default: cpu)')
    .option('--isolation <kind>', 'isolate or context (default: isolate)')
    .option('--threshold <goal...>', 'a goal such as "p99<50ms" or "errors<0.1%"; exit 99 when missed')
    .option(
      '--no-isolate',
      'keep the pool in the process of the load generator, whose event loop it then shares',
    )
    .option('--search <goal...>', 'find the highest Poisson rate at which the goals hold, e.g. "p99<=100ms"')
    .option(
      '--stage <time@rate...>',
      'open model: phases in turn, e.g. 30s@100/s, or 60s@100..500/s for a ramp',
    )
    .option('--replay <report|trace>', 'the intended starts of an earlier run, or of a file of offsets in ms')
    .option('--sweep <axis=levels>', 'closed runs over workers=1,2,4 or concurrency=1,2,4,8,16,32')
    .option(
      '--calibrate',
      'runs at six loads, idle to full, in turn, into one folder that enclave plan --from reads',
    )
    .option('--ab <scenarios...>', 'run two scenarios in turn (A B B A) and compare them')
    .option('--baseline <reports...>', 'run and compare with these runs; exit 99 when it is worse')
    .option(
      '--repeat <n>',
      'with --ab, --baseline or a hostile tenant: runs of each side (default: 5); with --calibrate: of each load (default: 2)',
    )
    .option('--driver <name>', 'autocannon: only its throughput, closed loop, as a cross-check of --url')
    .option(
      '--self-test',
      'measure servers of known behaviour and compare with theory; 2 to 6 min, exit 98 on a miss',
    )
    .option('--hdr', 'also write histograms for other tools: .hlog over time, .hgrm of the whole run')
    .option('--html <file>', 'also write one self-contained HTML page')
    .option('--md <file>', 'also write the report as Markdown')
    .option('--allow-noise', 'keep the mark of an invalid run, but exit 0')
    .option('--progress <time>', 'off a terminal: time between progress lines', '10s')
    .option('--out <folder>', 'where the report goes', 'reports')
    .option('--json', 'the report as JSON on stdout, and nothing else there')
    .addHelpText(
      'after',
      `
Exit status: 0 ok, 2 usage, 96 interrupted (partial report written), 97 generator-limited, 98 invalid measurement,
99 a threshold failed.

Examples:
  enclave bench --scenario tools
  enclave bench --scenario simple --rate 300 --duration 20s
  enclave bench --scenario tools --calibrate
  enclave bench --scenario mixed --concurrency 8 --count 2000 --json
  enclave bench --scenario mine.json --mcp servers.json --rate 20
  enclave bench --url http://localhost:8080/health --rate 500 --threshold 'p99<20ms'`,
    )
    .action((options: BenchFlags) => bench(options, io));
}

async function bench(options: BenchFlags, io: Io): Promise<void> {
  const flags = readBenchFlags(options);
  const folder = resolve(io.cwd, flags.out);
  if (flags.driver === 'autocannon' && flags.subject.kind === 'http')
    return probe(flags.subject.http, flags, io);
  await prepareReportFolder(folder, flags.out);
  if (flags.isSelfTest) return selfTest(flags, folder, io);
  if (flags.ab !== undefined) return ab(flags.ab, flags, folder, io);
  const hasTools = options.tools !== undefined || options.mcp !== undefined;
  await using tools = hasTools ? await openToolHandler(options, io) : undefined;
  const subject = await readSubject(flags, io, tools?.handle);
  const planOf = async (load: LoadOverrides): Promise<LoadPlan> => {
    const planned = planLoad(subject.scenario, load);
    return flags.replay === undefined ? planned : replayPlan(planned, resolve(io.cwd, flags.replay));
  };
  if (flags.isCalibration) return await calibrate(subject, flags, folder, io);
  if (flags.sweep !== undefined) return await sweep(subject, flags.sweep, flags, folder, io);
  if (flags.baseline.length > 0) return await againstBaseline(subject, planOf, flags, folder, io);
  const plan = await planOf(flags.load);
  if (flags.search.length > 0) return await search(subject, plan, flags, folder, io);
  if (hostileTenants(subject.scenario).length > 0) {
    return await neighbours(subject, (seed) => planOf({ ...flags.load, seed }), flags, folder, io);
  }
  if (flags.repeat !== undefined) throw invalidInput('enclave bench', [REPEAT]);
  return await run(subject, plan, flags, folder, io);
}

const REPEAT = {
  path: '--repeat',
  message: 'expected to be given with --ab or --baseline, or with a scenario that has a hostile tenant',
};

async function run(
  subject: Subject,
  plan: LoadPlan,
  settings: BenchSettings,
  folder: string,
  io: Io,
): Promise<void> {
  const { scenario } = subject;
  const thresholds = parseThresholds([...scenario.thresholds, ...settings.thresholds], plan.model);
  await using target = subject.open(plan);
  const { executor, facts, embeddingCpuMs } = target;
  const progress = createProgressPrinter(io.stderr, plan, settings.progressMs);
  const { log, report, recorder } = await runBench({
    scenario,
    executor,
    target: facts,
    signal: io.interrupted,
    argv: io.argv,
    allowNoise: settings.allowNoise,
    ...(embeddingCpuMs === undefined ? {} : { embeddingCpuMs }),
    plan,
    thresholds,
    keepsLog: settings.hdr,
    onProgress: progress.show,
  }).finally(progress.end);
  const kept = await keepReport(folder, report);
  showKept(kept, report, settings.json, (path) => summaryText(report, path, io), io);
  const { path = '' } = kept;
  if (settings.hdr) await writeHistograms(path, recorder, log ?? '');
  await writeDocuments([{ name: path, report }], settings.documents, io);
  io.exitWith(report.exit_code);
}

/** Beside the report, for the tools of HdrHistogram: a log over time, and a distribution for each metric. */
async function writeHistograms(path: string, recorder: RunRecorder, log: string): Promise<void> {
  const base = path.replace(/\.json$/u, '');
  await writeFileAtomically(`${base}.hlog`, log);
  for (const metric of LATENCY_METRICS) {
    const histogram = recorder.histogram(metric);
    if (histogram !== undefined && histogram.count > 0)
      await writeFileAtomically(`${base}.${metric}.hgrm`, histogram.percentileDistribution());
  }
}
