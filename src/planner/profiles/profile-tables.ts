// The tables of a published guide next to what the formulas give. Every figure comes from the facts of the profile.
import { type PublishedPlan, readerOf } from '../check/facts.ts';
import { AZCORE_TABLES } from './azcore-tables.ts';
import { ENCLAVE_TABLES } from './enclave-tables.ts';
import { ENZYME_TABLES } from './enzyme-tables.ts';
import { EYEFLOW_TABLES } from './eyeflow-tables.ts';
import type { ProfileRecipe, ProfileTable } from './profile-table.ts';
import { STRATAROUTER_TABLES } from './stratarouter-tables.ts';

const RECIPES: readonly ProfileRecipe[] = [
  ...ENCLAVE_TABLES,
  ...EYEFLOW_TABLES,
  ...AZCORE_TABLES,
  ...STRATAROUTER_TABLES,
  ...ENZYME_TABLES,
];

/** Names of the facts that tables are made from. */
export const PROFILE_FACTS: readonly string[] = RECIPES.flatMap(({ needs }) => needs);

/** Every table that the facts of the plan suffice for, in a fixed order. */
export function profileTables(plan: PublishedPlan): ProfileTable[] {
  const isStated = (name: string): boolean => plan.facts[name] !== undefined;
  return RECIPES.filter(({ needs }) => needs.every(isStated)).map(({ build }) => build(readerOf(plan)));
}
