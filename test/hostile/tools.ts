// The tools that hostile scripts call.
import type { ToolHandler } from '../../src/execution.ts';

/** Serves them; `hang` ends only with its execution. */
export const serveHostile: ToolHandler = (name, args, { signal }) => {
  switch (name) {
    case 'echo':
      return args;
    case 'length':
      return typeof args === 'string' ? args.length : 0;
    case 'swallow':
      return 'taken';
    case 'slow':
      return new Promise((resolve) => setImmediate(() => setImmediate(() => resolve('late'))));
    case 'refuse':
      throw Object.assign(new Error('not today'), { code: 'E_REFUSED' });
    case 'throw':
      throw args === 'null'
        ? null
        : args === 'text'
          ? 'a text'
          : Object.assign(new Error('odd'), { code: 7 });
    case 'hang':
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    default:
      throw Object.assign(new Error('no such tool'), { code: 'UNKNOWN_TOOL' });
  }
};
