// Manifests on disk: a folder that is there whole or not at all.
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EnclaveError } from '../errors.ts';
import type { ManifestFile } from './lint.ts';

/** A file that was written, as the JSON of the plan lists it. */
export interface WrittenManifest {
  readonly path: string;
  /** Hex, of the bytes. */
  readonly sha256: string;
  /** What has looked at this file now. promtool and nginx -t are run by the tests and by you, so never listed. */
  readonly validatedBy: readonly string[];
}

/**
 * Writes the files beside `folder` and renames the whole into place.
 *
 * @param folder - absolute; must not exist or be empty
 * @param shown - as the user wrote it, for messages
 * @throws EnclaveError FILE_NOT_WRITABLE; nothing is left behind
 */
export async function writeManifests(
  files: readonly ManifestFile[],
  folder: string,
  shown: string = folder,
): Promise<readonly WrittenManifest[]> {
  const draft = join(dirname(folder), `.${basename(folder)}-${randomUUID()}`);
  try {
    if (await isOccupied(folder))
      throw notWritable(shown, undefined, 'it holds files already: name a new folder, or remove them');
    // Its parent must exist: a mistyped path is an error, not a tree of folders.
    await access(dirname(folder));
    await mkdir(draft);
    for (const { path, text } of files) {
      await mkdir(join(draft, dirname(path)), { recursive: true });
      await writeFile(join(draft, path), text, { flag: 'wx' });
    }
    await rmdir(folder).catch(() => undefined);
    await rename(draft, folder);
  } catch (cause) {
    // Its own failure, as under a path that is no folder, would hide the cause.
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    throw cause instanceof EnclaveError
      ? cause
      : notWritable(shown, cause, 'its parent must exist and be writable');
  }
  return files.map(({ path, text }) => ({
    path,
    sha256: createHash('sha256').update(text).digest('hex'),
    validatedBy: validators(path),
  }));
}

async function isOccupied(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length > 0;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return false;
    throw cause;
  }
}

function notWritable(shown: string, cause: unknown, hint: string): EnclaveError {
  const detail = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new EnclaveError(
    'FILE_NOT_WRITABLE',
    `--emit: expected a new or empty folder that can be written, got ${JSON.stringify(shown)}${detail}`,
    { hint, cause },
  );
}

function validators(path: string): readonly string[] {
  if (path.startsWith('kubernetes/')) return ['strict-keys', 'semantic-lint'];
  if (path.endsWith('.yaml')) return ['yaml'];
  if (path.endsWith('.json')) return ['scenario-schema'];
  return path.endsWith('sysctl.conf') ? ['semantic-lint'] : [];
}
