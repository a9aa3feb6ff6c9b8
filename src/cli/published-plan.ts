// Finds a published plan by the name of a profile that is shipped, or in a file.
import { resolve } from 'node:path';
import { EnclaveError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { parsePublishedPlan } from '../planner/check/check-plan.ts';
import type { PublishedPlan } from '../planner/check/facts.ts';
import type { Io } from './io.ts';
import { readJson } from './read-json.ts';

const PROFILES = ['enclave', 'eyeflow', 'azcore', 'stratarouter', 'enzyme'] as const;
const FOLDER = new URL('../../catalogue/profiles/', import.meta.url);

/**
 * @param flag the option that named it, for messages.
 * @throws EnclaveError INVALID_INPUT for an unknown name or bad content, FILE_NOT_READABLE.
 */
export async function readPublishedPlan(flag: string, name: string, io: Io): Promise<PublishedPlan> {
  const shipped = PROFILES.find((profile) => profile === name);
  if (shipped !== undefined)
    return parsePublishedPlan(await readJson(new URL(`${shipped}.json`, FOLDER), `profile ${shipped}`));
  if (!/[./\\]/.test(name)) {
    const close = nearest(name, PROFILES);
    throw new EnclaveError(
      'INVALID_INPUT',
      `${flag}: expected one of ${PROFILES.join(', ')} or a .json file, got ${JSON.stringify(name)}`,
      close === undefined ? {} : { hint: `did you mean ${close}?` },
    );
  }
  const subject = `${flag} ${name}`;
  return parsePublishedPlan(await readJson(resolve(io.cwd, name), subject), subject);
}
