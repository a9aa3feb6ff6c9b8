// Root finding shared by the models: where a falling function reaches a level, and the first whole number that satisfies.

/**
 * The t >= 0 where `falling` reaches `level`; 0 when it starts at or below it.
 * @param start first guess above 0, from which the bracket is doubled.
 * @returns the answer to the last bits; Infinity when the level is not reached within the range of numbers.
 */
export function invertDecreasing(falling: (t: number) => number, level: number, start: number): number {
  if (falling(0) <= level) return 0;
  let low = 0;
  let high = start;
  while (falling(high) > level) {
    low = high;
    high *= 2;
    if (!Number.isFinite(high)) return Infinity;
  }
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    if (falling(middle) > level) low = middle;
    else high = middle;
  }
}

/**
 * The smallest whole number from `first` on for which a monotone claim holds: false up to some number, true from there.
 * Gallops from `first`, then halves. @returns undefined when it holds for no number up to `last`.
 */
export function smallestWhere(
  holds: (n: number) => boolean,
  first: number,
  last: number,
): number | undefined {
  if (first > last) return undefined;
  if (holds(first)) return first;
  let low = first;
  let step = 1;
  while (low + step < last && !holds(low + step)) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, last);
  if (high === last && !holds(high)) return undefined;
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
