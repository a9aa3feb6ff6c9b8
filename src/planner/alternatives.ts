// What the same volume would cost otherwise: serverless by invocation and GB-second, and reserved instances; and from which
// volume on which is cheaper.
import { invalidInput, type Problem } from '../errors.ts';
import { HOURS_PER_MONTH } from '../units.ts';
import type { DayPlan } from './day-replay.ts';
import { scale, times, toUsd, usd } from './money.ts';
import type { PlanInput, TypePlan } from './plan-types.ts';

/** Prices of a serverless offer. */
export interface ServerlessPrices {
  readonly name: string;
  readonly region: string;
  /** ISO date of the prices. */
  readonly asOf: string;
  readonly perMillionRequestsUsd: number;
  readonly perGbSecondUsd: Readonly<Record<'amd64' | 'arm64', number>>;
  readonly freeRequestsPerMonth: number;
  readonly freeGbSecondsPerMonth: number;
  /** Durations are rounded up to a multiple of it, ms. */
  readonly roundUpToMs: number;
}

export interface ServerlessCost {
  readonly name: string;
  readonly asOf: string;
  /** Memory of a function, bytes. */
  readonly memoryBytes: number;
  /** Mean time billed for one execution, ms: its waits for tools are billed too. */
  readonly billedMs: number;
  readonly usdPerMonth: number;
  /** Without the free part. */
  readonly usdPerMillion: number;
  /** Executions per day from which on the bought fleet is cheaper; null when it never is. */
  readonly fleetCheaperFromPerDay: number | null;
  /** Whether the bought fleet carries that volume at the same peak. */
  readonly isWithinFleet: boolean;
}

export interface ReservedCost {
  /** 0..1, of the price on demand. */
  readonly discount: number;
  /** Share of the hours that an instance must run for the reservation to pay: 1 - discount. */
  readonly paysAboveShare: number;
  /** Instances that do; the others are cheaper on demand. */
  readonly reserved: number;
  readonly onDemandHours: number;
  readonly usdPerMonth: number;
}

export interface Alternatives {
  readonly serverless: ServerlessCost | null;
  /** Null without a discount. */
  readonly reserved: ReservedCost | null;
}

/** Memory of a serverless function when nobody gave one, bytes. */
export const SERVERLESS_MEMORY: number = 512 * 2 ** 20;

/** @param day its autoscaled hours tell how long each instance runs; without it all run all the time. */
export function alternativesOf(
  input: PlanInput,
  chosen: TypePlan,
  mayGrowBy: number | null,
  day: DayPlan | null,
): Alternatives {
  const { reservedDiscount, serverless } = input;
  return {
    serverless: serverless === undefined ? null : serverlessCost(input, serverless, chosen, mayGrowBy),
    reserved: reservedDiscount === undefined ? null : reservedCost(input, chosen, reservedDiscount, day),
  };
}

function serverlessCost(
  input: PlanInput,
  { memoryBytes, prices }: NonNullable<PlanInput['serverless']>,
  chosen: TypePlan,
  mayGrowBy: number | null,
): ServerlessCost {
  const gib = memoryBytes / 2 ** 30;
  const { roundUpToMs: step } = prices;
  const billedMs = Math.ceil((input.workload.service.meanS * 1_000) / step - 1e-9) * step;
  const gbSeconds = (billedMs / 1_000) * gib;
  const perGbSecond = prices.perGbSecondUsd[chosen.arch === 'arm64' ? 'arm64' : 'amd64'];
  const costOf = (executions: number): number =>
    (Math.max(0, executions - prices.freeRequestsPerMonth) / 1e6) * prices.perMillionRequestsUsd +
    Math.max(0, executions * gbSeconds - prices.freeGbSecondsPerMonth) * perGbSecond;
  const days = HOURS_PER_MONTH / 24;
  const fleet = chosen.usdPerMonth - (input.fixedUsdPerMonth ?? 0);
  const breakEven = whereReaches(costOf, fleet);
  const perDay = breakEven === undefined ? null : breakEven / days;
  return {
    name: prices.name,
    asOf: prices.asOf,
    memoryBytes,
    billedMs,
    usdPerMonth: costOf(input.perDay.value * days),
    usdPerMillion: prices.perMillionRequestsUsd + 1e6 * gbSeconds * perGbSecond,
    fleetCheaperFromPerDay: perDay,
    isWithinFleet: perDay !== null && (mayGrowBy === null || perDay <= input.perDay.value * mayGrowBy),
  };
}

/** Where a rising cost reaches an amount: doubling, then halving, to a millionth. */
function whereReaches(costOf: (executions: number) => number, amount: number): number | undefined {
  const most = 1e18;
  let [low, high] = [0, 1e3];
  while (costOf(high) < amount) {
    [low, high] = [high, high * 2];
    if (high > most) return undefined;
  }
  while (high - low > 1e-9 * high) {
    const middle = (low + high) / 2;
    if (costOf(middle) < amount) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * The cheapest split: the n-th instance runs in the hours in which at least n are up; reserved, it costs (1 - d) of all hours.
 */
function reservedCost(
  { catalogue, fixedUsdPerMonth = 0 }: PlanInput,
  chosen: TypePlan,
  discount: number,
  day: DayPlan | null,
): ReservedCost {
  const price = catalogue.types.find(({ type }) => type === chosen.type)?.pricePerHourUsd ?? 0;
  const counts = day?.hours.map(({ autoscaled }) => autoscaled) ?? [chosen.instances];
  const most = Math.ceil(Math.max(...counts) - 1e-9);
  const shareOf = (nth: number) =>
    counts.reduce((sum, count) => sum + Math.min(1, Math.max(0, count - (nth - 1))), 0) / counts.length;
  const shares = Array.from({ length: most }, (_, index) => shareOf(index + 1));
  const reserved = shares.filter((share) => share > 1 - discount).length;
  const onDemand = shares.slice(reserved).reduce((sum, share) => sum + share, 0);
  // Whole reserved months plus the hours of the rest, in thousandths of an instance.
  const monthly = times(usd(price), HOURS_PER_MONTH);
  const equivalent = reserved * (1 - discount) + onDemand;
  return {
    discount,
    paysAboveShare: 1 - discount,
    reserved,
    onDemandHours: onDemand * HOURS_PER_MONTH,
    usdPerMonth: toUsd(scale(monthly, Math.round(equivalent * 1e6), 1e6)) + fixedUsdPerMonth,
  };
}

/**
 * Reads serverless prices from parsed JSON.
 * @throws EnclaveError INVALID_INPUT that lists every problem with its path.
 */
export function parseServerlessPrices(data: unknown, name = 'serverless prices'): ServerlessPrices {
  const root = isRecord(data) ? data : {};
  const rates = isRecord(root['perGbSecondUsd']) ? root['perGbSecondUsd'] : {};
  const problems: Problem[] = [];
  const number = (from: Readonly<Record<string, unknown>>, key: string, path = key): number => {
    const value = from[key];
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
    problems.push({ path, message: `expected a number of at least 0, got ${JSON.stringify(value)}` });
    return 0;
  };
  const text = (key: string): string => {
    const value = root[key];
    if (typeof value === 'string' && value !== '') return value;
    problems.push({ path: key, message: `expected a text, got ${JSON.stringify(value)}` });
    return '';
  };
  const prices: ServerlessPrices = {
    name: text('name'),
    region: text('region'),
    asOf: text('asOf'),
    perMillionRequestsUsd: number(root, 'perMillionRequestsUsd'),
    perGbSecondUsd: {
      amd64: number(rates, 'amd64', 'perGbSecondUsd.amd64'),
      arm64: number(rates, 'arm64', 'perGbSecondUsd.arm64'),
    },
    freeRequestsPerMonth: number(root, 'freeRequestsPerMonth'),
    freeGbSecondsPerMonth: number(root, 'freeGbSecondsPerMonth'),
    roundUpToMs: Math.max(1e-3, number(root, 'roundUpToMs')),
  };
  if (problems.length > 0) throw invalidInput(name, problems);
  return prices;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
