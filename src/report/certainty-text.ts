// How sure a plan is, in sentences: the probability, the fleets that other draws would ask for, what to measure next.
import { formatUsd, usd } from '../planner/money.ts';
import type { Certainty } from '../planner/plan-types.ts';
import { formatCount } from '../units.ts';
import { wrap } from './wrap.ts';

type Share = Certainty['meets'];

/** Several lines without a newline at the end. */
export function certaintyText(certainty: Certainty, columns: number): string {
  return certaintyLines(certainty)
    .map((line) => wrap(line, columns, '  '))
    .join('\n');
}

/** One sentence a line. */
export function certaintyLines(certainty: Certainty): readonly string[] {
  const {
    asked,
    draws,
    inputs,
    instances,
    instancesForAsked,
    measureNext,
    meets,
    meetsDegraded,
    usdPerMonth,
  } = certainty;
  const dollars = (amount: number | null) => (amount === null ? 'none' : formatUsd(usd(amount), 0));
  const count = (amount: number | null) => (amount === null ? 'none' : formatCount(amount));
  return [
    `All objectives hold at the peak with probability ${share(meets)}, with the spares lost ${share(meetsDegraded)} (95 % intervals of ${draws} draws).`,
    `Instances to buy: 80 % ${range(instances.within80, count)}, 95 % ${range(instances.within95, count)}; per month: 80 % ${range(usdPerMonth.within80, dollars)}, 95 % ${range(usdPerMonth.within95, dollars)}.`,
    ...inputs.map(
      ({ name, needed95, reason, spread95 }) =>
        `${name} ± ${(100 * spread95).toFixed(1)} % (${reason}): by itself, ${range(needed95, count)} needed.`,
    ),
    ...(measureNext === null ? [] : [`To know more, measure first: ${measureNext}.`]),
    ...(asked === null
      ? []
      : [
          meets.value >= asked
            ? `That is at least the ${percent(asked)} asked for.`
            : `LESS SURE than the ${percent(asked)} asked for: ${instancesForAsked === null ? 'no number of instances reaches it' : `${formatCount(instancesForAsked)} instances would reach it`}.`,
        ]),
  ];
}

function share({ high, low, value }: Share): string {
  return `${percent(value)} (${percent(low)} to ${percent(high)})`;
}

function percent(value: number): string {
  return `${Number((100 * value).toFixed(1))} %`;
}

function range(
  [low, high]: readonly [number | null, number | null],
  format: (amount: number | null) => string,
): string {
  return low === high ? format(low) : `${format(low)} to ${format(high)}`;
}
