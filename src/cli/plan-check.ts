// enclave plan --check: reads a published plan, shipped or a file, and lists its contradictions.
import { resolve } from 'node:path';
import { EnclaveError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import {
  checkPlan,
  type PublishedPlan,
  parsePublishedPlan,
  rulesThatApply,
} from '../planner/check/check-plan.ts';
import { checkText } from '../report/check-text.ts';
import { type Io, styled } from './io.ts';
import { readJson } from './read-json.ts';

const PROFILES = ['enclave', 'eyeflow', 'azcore', 'stratarouter', 'enzyme'] as const;
const FOLDER = new URL('../../catalogue/profiles/', import.meta.url);
/** See EXIT_STATUSES in errors.ts. */
const CONTRADICTION = 5;

/** Prints the findings and sets status 5 when one of them is an error. */
export async function checkCommand(name: string, asJson: boolean, io: Io): Promise<void> {
  const plan = await readPlan(name, io);
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

async function readPlan(name: string, io: Io): Promise<PublishedPlan> {
  const shipped = PROFILES.find((profile) => profile === name);
  if (shipped !== undefined)
    return parsePublishedPlan(await readJson(new URL(`${shipped}.json`, FOLDER), `profile ${shipped}`));
  if (!/[./\\]/.test(name)) {
    const close = nearest(name, PROFILES);
    throw new EnclaveError(
      'INVALID_INPUT',
      `--check: expected one of ${PROFILES.join(', ')} or a .json file, got ${JSON.stringify(name)}`,
      close === undefined ? {} : { hint: `did you mean ${close}?` },
    );
  }
  const subject = `--check ${name}`;
  return parsePublishedPlan(await readJson(resolve(io.cwd, name), subject), subject);
}
