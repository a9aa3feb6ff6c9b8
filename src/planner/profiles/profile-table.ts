// What a profile prints: the tables of a published guide, each published column next to the columns that the formulas give.
import type { Facts } from '../check/rule.ts';

/** A figure, a word of the guide, or null where the guide gives none. */
export type Cell = number | string | null;

export interface ProfileColumn {
  readonly name: string;
  /** `input`: what the row is about; `published`: the guide's own figure; `computed`: what the formula gives. */
  readonly origin: 'input' | 'published' | 'computed';
}

export interface ProfileTable {
  readonly title: string;
  /** The formulas of the computed columns, in symbols. */
  readonly formula: string;
  readonly columns: readonly ProfileColumn[];
  /** One cell per column. */
  readonly rows: readonly (readonly Cell[])[];
}

/** A table and the facts it is made from. */
export interface ProfileRecipe {
  readonly needs: readonly string[];
  readonly build: (facts: Facts) => ProfileTable;
}

/** Columns from names: `input: a, published: b`. */
export function columns(
  ...list: readonly (readonly [ProfileColumn['origin'], string])[]
): readonly ProfileColumn[] {
  return list.map(([origin, name]) => ({ name, origin }));
}

/** The words of a list written as one text: `t3.medium, t3.large`. */
export function words(facts: Facts, name: string): readonly string[] {
  return facts.text(name).split(', ');
}
