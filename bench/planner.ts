// npm run bench:planner: does the planner predict what the pool does? Each scenario is measured at a light and at a heavy load,
// and full; from those runs alone the planner predicts the loads between them and the capacity, which are then measured anew.
// SCENARIOS, SECONDS_PER_RUN, BASE_LOADS and LOADS change what is run.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rateAt } from '../src/planner/cost-law.ts';
import { type MeasuredRun, workloadFromRuns } from '../src/planner/pooled-workload.ts';
import { usualQueue } from '../src/planner/queue-kind.ts';
import type { Workload } from '../src/planner/workload.ts';
import { histogramBins } from '../src/report/histogram-bins.ts';
import { parseRunReport } from '../src/report/parse-run-report.ts';
import type { RunReport } from '../src/report/run-report.ts';
import { formatRate } from '../src/units.ts';
import { numberTable } from '../src/verify/verification-text.ts';
import { type VerifyLoad, verifyPrediction } from '../src/verify/verify-prediction.ts';

const SCENARIOS = (process.env['SCENARIOS'] ?? 'simple,tools,io').split(',');
const SECONDS = Number(process.env['SECONDS_PER_RUN'] ?? 10);
/** Busy shares of the cores that are predicted from, and those that are predicted. */
const BASE_LOADS = shares(process.env['BASE_LOADS'] ?? '0.15,0.7');
const LOADS = shares(process.env['LOADS'] ?? '0.25,0.4,0.55');

const folder = mkdtempSync(join(tmpdir(), 'enclave-bench-planner-'));
try {
  for (const scenario of SCENARIOS) await compare(scenario);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare(scenario: string): Promise<void> {
  const probe = workloadOf([await bench(scenario, { ratePerSecond: 30 })]);
  // The light probe understates the capacity; by Little's law twice its number in flight is more than enough to fill the cores.
  const inFlight = Math.ceil(2 * coresOf(probe) * rateAt(probe.cost, 1) * probe.service.meanS);
  const full = await bench(scenario, { concurrency: Math.min(1_000, Math.max(16, inFlight)) });
  const fullRate = full.rates.done_per_s ?? 0;
  const base: RunReport[] = [full];
  for (const load of BASE_LOADS) base.push(await bench(scenario, { ratePerSecond: load * fullRate }));
  const workload = workloadOf(base);
  print(
    `${scenario}, predicted from runs at ${BASE_LOADS.map(percent).join(' and ')} load and a full one (closed loop)`,
  );
  for (const [index, load] of LOADS.entries()) {
    const { faults, numbers, samples, sentPerSecond } = await verifyPrediction({
      workload,
      queue: usualQueue(workload),
      cores: coresOf(workload),
      ratePerSecond: load * fullRate,
      runs: 1,
      withCapacity: index === LOADS.length - 1,
      run: (asked) => bench(scenario, asked),
    });
    print(
      `\n${percent(load)} load: ${formatRate(sentPerSecond)}, ${samples} executions\n${numberTable(numbers)}`,
    );
    for (const fault of faults) print(`- ${fault}`);
  }
  print('');
}

async function bench(scenario: string, load: VerifyLoad): Promise<RunReport> {
  const entry = join(import.meta.dirname, '..', 'src', 'cli', 'entry.ts');
  const asked =
    'concurrency' in load
      ? ['--concurrency', String(load.concurrency)]
      : ['--rate', String(Math.round(load.ratePerSecond))];
  const args = [entry, 'bench', '--scenario', scenario, ...asked, '--duration', `${SECONDS}s`];
  const settings = ['--allow-noise', '--json', '--out', folder];
  const { stdout } = await promisify(execFile)(process.execPath, [...args, ...settings], {
    maxBuffer: 2 ** 28,
  });
  return parseRunReport(JSON.parse(stdout));
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

function coresOf({ machine }: Workload): number {
  return machine.cores.value;
}

function shares(text: string): number[] {
  return text.split(',').map(Number);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
