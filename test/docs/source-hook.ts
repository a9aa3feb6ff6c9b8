// Preloaded by documentation tests: `import … from 'enclave'` means the sources, so that no stale build is tested.
import { registerHooks } from 'node:module';

const ENTRIES: Readonly<Record<string, string>> = {
  enclave: new URL('../../src/index.ts', import.meta.url).href,
  'enclave/tools': new URL('../../src/tools/public.ts', import.meta.url).href,
};

registerHooks({
  resolve(specifier, context, next) {
    const url = ENTRIES[specifier];
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
  },
});
