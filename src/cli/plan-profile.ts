// enclave plan --profile: the tables of a published guide next to what the formulas give.
import { EnclaveError } from '../errors.ts';
import { profileTables } from '../planner/profiles/profile-tables.ts';
import { profileText } from '../report/profile-text.ts';
import { type Io, styled } from './io.ts';
import { readPublishedPlan } from './published-plan.ts';

/** @throws EnclaveError INVALID_INPUT for an unknown name, or a file whose facts suffice for no table. */
export async function profileCommand(name: string, asJson: boolean, io: Io): Promise<void> {
  const plan = await readPublishedPlan('--profile', name, io);
  const tables = profileTables(plan);
  if (tables.length === 0)
    throw new EnclaveError('INVALID_INPUT', `--profile ${name}: expected the facts of at least one table`, {
      hint: 'enclave plan --profile eyeflow --json shows tables, catalogue/profiles/ holds their facts',
    });
  const { name: title, source } = plan;
  if (asJson)
    io.stdout.write(
      `${JSON.stringify({ schema: 'enclave.plan-profile/1', name: title, source, tables }, null, 2)}\n`,
    );
  else
    io.stdout.write(
      profileText(plan, tables, {
        columns: io.stdout.columns,
        bold: (text) => styled(io.stdout, 'bold', text),
      }),
    );
}
