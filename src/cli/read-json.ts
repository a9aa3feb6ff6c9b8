// Reads a JSON file that a user names or that is shipped with the package.
import { readFile } from 'node:fs/promises';
import { EnclaveError } from '../errors.ts';

/**
 * The parsed content, unchecked.
 * @param subject what to call the file in messages.
 * @throws EnclaveError FILE_NOT_READABLE, or INVALID_INPUT when it is no JSON.
 */
export async function readJson(file: URL | string, subject: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new EnclaveError('FILE_NOT_READABLE', `${subject}: expected a readable file (${code})`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EnclaveError('INVALID_INPUT', `${subject}: expected JSON (${reason})`, { cause });
  }
}
