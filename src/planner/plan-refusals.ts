// What no plan is made of: input out of range, objectives that no fleet meets, machines that nothing was measured on.
import { EnclaveError, invalidInput, type Problem } from '../errors.ts';
import { formatDuration } from '../units.ts';
import { peakOf } from './curve.ts';
import type { PlanInput, TypePlan } from './plan-types.ts';
import { serviceQuantile } from './service-time.ts';
import { sloName } from './slo.ts';

/** Executions per day that a plan is made for. */
export const MIN_PER_DAY = 1e-3;
export const MAX_PER_DAY = 1e15;

/** @throws EnclaveError INVALID_INPUT with everything that is wrong */
export function checkInput(input: PlanInput): void {
  const problems: Problem[] = [];
  const check = (path: string, isRight: boolean, expected: string, value: unknown): void => {
    if (!isRight) problems.push({ path, message: `expected ${expected}, got ${String(value)}` });
  };
  const { perDay, peakMultiplier, maxUtilisation, budgetUsdPerMonth: budget } = input;
  check(
    'perDay',
    perDay.value >= MIN_PER_DAY && perDay.value <= MAX_PER_DAY,
    'a volume from 0.001 to 1e15',
    perDay.value,
  );
  check(
    'peakMultiplier',
    peakMultiplier.value >= 1 && peakMultiplier.value <= 86_400,
    'a multiplier from 1 to 86,400',
    peakMultiplier.value,
  );
  check(
    'maxUtilisation',
    maxUtilisation.value > 0 && maxUtilisation.value <= 1,
    'a share above 0 up to 1',
    maxUtilisation.value,
  );
  const { curve, growthPerYear } = input;
  check(
    'curve',
    curve === undefined || Math.abs(peakOf(curve) / peakMultiplier.value - 1) < 1e-6,
    `a curve with the peak multiplier ${peakMultiplier.value}`,
    curve === undefined ? undefined : peakOf(curve),
  );
  check(
    'growthPerYear',
    growthPerYear === undefined || (growthPerYear > -1 && growthPerYear <= 100),
    'a rate above -1 up to 100',
    growthPerYear,
  );
  const { confidence } = input;
  check(
    'confidence',
    confidence === undefined || (confidence > 0 && confidence < 1),
    'a share above 0 and below 1',
    confidence,
  );
  const { startDate } = input;
  check('startDate', startDate === undefined || isDate(startDate), 'a date such as 2027-01-31', startDate);
  const { fixedUsdPerMonth: fixed, reservedDiscount, serverless } = input;
  check('fixedUsdPerMonth', fixed === undefined || fixed >= 0, 'an amount of at least 0', fixed);
  check(
    'reservedDiscount',
    reservedDiscount === undefined || (reservedDiscount >= 0 && reservedDiscount < 1),
    'a share from 0 to below 1',
    reservedDiscount,
  );
  check(
    'serverless.memoryBytes',
    serverless === undefined || serverless.memoryBytes > 0,
    'a size above 0',
    serverless?.memoryBytes,
  );
  check('budgetUsdPerMonth', budget === undefined || budget >= 0, 'an amount of at least 0', budget);
  for (const name of input.types)
    check(
      'types',
      input.catalogue.types.some(({ type }) => type === name),
      'types of the catalogue',
      name,
    );
  if (problems.length > 0) throw invalidInput('plan', problems);
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text;
}

/** Objectives below what an execution takes without any wait are out of reach, whatever is bought; all are named. */
export function refuseImpossible({ slos, workload }: PlanInput): void {
  const impossible = slos.flatMap((slo) => {
    if (slo.metric !== 'response') return [];
    const aloneMs = serviceQuantile(workload.service, slo.p) * 1_000;
    return aloneMs <= slo.limitMs ? [] : [{ slo, alone: formatDuration(aloneMs) }];
  });
  if (impossible.length === 0) return;
  const texts = impossible.map(({ slo }) => slo.text).join(' and ');
  const reasons = impossible.map(({ alone, slo }) => `${sloName(slo)} is ${alone}`).join(' and ');
  throw new EnclaveError(
    'INFEASIBLE',
    `no number of machines meets ${texts}: ${reasons} even when no execution waits (${workload.serviceSource.provenance}: ${workload.serviceSource.source})`,
    {
      hint: `make the script or its tools faster, or ask for ${impossible.map(({ alone, slo }) => `${sloName(slo)} above ${alone}`).join(' and ')}`,
    },
  );
}

/** A fleet of machines much larger than the one measured is a guess: made only when asked for. */
export function refuseExtrapolation(
  { extrapolate = false, scaling, workload }: PlanInput,
  chosen: TypePlan,
): void {
  if (extrapolate) return;
  const cores = workload.machine.cores.value;
  const problems: Problem[] = [];
  if (chosen.vcpu > 2 * cores)
    problems.push({
      path: 'types',
      message: `expected at most ${2 * cores} vCPUs, twice the ${cores} of ${workload.machine.name} that the demand is known for, got ${chosen.type} with ${chosen.vcpu}`,
    });
  if (scaling !== undefined && chosen.instances > 2 * scaling.measuredTo)
    problems.push({
      path: 'scaling',
      message: `expected at most ${2 * scaling.measuredTo} instances, twice the ${scaling.measuredTo} of ${scaling.source}, got ${chosen.instances}`,
    });
  if (problems.length > 0)
    throw invalidInput(
      'plan',
      problems,
      'measure further, choose another type, or plan with --extrapolate all the same',
    );
}
