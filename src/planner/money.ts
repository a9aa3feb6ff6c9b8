// Money as whole numbers of 1e-10 USD in BigInt: sums are exact, and a price per GB-second still has its digits.
// Rounded half to even, once, when it is printed.

/** An amount in units of 1e-10 USD. */
export type Money = bigint;

const DIGITS = 10;
const UNIT = 10n ** BigInt(DIGITS);

/** A price from a catalogue or an option, such as 0.0725; digits past the tenth are rounded. */
export function usd(amount: number): Money {
  // toFixed is exact for the double nearest to a short decimal: 0.0725 becomes 725000000.
  return BigInt(amount.toFixed(DIGITS).replace('.', ''));
}

/** `amount` x a whole number. */
export function times(amount: Money, count: number): Money {
  return amount * BigInt(count);
}

/** `amount` x numerator / denominator, rounded half to even. */
export function scale(amount: Money, numerator: number, denominator: number): Money {
  // Both are brought to whole numbers by the same factor, which the quotient does not see.
  const factor = 1e6;
  return divideHalfEven(
    amount * BigInt(Math.round(numerator * factor)),
    BigInt(Math.round(denominator * factor)),
  );
}

/** As a JavaScript number, for JSON and ratios. */
export function toUsd(amount: Money): number {
  return Number(amount) / Number(UNIT);
}

/** `$1,234.50`; `decimals` from 0 to 10, default 2. */
export function formatUsd(amount: Money, decimals = 2): string {
  const sign = amount < 0n ? '-' : '';
  const step = 10n ** BigInt(DIGITS - decimals);
  const rounded = divideHalfEven(amount < 0n ? -amount : amount, step);
  const scaleUp = 10n ** BigInt(decimals);
  const whole = (rounded / scaleUp).toLocaleString('en-US');
  if (decimals === 0) return `${sign}$${whole}`;
  return `${sign}$${whole}.${String(rounded % scaleUp).padStart(decimals, '0')}`;
}

function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = 2n * (numerator - quotient * denominator);
  const isUp = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return isUp ? quotient + 1n : quotient;
}
