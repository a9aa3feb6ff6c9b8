// What a rule of the checker is, and the words that its evidence is written with.

export interface Facts {
  /** A number, or the first of a list. */
  readonly number: (name: string) => number;
  readonly numbers: (name: string) => readonly number[];
  readonly text: (name: string) => string;
}

export interface Rule {
  readonly id: string;
  readonly severity: 'info' | 'warning' | 'error';
  /** Facts without which the rule says nothing. */
  readonly needs: readonly string[];
  /** The evidence when the facts contradict each other; undefined when they agree. */
  readonly test: (facts: Facts) => string | undefined;
  readonly fix: string;
}

/** `evidence` when the claim that there is a contradiction holds. */
export function when(isContradiction: boolean, evidence: string): string | undefined {
  return isContradiction ? evidence : undefined;
}

/** A number with at most `significant` digits (default 4) and thousands separated. */
export function show(value: number, significant = 4): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: significant });
}

/** Whether two numbers are more than `tolerance` (a share) apart. */
export function differ(a: number, b: number, tolerance: number): boolean {
  return Math.abs(a - b) > tolerance * Math.max(Math.abs(a), Math.abs(b));
}

export const DAY_S = 86_400;
