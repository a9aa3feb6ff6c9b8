// Takes the types out of a TypeScript script, each replaced by blanks, so that every position stays.
import { stripTypeScriptTypes } from 'node:module';
import type { SourcePosition } from '../execution.ts';

export type Stripped =
  | { readonly kind: 'js'; readonly source: string }
  | { readonly kind: 'error'; readonly message: string; readonly position?: SourcePosition }
  /** The stripper is unusable for the rest of this thread's life. */
  | { readonly kind: 'broken' };

const PREFIX = '(async () => {"use strict";';
const SUFFIX = '\n})';
// Node puts line, source line and a marker before the stack; the message alone carries no position.
const POSITION = /^:(\d{1,9})\n[\s\S]*?\n( *)\^+\n/u;

/** The source is wrapped for the stripper, which refuses a top-level `return`. */
export function stripTypes(source: string): Stripped {
  try {
    const js = stripTypeScriptTypes(`${PREFIX}${source}${SUFFIX}`);
    return { kind: 'js', source: js.slice(PREFIX.length, js.length - SUFFIX.length) };
  } catch (thrown) {
    const { code, message, stack } = thrown as NodeJS.ErrnoException;
    if (code === 'ERR_INTERNAL_ASSERTION' || code === undefined) return { kind: 'broken' };
    const match = POSITION.exec(stack ?? '');
    if (match === null) return { kind: 'error', message };
    const line = Number(match[1]);
    const column = (match[2]?.length ?? 0) + 1 - (line === 1 ? PREFIX.length : 0);
    return line >= 1 ? { kind: 'error', message, position: { line, column } } : { kind: 'error', message };
  }
}
