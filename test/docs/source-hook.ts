// Preloaded by documentation tests: `import … from 'enclave'` means the sources, so that no stale build is tested.
import { registerHooks } from 'node:module';

const ENTRY = new URL('../../src/index.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'enclave' ? { url: ENTRY, shortCircuit: true } : next(specifier, context),
});
