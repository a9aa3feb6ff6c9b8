// From V8's texts to positions in the user's own file. The script is wrapped in one function that begins on the script's own
// first line, so that lines are right everywhere and only the columns of that line have to be moved.
import type { SourcePosition } from '../execution.ts';

const PREFIX = '(async () => {"use strict";';
const FRAME =
  /^ {4}at (?:(.{0,200}?) \()?(?:eval at .{0,200}?, )?([\w.\-/@+]{1,200}):(\d{1,9}):(\d{1,9})\)?$/u;
const COMPILE_POSITION = / \[([\w.\-/@+]{1,200}):(\d{1,9}):(\d{1,9})\]$/u;
const MAX_FRAMES = 10;

/** A user's file with what is needed to find places in it. */
export interface ScriptFile {
  /** The name users see; any text. */
  readonly filename: string;
  readonly source: string;
}

/** The name under which V8 knows the script: the user's, without what would break a frame or a magic comment. */
export function scriptUrl(filename: string): string {
  return filename.replaceAll(/[^\w.\-/@+]/gu, '_').slice(0, 200) || 'script.js';
}

/** The script as the body of an async function; `nonce` keeps V8's eval cache from holding on to dead contexts. */
export function wrapSource(file: ScriptFile, nonce: string): string {
  return `${PREFIX}${file.source}\n})\n//${nonce}\n//# sourceURL=${scriptUrl(file.filename)}`;
}

export interface ScriptStack {
  /** Frames of the script only, one a line, with the user's file name; absent when there is none. */
  readonly stack?: string;
  readonly position?: SourcePosition;
}

/** Keeps the frames that lie in the script. */
export function scriptStack(stack: string, file: ScriptFile): ScriptStack {
  const url = scriptUrl(file.filename);
  const lineCount = countLines(file.source);
  const frames: string[] = [];
  let position: SourcePosition | undefined;
  for (const text of stack.split('\n')) {
    const [, name, where, line, column] = FRAME.exec(text) ?? [];
    const at = where === url ? inSource(Number(line), Number(column), lineCount) : undefined;
    if (at === undefined || frames.length === MAX_FRAMES) continue;
    position ??= at;
    const place = `${file.filename}:${at.line}:${at.column}`;
    frames.push(
      name === undefined || name === 'eval' || name === 'async'
        ? `    at ${place}`
        : `    at ${name} (${place})`,
    );
  }
  return position === undefined ? {} : { stack: frames.join('\n'), position };
}

/** Takes the position that isolated-vm appends to a compile error off the message. */
export function compilePosition(
  message: string,
  file: ScriptFile,
): { readonly message: string; readonly position?: SourcePosition } {
  const match = COMPILE_POSITION.exec(message);
  if (match === null) return { message };
  const rest = message.slice(0, match.index);
  const position = inSource(Number(match[2]), Number(match[3]), countLines(file.source));
  // An unclosed bracket is only found behind the end of the file, in the wrapper's last lines.
  return position === undefined
    ? { message: `${rest} (at the end of the file)` }
    : { message: rest, position };
}

function countLines(source: string): number {
  let lines = 1;
  for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) lines++;
  return lines;
}

function inSource(line: number, column: number, lineCount: number): SourcePosition | undefined {
  if (line < 1 || line > lineCount) return undefined;
  return { line, column: line === 1 ? Math.max(1, column - PREFIX.length) : column };
}
