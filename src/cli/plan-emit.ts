// enclave plan --emit: writes the manifests of a plan into a folder.
import { resolve } from 'node:path';
import { planManifests } from '../deploy/manifests.ts';
import { type WrittenManifest, writeManifests } from '../deploy/write-manifests.ts';
import { EnclaveError } from '../errors.ts';
import type { Catalogue } from '../planner/catalogue.ts';
import type { Plan } from '../planner/plan-types.ts';
import type { Io } from './io.ts';

/**
 * The plan with the list of what was written; unchanged when it is over budget, for then nothing is written.
 *
 * @throws EnclaveError FILE_NOT_WRITABLE, or INVALID_INPUT when the manifests would contradict one another
 */
export async function emitManifests(
  plan: Plan,
  catalogue: Catalogue,
  folder: string,
  io: Io,
): Promise<Plan & { readonly manifests?: readonly WrittenManifest[] }> {
  if (plan.verdict.status === 'over budget') {
    io.stderr.write(`note: nothing written to ${folder}: the plan is over budget\n`);
    return plan;
  }
  const type = catalogue.types.find((candidate) => candidate.type === plan.verdict.type);
  if (type === undefined)
    throw new EnclaveError('INTERNAL', 'the plan chose a type that the catalogue lacks');
  const manifests = await writeManifests(planManifests(plan, type), resolve(io.cwd, folder), folder);
  io.stderr.write(
    `wrote ${manifests.length} files to ${folder}; replace REPLACE_ME, *.invalid and 198.18.* before use. Not run: promtool, nginx -t\n`,
  );
  return { ...plan, manifests };
}
