// A plan that somebody published, as named facts, and how rules and tables read them.
import type { Facts } from './rule.ts';

/** A published plan: numbers, lists and words by name. The name of a fact carries its unit. */
export interface PublishedPlan {
  readonly name: string;
  /** Where the figures were published. */
  readonly source: string;
  readonly facts: Readonly<Record<string, Fact>>;
}

export type Fact = number | string | readonly number[];

/** Facts by name; what is missing or of another kind reads as NaN, an empty list or an empty text. */
export function readerOf({ facts }: PublishedPlan): Facts {
  const numbers = (name: string): readonly number[] => {
    const value = facts[name];
    if (typeof value === 'number') return [value];
    return typeof value === 'string' || value === undefined ? [] : value;
  };
  return {
    number: (name) => numbers(name)[0] ?? Number.NaN,
    numbers,
    text: (name) => String(facts[name] ?? ''),
  };
}
