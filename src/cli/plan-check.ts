// enclave plan --check: reads a published plan, shipped or a file, and lists its contradictions.
import { checkPlan, rulesThatApply } from '../planner/check/check-plan.ts';
import { checkText } from '../report/check-text.ts';
import { type Io, styled } from './io.ts';
import { readPublishedPlan } from './published-plan.ts';

/** See EXIT_STATUSES in errors.ts. */
const CONTRADICTION = 5;

/** Prints the findings and sets status 5 when one of them is an error. */
export async function checkCommand(name: string, asJson: boolean, io: Io): Promise<void> {
  const plan = await readPublishedPlan('--check', name, io);
  const findings = checkPlan(plan);
  const rules = rulesThatApply(plan);
  if (asJson)
    io.stdout.write(
      `${JSON.stringify({ schema: 'enclave.plan-check/1', name: plan.name, source: plan.source, rules, findings }, null, 2)}\n`,
    );
  else
    io.stdout.write(
      checkText(plan, findings, rules.length, {
        columns: io.stdout.columns,
        bold: (text) => styled(io.stdout, 'bold', text),
      }),
    );
  if (findings.some(({ severity }) => severity === 'error')) io.exitWith(CONTRADICTION);
}
