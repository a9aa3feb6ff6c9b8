// What the checker found in a plan, as text for a terminal: the count first, then each contradiction with its arithmetic.
import type { Finding } from '../planner/check/check-plan.ts';
import type { PublishedPlan } from '../planner/check/facts.ts';
import type { TextStyle } from './plan-text.ts';
import { wrap } from './wrap.ts';

const WORDS = { error: 'error', warning: 'warning', info: 'note' } as const;

/** The whole answer, ending in a newline. @param applied number of rules that the plan states enough facts for. */
export function checkText(
  plan: PublishedPlan,
  findings: readonly Finding[],
  applied: number,
  style: TextStyle,
): string {
  const columns = Math.max(60, Math.min(110, style.columns));
  const count = (severity: Finding['severity']) =>
    findings.filter((finding) => finding.severity === severity).length;
  const head =
    findings.length === 0
      ? `CONSISTENT  ${plan.name}: no contradiction under ${applied} rules`
      : `${count('error') > 0 ? 'CONTRADICTIONS' : 'DOUBTS'}  ${plan.name}: ${count('error')} errors, ${count('warning')} warnings, ${count('info')} notes under ${applied} rules`;
  const entries = findings.map(
    ({ evidence, fix, id, severity }) =>
      `${style.bold(id)} ${wrap(`${WORDS[severity]}: ${evidence}. Remedy: ${fix}.`, columns - id.length - 1, '       ')}`,
  );
  return `${[style.bold(head), wrap(`From ${plan.source}.`, columns), '', ...entries].join('\n').trimEnd()}\n`;
}
