// When growth breaks a limit of the plan, in sentences.
import type { Plan } from '../planner/plan-types.ts';
import { formatCount } from '../units.ts';

/** At what rate the volume grows, and who says so. */
export function growthLine({ inputs }: Plan): string {
  const growth = inputs['growthPerYear'];
  if (growth === undefined) return '';
  return growth.provenance === 'measured'
    ? `Fitted to ${growth.source}.`
    : `${formatCount(100 * growth.value, 1)} % a year (${growth.provenance}).`;
}

/** One sentence for each limit, the soonest first. */
export function ceilingLines({ ceilings }: Plan): readonly string[] {
  return ceilings.map(({ date, growBy, name, perDay, years }) =>
    growBy < 1
      ? `${name}: broken already, it holds up to ${formatCount(Math.round(perDay))} a day.`
      : `${name}: reached after ${formatCount(years, 1)} years${date === null ? '' : `, on ${date}`}, at ${formatCount(Math.round(perDay))} a day (x ${formatCount(growBy)}).`,
  );
}
