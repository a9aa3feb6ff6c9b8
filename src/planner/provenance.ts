// Where a number comes from. It travels with the number: a result is only as well founded as its weakest input.

/** From the strongest to the weakest: a run report, an option of the user, a published figure, a default. */
export const PROVENANCES = ['measured', 'given', 'published', 'assumed'] as const;
export type Provenance = (typeof PROVENANCES)[number];

/** A number with its unit and its origin. */
export interface Sourced {
  readonly value: number;
  readonly provenance: Provenance;
  /** In words: the report and its date, the flag, the guide, or why the default was chosen. */
  readonly source: string;
}

/** The weakest of several. */
export function weakest(...provenances: readonly Provenance[]): Provenance {
  const rank = Math.max(0, ...provenances.map((provenance) => PROVENANCES.indexOf(provenance)));
  return PROVENANCES[rank] ?? 'assumed';
}

/** One line of the derivation: what was computed, from what, and how well founded it is. */
export interface Step {
  readonly id: string;
  readonly title: string;
  /** The formula in symbols. */
  readonly formula: string;
  /** The formula with its numbers. */
  readonly inputs: string;
  readonly value: number;
  readonly unit: string;
  readonly provenance: Provenance;
}
