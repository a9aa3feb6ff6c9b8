// Finds and loads the configuration file: YAML (JSON is YAML), or a TypeScript module.
import { access, readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EnclaveError } from '../errors.ts';

export const CONFIG_NAMES = ['enclave.config.yaml', 'enclave.config.ts'] as const;

export interface ConfigFile {
  /** As it is named in messages. */
  readonly name: string;
  readonly content: unknown;
}

/**
 * @param path the file; without one, that of a usual name in the folder, if there is any.
 * @throws EnclaveError FILE_NOT_READABLE, INVALID_INPUT
 */
export async function loadConfigFile(path: string | undefined, cwd: string): Promise<ConfigFile | undefined> {
  const found = path ?? (await usualFile(cwd));
  if (found === undefined) return undefined;
  const file = resolve(cwd, found);
  const content = /\.[cm]?[jt]s$/u.test(file) ? await importConfig(file, found) : await readYaml(file, found);
  return { name: basename(found), content };
}

async function usualFile(cwd: string): Promise<string | undefined> {
  const there: string[] = [];
  for (const name of CONFIG_NAMES) {
    const isThere = await access(resolve(cwd, name)).then(
      () => true,
      () => false,
    );
    if (isThere) there.push(name);
  }
  if (there.length <= 1) return there[0];
  throw new EnclaveError('INVALID_INPUT', `expected one configuration file, got ${there.join(' and ')}`, {
    hint: 'remove one of them, or name one with --config',
  });
}

async function readYaml(file: string, shown: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw notReadable(shown, cause);
  });
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined)
    throw new EnclaveError('INVALID_INPUT', `${shown}: ${error.message.split('\n')[0]}`, { cause: error });
  return document.toJS({ maxAliasCount: 100 });
}

/** The module's default export, or the one named `config`. */
async function importConfig(file: string, shown: string): Promise<unknown> {
  await access(file).catch((cause: unknown) => {
    throw notReadable(shown, cause);
  });
  try {
    const loaded: unknown = await import(pathToFileURL(file).href);
    if (typeof loaded === 'object' && loaded !== null) {
      if ('default' in loaded) return loaded.default;
      if ('config' in loaded) return loaded.config;
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EnclaveError('INVALID_INPUT', `${shown} cannot be loaded: ${reason}`, { cause });
  }
  throw new EnclaveError(
    'INVALID_INPUT',
    `${shown}: expected a default export or one named config, got neither`,
  );
}

function notReadable(shown: string, cause: unknown): EnclaveError {
  return new EnclaveError(
    'FILE_NOT_READABLE',
    `expected a configuration file that can be read, got ${JSON.stringify(shown)}`,
    { cause },
  );
}
