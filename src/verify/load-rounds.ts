// Runs of one scenario at several loads, in turn: a drift of the machine then meets all of them alike.
import type { RunReport } from '../report/run-report.ts';
import type { VerifyLoad } from './verify-prediction.ts';

/** What the machine can do, roughly: the scale of all loads. */
export interface FullLoad {
  /** Executions in flight that keep it at work without a pause. */
  readonly inFlight: number;
  /** Executions per second with so many. */
  readonly perSecond: number;
}

/** A load as a share of what the machine can do: 0..1, or `full` for a closed run. */
export type ShareOfFull = number | 'full';

/**
 * The loads that a plan is best made from: idle, as busy as a fleet should be, full, and between them as many as keep every load
 * near one that was run. Where a machine pauses, a tail grows faster than any model says: only what was run nearby tells.
 */
export const CALIBRATION_LOADS: readonly { readonly name: string; readonly share: ShareOfFull }[] = [
  { name: 'full', share: 'full' },
  { name: 'light', share: 0.15 },
  { name: 'modest', share: 0.3 },
  { name: 'half', share: 0.45 },
  { name: 'busy', share: 0.6 },
  { name: 'heavy', share: 0.75 },
];

export interface Rounds {
  readonly loads: readonly ShareOfFull[];
  readonly rounds: number;
  /** Runs that may be made again because other programs disturbed them, in all rounds together. */
  readonly repeats: number;
  /** One run; its report is kept only if it is complete. @param index - place in `loads` */
  readonly run: (index: number, round: number) => Promise<RunReport>;
  readonly onSpoilt?: (index: number, reasons: readonly string[]) => void;
}

/**
 * Runs every load once a round, in order and back: full light half, half light full, ...
 *
 * A load that drifts in a line with time then has the same mean at each place of an even number of rounds. A run that other
 * programs, the hypervisor or a change of clock disturbed is made again, whatever it measured; the last try counts.
 *
 * @returns the reports of each load, in the order of the rounds; fewer after an interrupt
 */
export async function runRounds({ loads, onSpoilt, repeats, rounds, run }: Rounds): Promise<RunReport[][]> {
  const reports: RunReport[][] = loads.map(() => []);
  let left = repeats;
  for (let round = 0; round < rounds; round++) {
    const order = loads.map((_, index) => (round % 2 === 0 ? index : loads.length - 1 - index));
    for (const index of order) {
      let report = await run(index, round);
      for (; report.complete && left > 0 && disturbances(report).length > 0; left--) {
        onSpoilt?.(index, disturbances(report));
        report = await run(index, round);
      }
      if (!report.complete) return reports;
      reports[index]?.push(report);
    }
  }
  return reports;
}

/** Checks that speak of the machine and not of what was measured: choosing by them cannot flatter a result. */
const MACHINE_CHECKS = new Set(['other-cpu', 'stolen-cpu', 'throttled', 'clock-step', 'calibration']);

function disturbances({ validity }: RunReport): string[] {
  return validity.checks.flatMap(({ id, state }) =>
    state === 'failed' && MACHINE_CHECKS.has(id) ? [id] : [],
  );
}

/** A rate that no machine finds hard. */
const PROBE_PER_SECOND = 30;

/**
 * Finds the scale: a light run tells what an execution costs and takes, and by Little's law twice capacity x time in flight is
 * more than enough to fill the cores; a closed run with so many tells the rate.
 *
 * @returns undefined after an interrupt, and when the run tells no times or costs
 */
export async function findFullLoad(
  cores: number,
  run: (load: VerifyLoad) => Promise<RunReport>,
): Promise<FullLoad | undefined> {
  const probe = await run({ ratePerSecond: PROBE_PER_SECOND });
  const service = probe.latency.find(({ metric, scope }) => metric === 'service' && scope === 'all');
  const { embedding_cpu_mean_us: embeddingUs, host_cpu_mean_us: hostUs } = probe.cost;
  const timeUs = service?.mean_us ?? null;
  if (!probe.complete || timeUs === null || hostUs === null || hostUs <= 0) return undefined;
  // The light run overstates the cost, so the capacity is understated, and by less than half.
  const inFlight = Math.ceil((4 * cores * timeUs) / (hostUs + (embeddingUs ?? 0)));
  const bounded = Math.min(1_000, Math.max(8 * cores, inFlight));
  const full = await run({ concurrency: bounded });
  const perSecond = full.rates.done_per_s ?? 0;
  return full.complete && perSecond > 0 ? { inFlight: bounded, perSecond } : undefined;
}

/** The load that a share of the whole amounts to. */
export function loadOf(share: ShareOfFull, { inFlight, perSecond }: FullLoad): VerifyLoad {
  return share === 'full' ? { concurrency: inFlight } : { ratePerSecond: share * perSecond };
}
