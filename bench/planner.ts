// npm run bench:planner: does the planner predict what the pool does? For each scenario the local pool is measured at a light
// load; from that run alone the planner predicts heavier loads and the capacity, which are then measured too.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { responseQuantile } from '../src/planner/service-time.ts';
import { waitLaw } from '../src/planner/station.ts';
import { type Workload, workloadFromReport } from '../src/planner/workload.ts';
import { histogramBins } from '../src/report/histogram-bins.ts';
import { parseRunReport } from '../src/report/parse-run-report.ts';
import type { RunReport } from '../src/report/run-report.ts';

const SCENARIOS = (process.env['SCENARIOS'] ?? 'simple,tools,io').split(',');
const SECONDS = Number(process.env['SECONDS_PER_RUN'] ?? 10);
/** Busy shares of the cores; the first is the run that everything is predicted from. */
const LOADS = [0.15, 0.4, 0.6];
const PERCENTILES = [0.5, 0.95, 0.99];

const folder = mkdtempSync(join(tmpdir(), 'enclave-bench-planner-'));
try {
  for (const scenario of SCENARIOS) verify(scenario);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function verify(scenario: string): void {
  const probe = workloadOf(bench(scenario, ['--rate', '30']));
  const fullRate = probe.machine.cores.value / probe.cpuPerExecution.value;
  const table = new Table({
    head: ['load', 'rate/s', '', 'one queue', 'per host', 'measured', 'error', 'run'],
    style: { head: [], border: [] },
  });
  let base: Workload | undefined;
  for (const load of LOADS) {
    const report = bench(scenario, ['--rate', String(Math.round(load * fullRate))]);
    base ??= workloadOf(report);
    for (const p of PERCENTILES) table.push(row(base, report, load, p));
  }
  if (base !== undefined) table.push(capacityRow(base, bench(scenario, ['--concurrency', '16'])));
  process.stdout.write(
    `${scenario}, predicted from the run at ${100 * (LOADS[0] ?? 0)} % load\n${table.toString()}\n`,
  );
}

/** A percentile as the planner predicts it: the light run's histogram plus the wait at this rate; both bounds of the queue. */
function row(base: Workload, report: RunReport, load: number, p: number): string[] {
  const rate = report.rates.done_per_s ?? report.rates.sent_per_s;
  const predict = (queues: number): number => {
    const wait = waitLaw({
      servers: base.machine.cores.value / queues,
      offeredLoad: (rate * base.cpuPerExecution.value) / queues,
      meanServiceTime: base.cpuPerExecution.value,
      serviceScv: base.cpuScv.value,
    });
    return wait === undefined ? Infinity : 1_000 * responseQuantile(wait, base.service, p);
  };
  const measuredMs = 1_000 * responseQuantile({ probability: 0, rate: 1 }, workloadOf(report).service, p);
  return cells(
    load,
    rate,
    `p${100 * p}`,
    [predict(1), predict(base.machine.cores.value)],
    measuredMs,
    'ms',
    report,
  );
}

function capacityRow(base: Workload, report: RunReport): string[] {
  const predicted = base.machine.cores.value / base.cpuPerExecution.value;
  return cells(
    1,
    report.rates.done_per_s ?? 0,
    'capacity',
    [predicted, predicted],
    report.rates.done_per_s ?? 0,
    '/s',
    report,
  );
}

function cells(
  load: number,
  rate: number,
  name: string,
  [low, high]: readonly [number, number],
  measured: number,
  unit: string,
  report: RunReport,
): string[] {
  const error = 100 * (high / measured - 1);
  const shown = (value: number) => `${value.toFixed(1)} ${unit}`;
  return [
    `${Math.round(100 * load)} %`,
    rate.toFixed(0),
    name,
    shown(low),
    shown(high),
    shown(measured),
    `${error >= 0 ? '+' : ''}${error.toFixed(1)} %`,
    report.validity.valid ? 'valid' : 'invalid',
  ];
}

function bench(scenario: string, load: readonly string[]): RunReport {
  const entry = join(import.meta.dirname, '..', 'src', 'cli', 'entry.ts');
  const args = [
    entry,
    'bench',
    '--scenario',
    scenario,
    ...load,
    '--duration',
    `${SECONDS}s`,
    '--allow-noise',
    '--json',
    '--out',
    folder,
  ];
  const text = execFileSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return parseRunReport(JSON.parse(text));
}

function workloadOf(report: RunReport): Workload {
  const service = report.latency.find(({ metric, scope }) => metric === 'service' && scope === 'all');
  const bins = histogramBins(service?.hdr_v2 ?? '').map(({ count, fromUs, toUs }) => ({
    fromS: fromUs / 1e6,
    toS: toUs / 1e6,
    count,
  }));
  return workloadFromReport(report, bins, { name: report.scenario.name, percentiles: [], allowNoise: true });
}
