// Loads a user's tools file (.ts or .js): trusted code of the embedding process.
import { access, constants } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { resolve as resolvePath } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EnclaveError } from '../errors.ts';
import type { Tool } from './define-tool.ts';

/**
 * The tools that a file exports: each exported tool, and those in exported arrays, in order of export name.
 * `import … from 'enclave'` and `'zod'` work in the file even where neither is installed beside it.
 * @throws EnclaveError FILE_NOT_READABLE when there is no such file; INVALID_INPUT when it cannot be loaded or has no tools.
 */
export async function loadToolsFile(path: string, cwd: string): Promise<Tool[]> {
  const file = resolvePath(cwd, path);
  await access(file, constants.R_OK).catch((cause: unknown) => {
    throw new EnclaveError(
      'FILE_NOT_READABLE',
      `expected a tools file that can be read, got ${JSON.stringify(path)}`,
      { cause },
    );
  });
  const tools = Object.values(await importOwn(file, path)).flatMap(toolsOf);
  if (tools.length > 0) return [...new Set(tools)];
  throw new EnclaveError(
    'INVALID_INPUT',
    `tools file ${JSON.stringify(path)}: expected at least one exported tool, got none`,
    {
      hint: 'export what defineTool() returns, by name or in an array',
    },
  );
}

function toolsOf(exported: unknown): Tool[] {
  const candidates: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
  return candidates.filter(looksLikeTool);
}

/** Enough to tell a tool from another export; the registry checks every field and says what is wrong with it. */
function looksLikeTool(value: unknown): value is Tool {
  return (
    typeof value === 'object' && value !== null && 'name' in value && ('handler' in value || 'args' in value)
  );
}

async function importOwn(file: string, shown: string): Promise<Record<string, unknown>> {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'enclave') return { url: OWN_ENTRY, shortCircuit: true };
      try {
        return next(specifier, context);
      } catch (error) {
        if (specifier === 'zod') return next(specifier, { ...context, parentURL: import.meta.url });
        throw error;
      }
    },
  });
  try {
    const loaded: unknown = await import(pathToFileURL(file).href);
    return typeof loaded === 'object' && loaded !== null ? Object.fromEntries(Object.entries(loaded)) : {};
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EnclaveError(
      'INVALID_INPUT',
      `tools file ${JSON.stringify(shown)} cannot be loaded: ${reason}`,
      { cause },
    );
  } finally {
    hooks.deregister();
  }
}

/** Our own entry, source or built, so that a tools file always meets the version that loads it. */
const OWN_ENTRY = new URL(import.meta.url.endsWith('.ts') ? '../index.ts' : '../index.js', import.meta.url)
  .href;
