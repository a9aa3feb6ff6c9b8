// What enclave plan prints and writes: text, JSON, Markdown, one HTML page, or the derivation of one number.
import { resolve } from 'node:path';
import { explain } from '../planner/explain.ts';
import type { Plan } from '../planner/plan-types.ts';
import { explainText } from '../report/explain-text.ts';
import { planMarkdown } from '../report/plan-markdown.ts';
import { planPage } from '../report/plan-page.ts';
import { planText } from '../report/plan-text.ts';
import { writeFileAtomically } from '../report/report-files.ts';
import { type Io, styled } from './io.ts';
import type { OptionReader } from './option-reader.ts';

/** The flags that say where a plan goes; `true` is a flag without a file. */
export interface PlanOutputFlags {
  readonly explain?: string;
  readonly html?: string;
  readonly json?: boolean;
  readonly md?: string | true;
}

/** Only one result can go to stdout. */
export function checkOutputs(
  { explain: field, html, json, md }: PlanOutputFlags,
  reader: OptionReader,
): void {
  const onStdout = [
    ...(json === true ? ['--json'] : []),
    ...(md === true || md === '-' ? ['--md'] : []),
    ...(html === '-' ? ['--html -'] : []),
    // The derivation of one number as JSON is one result.
    ...(field !== undefined && json !== true ? ['--explain'] : []),
  ];
  if (onStdout.length > 1)
    reader.problem(onStdout.join(', '), 'expected one result for stdout; give --md and --html a file');
}

/**
 * Files first, so that a path that cannot be written is told before anything is shown.
 * @throws EnclaveError FILE_NOT_WRITABLE; INVALID_INPUT for a number that the plan does not have
 */
export async function writePlan(plan: Plan, flags: PlanOutputFlags, io: Io): Promise<void> {
  const { explain: field, html, json, md } = flags;
  const files: readonly (readonly [path: string, text: () => string])[] = [
    ...(typeof md === 'string' && md !== '-' ? [[md, () => planMarkdown(plan)] as const] : []),
    ...(html !== undefined && html !== '-' ? [[html, () => planPage(plan)] as const] : []),
  ];
  for (const [path, text] of files) await writeFileAtomically(resolve(io.cwd, path), text());
  io.stdout.write(shown());
  for (const [path] of files) io.stderr.write(`wrote ${path}\n`);

  function shown(): string {
    if (field !== undefined) return explained(plan, field, json === true, io);
    if (json === true) return `${JSON.stringify(plan, null, 2)}\n`;
    if (md === true || md === '-') return planMarkdown(plan);
    if (html === '-') return planPage(plan);
    return planText(plan, { columns: io.stdout.columns, bold: (words) => styled(io.stdout, 'bold', words) });
  }
}

function explained(plan: Plan, field: string, asJson: boolean, io: Io): string {
  const explanation = explain(plan, field);
  return asJson ? `${JSON.stringify(explanation, null, 2)}\n` : explainText(explanation, io.stdout.columns);
}
