// The workload that a plan is made from: run reports, a mix of them, or a stated capacity.
import { readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { EnclaveError, invalidInput } from '../errors.ts';
import type { Catalogue } from '../planner/catalogue.ts';
import { mixWorkloads } from '../planner/mixed-workload.ts';
import { type MeasuredRun, type PoolUse, workloadFromRuns } from '../planner/pooled-workload.ts';
import { type Workload, workloadFromCapacity } from '../planner/workload.ts';
import { histogramBins } from '../report/histogram-bins.ts';
import { newestReport, readRunReport } from '../report/report-files.ts';
import type { Io } from './io.ts';
import type { PlanOptions } from './plan-options.ts';

export const REPORTS = 'reports';
/** Where a stated capacity was found, when the user does not say. */
export const DEFAULT_CAPACITY_TYPE = 'c6i.large';

/** Reads what `options` name; without a name, the newest report in `reports/`. */
export async function readWorkload(options: PlanOptions, catalogue: Catalogue, io: Io): Promise<Workload> {
  if (options.capacity !== undefined) {
    const name = options.capacity.on ?? DEFAULT_CAPACITY_TYPE;
    const type = catalogue.types.find((candidate) => candidate.type === name) ?? catalogue.types[0];
    if (type === undefined) throw new EnclaveError('INTERNAL', 'the catalogue is empty');
    return workloadFromCapacity(options.capacity.perSecond, type);
  }
  const { allowNoise, mixMachines, slos } = options;
  const percentiles = slos.flatMap(({ metric, p }) => (metric === 'response' ? [p] : []));
  const use: PoolUse = { allowNoise, mixMachines, percentiles };
  if (options.mix.length > 0) {
    const parts = await Promise.all(
      options.mix.map(async ({ file, weight }) => ({
        workload: workloadFromRuns(await readRuns([file], io), use),
        weight,
      })),
    );
    return mixWorkloads(parts, { mixMachines });
  }
  const paths = options.from.length > 0 ? options.from : [await newest(io)];
  return workloadFromRuns(await readRuns(paths, io), use);
}

/** The runs of files, and of every file of folders: `enclave bench --calibrate` writes one. */
async function readRuns(paths: readonly string[], io: Io): Promise<MeasuredRun[]> {
  const files = await Promise.all(paths.map((path) => filesOf(resolve(io.cwd, path), path)));
  return Promise.all(files.flat().map((path) => readRun(path, io)));
}

async function filesOf(path: string, shown: string): Promise<string[]> {
  // What is no folder is read as a file, and told about as one.
  const names = await readdir(path).catch(() => undefined);
  if (names === undefined) return [path];
  const reports = names.filter((name) => name.endsWith('.json')).sort();
  if (reports.length > 0) return reports.map((name) => join(path, name));
  throw invalidInput('plan', [
    { path: '--from', message: `expected a folder with run reports, got none in ${shown}` },
  ]);
}

async function readRun(path: string, io: Io): Promise<MeasuredRun> {
  const report = await readRunReport(path);
  const name = relative(io.cwd, path);
  const service = report.latency.find(({ metric, scope }) => metric === 'service' && scope === 'all');
  if (service === undefined)
    throw new EnclaveError(
      'UNSUITABLE_REPORT',
      `${name} cannot carry a plan: it holds no service times of successes`,
    );
  const bins = histogramBins(service.hdr_v2, `${name}: hdr_v2`).map(({ fromUs, toUs, count }) => ({
    fromS: fromUs / 1e6,
    toS: toUs / 1e6,
    count,
  }));
  return { name, report, bins };
}

async function newest(io: Io): Promise<string> {
  const found = await newestReport(resolve(io.cwd, REPORTS));
  if (found !== undefined) return found;
  throw invalidInput(
    'plan',
    [{ path: '--from', message: `expected a run report, got no option and none in ${REPORTS}/` }],
    'run enclave bench --scenario tools first, or state a capacity: --capacity 200/s',
  );
}
