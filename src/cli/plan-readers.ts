// Readers of single options of `enclave plan`: each notes what is wrong in the reader and answers what is right.
import { MAX_ALLOWED } from '../planner/allowed-load.ts';
import type { AvailabilityGoal } from '../planner/availability.ts';
import { type Curve, peakOf } from '../planner/curve.ts';
import type { AutoscalerGoal } from '../planner/day-replay.ts';
import { MAX_PER_DAY, MIN_PER_DAY } from '../planner/plan-refusals.ts';
import type { Sourced } from '../planner/provenance.ts';
import { HOURS_PER_MONTH, type Parsed, parseRate, parseVolume } from '../units.ts';
import type { OptionReader } from './option-reader.ts';
import type { PlanFlags } from './plan-flags.ts';

/** A capacity as stated, and the type it was found on. */
export interface StatedCapacity {
  readonly perSecond: Sourced;
  readonly on: string | undefined;
}

/** A report and its weight in a mix. */
export interface MixEntry {
  readonly file: string;
  readonly weight: number;
}

const DEFAULT_PEAK = 3;
/** With an objective the queue decides, and the limit only guards against an error of the measurement. */
const LIMIT_WITH_SLO = 0.85;
const LIMIT_WITHOUT_SLO = 0.7;
const DAYS_PER_MONTH = HOURS_PER_MONTH / 24;

export function readVolume({ perDay, perMonth }: PlanFlags, reader: OptionReader): Sourced | undefined {
  if ((perDay === undefined) === (perMonth === undefined)) {
    const found = perDay === undefined ? 'none' : 'both';
    reader.problem('--per-day', `expected one of --per-day and --per-month, got ${found}`);
    return undefined;
  }
  const [flag, text, period] =
    perDay === undefined ? ['--per-month', perMonth, 'month'] : ['--per-day', perDay, 'day'];
  const volume = readWith(reader, flag, text, (given) => parseVolume(given, period));
  if (volume === undefined) return undefined;
  if (volume < MIN_PER_DAY || volume > MAX_PER_DAY) {
    reader.problem(flag, `expected a volume from 0.001 to 1e15, got ${JSON.stringify(text)}`);
    return undefined;
  }
  return given(period === 'day' ? volume : volume / DAYS_PER_MONTH, `${flag} ${text}`);
}

/** From --peak, --peak-share or the curve; where several are given they must say the same. */
export function readPeak(
  { peak, peakShare }: PlanFlags,
  reader: OptionReader,
  curve: Curve | undefined,
): Sourced | undefined {
  const multiplier = reader.number('--peak', peak, { min: 1, max: 86_400, words: 'from 1 to 86,400' });
  const share = reader.number('--peak-share', peakShare, { min: 1 / 24, max: 1, words: 'from 1/24 to 1' });
  const said: Sourced[] = [
    ...(curve === undefined
      ? []
      : [given(peakOf(curve), `${curve.source}: its busiest of ${curve.values.length} hours`)]),
    ...(multiplier === undefined ? [] : [given(multiplier, '--peak')]),
    ...(share === undefined ? [] : [given(24 * share, `--peak-share ${peakShare}, of 24 hours`)]),
  ];
  const [first, ...others] = said;
  if (first === undefined)
    return { value: DEFAULT_PEAK, provenance: 'assumed', source: 'default; --peak sets it' };
  const contrary = others.find(({ value }) => Math.abs(value / first.value - 1) > 1e-9);
  if (contrary === undefined) return first;
  reader.problem(
    contrary.source === '--peak' ? '--peak' : '--peak-share',
    `expected a peak of ${Number(first.value.toPrecision(6))} as of ${first.source}, got ${Number(contrary.value.toPrecision(6))}; give one of them`,
  );
  return undefined;
}

/** `target=0.6,min=2,max=20,ready=90s,down=300s`, any of them. */
export function readAutoscaler(
  { autoscaler, curve }: PlanFlags,
  reader: OptionReader,
): AutoscalerGoal | undefined {
  if (autoscaler === undefined) return undefined;
  const flag = '--autoscaler';
  if (curve === undefined) reader.problem(flag, 'expected --curve beside it, got none');
  const fields = new Map<string, string>();
  for (const part of autoscaler.split(',')) {
    const [key = '', text = ''] = part.split('=').map((piece) => piece.trim());
    if (!['target', 'min', 'max', 'ready', 'down'].includes(key) || text === '' || fields.has(key))
      reader.problem(
        flag,
        `expected each of target, min, max, ready, down once at most, as in target=0.6, got ${JSON.stringify(part)}`,
      );
    fields.set(key, text);
  }
  const count = { min: 1, max: 1_000_000, words: 'from 1 to 1,000,000' };
  const time = { min: 0, max: 3_600_000, words: 'from 0s to 1h' };
  const min = reader.integer(`${flag} min`, fields.get('min'), count);
  const max = reader.integer(`${flag} max`, fields.get('max'), count);
  const target = reader.number(`${flag} target`, fields.get('target'), {
    above: 0,
    max: 1,
    words: 'above 0 and up to 1',
  });
  const ready = reader.duration(`${flag} ready`, fields.get('ready'), time);
  const down = reader.duration(`${flag} down`, fields.get('down'), time);
  if (min !== undefined && max !== undefined && min > max)
    reader.problem(flag, `expected min up to max, got min=${min} and max=${max}`);
  return {
    ...(min === undefined ? {} : { minReplicas: min }),
    ...(max === undefined ? {} : { maxReplicas: max }),
    ...(target === undefined ? {} : { targetUtilisation: target }),
    ...(ready === undefined ? {} : { readyDelayS: ready / 1_000 }),
    ...(down === undefined ? {} : { scaleDownWindowS: down / 1_000 }),
  };
}

export function readCapacity(flags: PlanFlags, reader: OptionReader): StatedCapacity | undefined {
  if (flags.capacity === undefined) {
    if (flags.on !== undefined) reader.problem('--on', 'expected --capacity beside it, got none');
    return undefined;
  }
  if (flags.from !== undefined)
    reader.problem('--capacity', 'expected either --capacity or --from, got both');
  const perSecond = readWith(reader, '--capacity', flags.capacity, parseRate);
  if (perSecond === undefined) return undefined;
  if (perSecond <= 0) {
    reader.problem('--capacity', `expected a rate above 0, got ${JSON.stringify(flags.capacity)}`);
    return undefined;
  }
  return { perSecond: given(perSecond, `--capacity ${flags.capacity}`), on: flags.on };
}

/** Given, or `slo`: whatever the objectives allow. */
export function readLimit({ maxUtilisation }: PlanFlags, hasSlo: boolean, reader: OptionReader): Sourced {
  const flag = '--max-utilisation';
  if (maxUtilisation === 'slo') {
    if (!hasSlo) reader.problem(flag, 'expected --slo beside it to derive the limit from, got none');
    return given(MAX_ALLOWED, `${flag} slo: the objectives decide, up to ${MAX_ALLOWED}`);
  }
  const value = reader.number(flag, maxUtilisation, {
    above: 0,
    max: 1,
    words: 'above 0 and up to 1, or slo to derive it from the objectives',
  });
  if (value !== undefined) return given(value, flag);
  const usual = hasSlo ? LIMIT_WITH_SLO : LIMIT_WITHOUT_SLO;
  return { value: usual, provenance: 'assumed', source: 'default; --max-utilisation sets it' };
}

/** Percentages of time. */
export function readAvailability(flags: PlanFlags, reader: OptionReader): Partial<AvailabilityGoal> {
  const share = (flag: string, text: string | undefined, max: number): number | undefined => {
    const percent = reader.number(flag, text?.replace(/ ?%$/, ''), {
      min: 50,
      max,
      words: `from 50 to ${max} percent, such as 99.9`,
    });
    return percent === undefined ? undefined : Number((percent / 100).toFixed(12));
  };
  const target = share('--availability', flags.availability, 99.999_999);
  const instance = share('--instance-availability', flags.instanceAvailability, 100);
  const zone = share('--zone-availability', flags.zoneAvailability, 100);
  if (flags.availability === undefined)
    for (const [flag, text] of [
      ['--instance-availability', flags.instanceAvailability],
      ['--zone-availability', flags.zoneAvailability],
    ] as const)
      if (text !== undefined) reader.problem(flag, 'expected --availability beside it, got none');
  return {
    ...(target === undefined ? {} : { target }),
    ...(instance === undefined ? {} : { instance }),
    ...(zone === undefined ? {} : { zone }),
  };
}

/** `a.json:70,b.json:30`: weights in any unit. */
export function readMix({ capacity, from, mix }: PlanFlags, reader: OptionReader): readonly MixEntry[] {
  if (mix === undefined) return [];
  if (from !== undefined || capacity !== undefined)
    reader.problem(
      '--mix',
      `expected either --mix or ${from === undefined ? '--capacity' : '--from'}, got both`,
    );
  const parts = mix.split(',').filter((part) => part.trim() !== '');
  if (parts.length < 2)
    reader.problem(
      '--mix',
      `expected at least two reports, such as a.json:70,b.json:30, got ${JSON.stringify(mix)}`,
    );
  return parts.map((part) => {
    const split = part.lastIndexOf(':');
    const file = part.slice(0, Math.max(0, split)).trim();
    const weight = Number(part.slice(split + 1));
    if (file === '' || !(weight > 0 && weight <= 1e9))
      reader.problem(
        '--mix',
        `expected a report and a weight above 0, such as a.json:70, got ${JSON.stringify(part)}`,
      );
    return { file, weight };
  });
}

/** `40%/year`, `40%` or `0.4`. */
export function readGrowth({ growth }: PlanFlags, reader: OptionReader): number | undefined {
  const text = growth?.replace(/\/year$/, '');
  const isPercent = text?.endsWith('%') === true;
  const value = reader.number('--growth', isPercent ? text?.slice(0, -1) : text, {
    above: isPercent ? -100 : -1,
    // 5 without a sign would be 500 %, which nobody means.
    max: isPercent ? 10_000 : 1,
    words: 'above -100 % and up to 10,000 % per year, such as 40%/year, or a share up to 1',
  });
  return value === undefined ? undefined : isPercent ? value / 100 : value;
}

/** `500`, `500/month` or `$500/month`. */
export function readUsd(flag: string, amount: string | undefined, reader: OptionReader): number | undefined {
  const text = amount?.replace(/^\$/, '').replace(/\/month$/, '');
  return reader.number(flag, text, { min: 0, words: 'of at least 0, in USD per month' });
}

export function readWith<T>(
  reader: OptionReader,
  flag: string,
  text: string | undefined,
  parse: (text: string) => Parsed<T>,
): T | undefined {
  if (text === undefined) return undefined;
  const parsed = parse(text);
  if (parsed.ok) return parsed.value;
  reader.problem(flag, parsed.message);
  return undefined;
}

function given(value: number, source: string): Sourced {
  return { value, provenance: 'given', source };
}
