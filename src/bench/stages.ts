// Load that is given on the command line beyond one rate: stages, and the intended starts of an earlier run or a trace.
import { readFile } from 'node:fs/promises';
import { EnclaveError } from '../errors.ts';
import { readRunReport } from '../report/report-files.ts';
import type { PhaseSpec } from '../scenario/scenario-types.ts';
import { type Parsed, parseCount, parseDuration } from '../units.ts';
import type { LoadPhase } from './arrivals.ts';
import type { LoadPlan } from './sample.ts';

const STAGE = /^(?<duration>[^@]+)@(?<from>[\d.,_kMB]+?)(?:\.\.(?<to>[\d.,_kMB]+))?(?:\/s)?$/u;

/** `30s@100/s`: constant; `60s@100..500/s`: linear from the one rate to the other. */
export function parseStage(text: string, name: string): Parsed<PhaseSpec> {
  const parts = STAGE.exec(text.trim())?.groups;
  const duration = parseDuration(parts?.['duration'] ?? '');
  const from = parseCount(parts?.['from'] ?? '');
  const to = parseCount(parts?.['to'] ?? parts?.['from'] ?? '');
  const isGood = duration.ok && from.ok && to.ok && duration.value >= 1 && Math.max(from.value, to.value) > 0;
  if (!isGood) {
    const message = `expected a stage such as 30s@100/s or 60s@100..500/s, got ${JSON.stringify(text)}`;
    return { ok: false, message };
  }
  const rate: PhaseSpec['rate'] = from.value === to.value ? from.value : [from.value, to.value];
  return { ok: true, value: { name, rate, durationMs: duration.value, measure: true } };
}

/**
 * The plan with the intended starts of an earlier run: a run report, whose seed, rates and phases give them again exactly, or a
 * text file with one offset in ms per line, ascending.
 *
 * @throws EnclaveError UNSUITABLE_REPORT for a closed run, which has no intended starts
 */
export async function replayPlan(plan: LoadPlan, path: string): Promise<LoadPlan> {
  return path.endsWith('.json') ? replayReport(plan, path) : replayTrace(plan, path);
}

async function replayReport(plan: LoadPlan, path: string): Promise<LoadPlan> {
  const { complete, counts, scenario } = await readRunReport(path);
  const { arrivals, phases, seed } = scenario;
  if (arrivals === null || phases === undefined) {
    throw new EnclaveError(
      'UNSUITABLE_REPORT',
      `--replay: expected a run of the open model, got a closed one in ${path}`,
      {
        hint: 'the starts of a closed run depend on the answers of its target',
      },
    );
  }
  const isCounted = phases.some(({ duration_s }) => duration_s === null);
  if (isCounted && !complete) {
    throw new EnclaveError(
      'UNSUITABLE_REPORT',
      `--replay: expected a complete run, got an interrupted one in ${path}`,
    );
  }
  const again: LoadPlan = {
    ...plan,
    model: 'open',
    arrivals,
    seed,
    compress: scenario.compress_ratio ?? 1,
    shorten: scenario.shorten_ratio ?? 1,
    phases: phases.map((phase) => ({
      name: phase.name,
      fromPerSecond: phase.from_per_s,
      toPerSecond: phase.to_per_s,
      durationMs: phase.duration_s === null ? Infinity : phase.duration_s * 1_000,
      measured: phase.measured,
    })),
  };
  return isCounted ? { ...again, count: counts.asked_n } : again;
}

async function replayTrace(plan: LoadPlan, path: string): Promise<LoadPlan> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new EnclaveError(
      'FILE_NOT_READABLE',
      `--replay: expected a readable file, got ${JSON.stringify(path)}`,
      { cause },
    );
  });
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const offsetsMs = lines.map(Number);
  const bad = offsetsMs.findIndex((offset, index) => !(offset >= (offsetsMs[index - 1] ?? 0)));
  if (bad >= 0 || offsetsMs.length === 0) {
    const found = bad < 0 ? 'an empty file' : `${JSON.stringify(lines[bad])} in line ${bad + 1}`;
    throw new EnclaveError(
      'INVALID_INPUT',
      `--replay: expected offsets in ms, ascending, one a line, got ${found}`,
    );
  }
  const durationMs = Math.max(1, offsetsMs.at(-1) ?? 0);
  const perSecond = (offsetsMs.length / durationMs) * 1_000;
  const phase: LoadPhase = {
    name: 'trace',
    fromPerSecond: perSecond,
    toPerSecond: perSecond,
    durationMs,
    measured: true,
  };
  return { ...plan, model: 'open', phases: [phase], replayMs: offsetsMs };
}
