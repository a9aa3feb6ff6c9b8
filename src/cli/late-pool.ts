// A pool for one execution that is started before anything is known of it: its tools come later.
import type { Executor, ToolHandler } from '../execution.ts';
import { createPool } from '../pool/pool.ts';

export interface LatePool extends AsyncDisposable {
  readonly executor: Executor;
  /** Called once, before the first execution. */
  serveTools(handle: ToolHandler): void;
}

/** Limits come with the execution, so the pool itself allows the most there is. */
const MAX_HEAP_BYTES = 512 * 2 ** 20;

export function openLatePool(): LatePool {
  const tools = Promise.withResolvers<ToolHandler>();
  const executor = createPool({
    poolSize: 1,
    standby: false,
    maxWorkerMemory: MAX_HEAP_BYTES,
    toolHandler: async (name, args, context) => (await tools.promise)(name, args, context),
  });
  return {
    executor,
    serveTools: tools.resolve,
    [Symbol.asyncDispose]: () => executor[Symbol.asyncDispose](),
  };
}
