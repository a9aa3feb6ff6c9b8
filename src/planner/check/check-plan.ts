// Checks a plan that somebody else wrote: every rule whose facts are stated is worked out, and contradictions are shown with
// their arithmetic. The form of such a plan is in docs/planner-check.md.
import { invalidInput, type Problem } from '../../errors.ts';
import { PROFILE_FACTS } from '../profiles/profile-tables.ts';
import { type Fact, type PublishedPlan, readerOf } from './facts.ts';
import type { Rule } from './rule.ts';
import { AZCORE_RULES } from './rules-azcore.ts';
import { ENCLAVE_RULES } from './rules-enclave.ts';
import { ENZYME_RULES } from './rules-enzyme.ts';
import { EYEFLOW_RULES } from './rules-eyeflow.ts';
import { STRATAROUTER_RULES } from './rules-stratarouter.ts';

export interface Finding {
  readonly id: string;
  readonly severity: 'info' | 'warning' | 'error';
  /** The arithmetic, with both sides. */
  readonly evidence: string;
  readonly fix: string;
}

/** All rules, in the order of their ids. */
export const RULES: readonly Rule[] = [
  ...ENCLAVE_RULES,
  ...EYEFLOW_RULES,
  ...AZCORE_RULES,
  ...STRATAROUTER_RULES,
  ...ENZYME_RULES,
];

/** Every contradiction among the facts of a plan. A rule that misses a fact says nothing. */
export function checkPlan(plan: PublishedPlan): Finding[] {
  return RULES.flatMap(({ fix, id, needs, severity, test }) => {
    if (needs.some((name) => plan.facts[name] === undefined)) return [];
    const evidence = test(readerOf(plan));
    return evidence === undefined ? [] : [{ id, severity, evidence, fix }];
  });
}

/** The rules that a plan states enough facts for. */
export function rulesThatApply(plan: PublishedPlan): readonly string[] {
  return RULES.filter(({ needs }) => needs.every((name) => plan.facts[name] !== undefined)).map(
    ({ id }) => id,
  );
}

/**
 * Reads a plan from parsed JSON.
 * @throws EnclaveError INVALID_INPUT with every problem: a fact of the wrong kind, or one that no rule and no table knows.
 */
export function parsePublishedPlan(data: unknown, subject = 'published plan'): PublishedPlan {
  const problems: Problem[] = [];
  const root = isRecord(data) ? data : {};
  const text = (key: string): string => {
    const value = root[key];
    if (typeof value === 'string' && value !== '') return value;
    problems.push({ path: key, message: `expected a text, got ${JSON.stringify(value) ?? 'nothing'}` });
    return '';
  };
  const [name, source] = [text('name'), text('source')];
  const facts: Record<string, Fact> = {};
  if (!isRecord(root['facts']))
    problems.push({
      path: 'facts',
      message: `expected an object, got ${JSON.stringify(root['facts']) ?? 'nothing'}`,
    });
  for (const [key, value] of Object.entries(isRecord(root['facts']) ? root['facts'] : {})) {
    if (isFact(value)) facts[key] = value;
    else
      problems.push({
        path: `facts.${key}`,
        message: `expected a number, numbers or a text, got ${JSON.stringify(value)}`,
      });
    if (!KNOWN.has(key))
      problems.push({
        path: `facts.${key}`,
        message: 'expected the name of a fact that a rule or a table knows',
      });
  }
  if (problems.length > 0) throw invalidInput(subject, problems, 'docs/planner-check.md lists the facts');
  return { name, source, facts };
}

const KNOWN: ReadonlySet<string> = new Set([...RULES.flatMap(({ needs }) => needs), ...PROFILE_FACTS]);

/** Names of all facts that rules and tables know, sorted. */
export const KNOWN_FACTS: readonly string[] = [...KNOWN].sort();

function isFact(value: unknown): value is Fact {
  if (Array.isArray(value)) return value.length > 0 && value.every((item) => Number.isFinite(item));
  return typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
