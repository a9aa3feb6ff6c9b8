// The checked values that the planner takes, from the options of `enclave plan`.
import { SERVERLESS_MEMORY } from '../planner/alternatives.ts';
import type { AvailabilityGoal } from '../planner/availability.ts';
import type { Curve } from '../planner/curve.ts';
import type { AutoscalerGoal } from '../planner/day-replay.ts';

import type { Sourced } from '../planner/provenance.ts';
import { QUEUE_KINDS, type QueueKind } from '../planner/queue-kind.ts';
import { parseSlos, type Slo } from '../planner/slo.ts';
import type { OptionReader } from './option-reader.ts';
import type { PlanFlags } from './plan-flags.ts';
import {
  type MixEntry,
  readAutoscaler,
  readAvailability,
  readCapacity,
  readGrowth,
  readLimit,
  readMix,
  readPeak,
  readUsd,
  readVolume,
  readWith,
  type StatedCapacity,
} from './plan-readers.ts';
import type { ReadGrowth } from './read-history.ts';

/** What files hold that options name; absent where none is named, or it is refused. */
export interface PlanFiles {
  readonly curve?: Curve | undefined;
  readonly history?: ReadGrowth | undefined;
}

export interface PlanOptions {
  readonly perDay: Sourced;
  readonly peakMultiplier: Sourced;
  readonly slos: readonly Slo[];
  readonly maxUtilisation: Sourced;
  /** Absent: as the executions ask for. */
  readonly queue?: QueueKind;
  readonly availability: AvailabilityGoal;
  readonly availabilityDefaults: readonly ('floor' | 'spares' | 'zones' | 'loseZones')[];
  /** Executions per second of one instance, and the type it was found on; absent: a report is read. */
  readonly capacity?: StatedCapacity;
  readonly curve?: Curve;
  readonly autoscaler?: AutoscalerGoal;
  /** Run reports of one scenario; empty: the newest. */
  readonly from: readonly string[];
  /** Run reports of several scenarios; empty: no mix. */
  readonly mix: readonly MixEntry[];
  readonly mixMachines: boolean;
  readonly allowNoise: boolean;
  readonly extrapolate: boolean;
  readonly types: readonly string[];
  readonly seed: number;
  readonly budgetUsdPerMonth?: number;
  readonly fixedUsdPerMonth?: number;
  readonly reservedDiscount?: number;
  /** Bytes. */
  readonly serverlessMemory: number;
  readonly growthPerYear?: number;
  readonly growthSource?: Omit<Sourced, 'value'>;
  readonly startDate?: string;
  readonly confidence?: number;
}

/**
 * Notes every problem of the options in `reader`, whose `finish` tells them all at once.
 * @returns undefined when a needed option was refused.
 */
export function readPlanOptions(
  flags: PlanFlags,
  reader: OptionReader,
  files: PlanFiles = {},
): PlanOptions | undefined {
  const perDay = readVolume(flags, reader);
  const { curve } = files;
  const peakMultiplier = readPeak(flags, reader, curve);
  const autoscaler = readAutoscaler(flags, reader);
  const slos = readWith(reader, '--slo', flags.slo, parseSlos) ?? [];
  const maxUtilisation = readLimit(flags, slos.length > 0, reader);
  const whole = (flag: string, text: string | undefined, min: number, max: number, usual: number): number =>
    reader.integer(flag, text, { min, max, words: `from ${min} to ${max}` }) ?? usual;
  const zones = whole('--zones', flags.zones, 1, 20, 3);
  const availability: AvailabilityGoal = {
    floor: whole('--floor', flags.floor, 1, 100_000, 2),
    spares: whole('--spares', flags.spares, 0, 100_000, 1),
    zones,
    loseZones: whole('--lose-zones', flags.loseZones, 0, 20, 0),
    ...readAvailability(flags, reader),
  };
  if (availability.loseZones >= zones)
    reader.problem('--lose-zones', `expected fewer than the ${zones} zones, got ${availability.loseZones}`);
  const queue = reader.choice('--queue', flags.queue, QUEUE_KINDS);
  const seed = whole('--seed', flags.seed, 0, 2 ** 32 - 1, 1);
  const budget = readUsd('--budget', flags.budget, reader);
  const fixed = readUsd('--fixed', flags.fixed, reader);
  const discount = reader.number('--reserved-discount', flags.reservedDiscount?.replace(/ ?%$/, ''), {
    min: 0,
    max: 95,
    words: 'from 0 to 95 percent',
  });
  const serverlessMemory = reader.size('--serverless-memory', flags.serverlessMemory, {
    min: 128 * 2 ** 20,
    max: 10_240 * 2 ** 20,
    words: 'from 128MiB to 10240MiB',
  });
  const growth = readGrowth(flags, reader) ?? files.history?.perYear;
  if (flags.growth !== undefined && flags.history !== undefined)
    reader.problem('--history', 'expected either --growth or --history, got both');
  const confidence = reader.number('--confidence', flags.confidence, {
    above: 0,
    max: 0.999,
    words: 'above 0 and up to 0.999, such as 0.95',
  });
  const capacity = readCapacity(flags, reader);
  const mix = readMix(flags, reader);
  noteContradictions(flags, budget, fixed, reader);
  if (perDay === undefined || peakMultiplier === undefined) return undefined;
  return {
    perDay,
    peakMultiplier,
    slos,
    maxUtilisation,
    ...(queue === undefined ? {} : { queue }),
    seed,
    availability,
    availabilityDefaults: (['floor', 'spares', 'zones', 'loseZones'] as const).filter(
      (name) => flags[name] === undefined,
    ),
    from: (flags.from ?? []).flatMap((text) => text.split(',')).filter((file) => file !== ''),
    mix,
    mixMachines: flags.mixMachines === true,
    allowNoise: flags.allowNoise === true,
    extrapolate: flags.extrapolate === true,
    types: typeNames(flags),
    ...(curve === undefined ? {} : { curve }),
    ...(autoscaler === undefined ? {} : { autoscaler }),
    ...(capacity === undefined ? {} : { capacity }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(flags.start === undefined ? {} : { startDate: flags.start }),
    ...(growth === undefined ? {} : { growthPerYear: growth }),
    ...(files.history === undefined
      ? {}
      : { growthSource: { provenance: 'measured', source: files.history.source } }),
    serverlessMemory: serverlessMemory ?? SERVERLESS_MEMORY,
    ...(fixed === undefined ? {} : { fixedUsdPerMonth: fixed }),
    ...(discount === undefined ? {} : { reservedDiscount: discount / 100 }),
    ...(budget === undefined ? {} : { budgetUsdPerMonth: budget }),
  };
}

/** Options that cannot both be meant. */
function noteContradictions(
  flags: PlanFlags,
  budget: number | undefined,
  fixed: number | undefined,
  reader: OptionReader,
): void {
  const outputs = [...(flags.json === true ? ['--json'] : []), ...(flags.md === true ? ['--md'] : [])];
  if (outputs.length > 1) reader.problem('--md', 'expected one form of output, got --json and --md');
  if (flags.md === true && flags.explain !== undefined)
    reader.problem('--explain', 'expected text or --json with it, got --md');
  if (flags.start !== undefined && flags.growth === undefined && flags.history === undefined)
    reader.problem('--start', 'expected --growth or --history beside it, got none');
  if (flags.start !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(flags.start))
    reader.problem('--start', `expected a date such as 2027-01-31, got ${JSON.stringify(flags.start)}`);
  if (budget !== undefined && fixed !== undefined && fixed > budget)
    reader.problem('--fixed', `expected fixed costs within the budget of ${budget}, got ${fixed}`);
  if (flags.mixMachines === true && flags.mix === undefined && (flags.from ?? []).length < 2)
    reader.problem('--mix-machines', 'expected --mix or several reports with --from beside it');
}

/** The names of --types, in their order. */
export function typeNames({ types = '' }: PlanFlags): readonly string[] {
  return types.split(',').flatMap((type) => (type.trim() === '' ? [] : [type.trim()]));
}
