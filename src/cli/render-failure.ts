// How a failed execution looks to a person: what, where, the line itself, what to do.
import type { OutcomeCode } from '../errors.ts';
import { codeInfo } from '../errors.ts';
import type { ExecutionError } from '../execution.ts';
import { type Output, printable, printableLine, styled } from './io.ts';
import type { Script } from './read-script.ts';

const CONTEXT_LINES = 2;
const MARGIN = 8;

/** Code, message, position, excerpt with a caret, hint. Everything that the script chose is made safe to print. */
export function renderFailure(error: ExecutionError, script: Script, output: Output): string {
  const parts = [`${styled(output, 'red', `error ${error.code}`)} ${printable(messageOf(error))}`];
  if (error.line !== undefined && error.column !== undefined) {
    parts.push(`  at ${printable(script.name)}:${error.line}:${error.column}`);
    parts.push('', excerpt(script.source, error.line, error.column, output), '');
  }
  const hint = HINTS[error.code];
  if (hint !== undefined) parts.push(`hint: ${hint}`);
  return `${parts.join('\n')}\n`;
}

function messageOf(error: ExecutionError): string {
  if (
    error.code === 'SCRIPT_ERROR' ||
    error.code === 'UNHANDLED_REJECTION' ||
    error.code === 'SYNTAX_ERROR'
  ) {
    return error.name === '' ? error.message : `${error.name}: ${error.message}`;
  }
  if (error.code === 'TOOL_ERROR' && error.tool !== undefined) {
    return `${error.tool}${error.toolCode === undefined ? '' : ` [${error.toolCode}]`}: ${error.message}`;
  }
  return error.message === '' ? codeInfo(error.code).summary : error.message;
}

/** The line with its neighbours, a caret under the column; a long line is cut to a window around the column. */
function excerpt(source: string, line: number, column: number, output: Output): string {
  const lines = source.split(/\r\n|[\n\r\u2028\u2029]/u);
  const first = Math.max(1, line - CONTEXT_LINES);
  const last = Math.min(lines.length, line + CONTEXT_LINES);
  const gutter = String(last).length;
  const width = Math.max(20, output.columns - gutter - MARGIN);
  const start = Math.max(0, column - 1 - Math.floor((width * 3) / 4));
  const shown = (text: string) => printableLine(text.slice(start, start + width));
  const rows: string[] = [];
  for (let number = first; number <= last; number++) {
    const marked = number === line;
    rows.push(
      `${marked ? '>' : ' '} ${String(number).padStart(gutter)} | ${shown(lines[number - 1] ?? '')}`.trimEnd(),
    );
    if (marked)
      rows.push(
        `  ${' '.repeat(gutter)} | ${' '.repeat(Math.max(0, column - 1 - start))}${styled(output, 'red', '^')}`,
      );
  }
  return rows.join('\n');
}

/** What a person can do about each code. */
const HINTS: Readonly<Partial<Record<OutcomeCode, string>>> = {
  SYNTAX_ERROR:
    'a script is the body of an async function: await and return are allowed at the top, import and export are not',
  UNHANDLED_REJECTION: 'await the promise, or catch its rejection',
  RESULT_NOT_SERIALIZABLE: 'return plain data: no cycles, no BigInt',
  CPU_TIMEOUT: 'look for a loop that does not end, or raise --cpu-time',
  WALL_TIMEOUT: 'a tool or a promise did not settle in time; raise --timeout if the wait is real',
  MEMORY_LIMIT: 'keep less in memory at one time, or raise --memory',
  TOOL_CALL_LIMIT: 'ask for more with one call, or raise --max-tool-calls',
  TOOL_ARGS_TOO_LARGE: 'send less to the tool: a reference instead of the data',
  SOURCE_TOO_LARGE: 'pass data by --args instead of in the script',
  RESULT_TOO_LARGE: 'return less, hand the data to a tool, or raise --max-result',
  TOOL_ERROR: 'catch it in the script: the error has name, code, tool and message',
  SANDBOX_CRASHED:
    'the script exhausted memory in one step that cannot be interrupted; build large data in smaller steps',
  UNRESPONSIVE_KILLED:
    'the script was inside one native operation that never ends; check the sizes it works on',
};
