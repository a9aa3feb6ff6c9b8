// How an execution failed, in the words of its outcome: which limit, or what the script threw and where.
import type { FailureReport, ScriptLimits } from './messages.ts';
import { compilePosition, type ScriptFile, scriptStack } from './positions.ts';

const MAX_NAME = 100;

/** The script and its limits: all that a report depends on. */
export interface Failing {
  readonly file: ScriptFile;
  readonly limits: ScriptLimits;
}

export function limitFailure(code: string, message: string): FailureReport {
  return { code, name: 'EnclaveLimit', message };
}

/** What the prelude says of the end: `kind` is a code, `payload` what belongs to it. */
export function endFailure(kind: string, payload: string, { file, limits }: Failing): FailureReport {
  const { maxResultBytes, maxToolCalls, maxToolArgBytes } = limits;
  switch (kind) {
    case 'RESULT_TOO_LARGE':
      return limitFailure(kind, `the result has ${payload} bytes of JSON, ${maxResultBytes} are allowed`);
    case 'TOOL_CALL_LIMIT':
      return limitFailure(kind, `the script made more than ${maxToolCalls} tool calls`);
    case 'TOOL_ARGS_TOO_LARGE':
      return limitFailure(
        kind,
        `the arguments of a tool call have more than ${maxToolArgBytes} bytes of JSON`,
      );
    case 'SYNTAX_ERROR':
    case 'RESULT_NOT_SERIALIZABLE':
      return thrownFailure(kind, payload, { file, limits });
    default:
      return thrownFailure('SCRIPT_ERROR', payload, { file, limits });
  }
}

/** A rejection that nothing handled, as isolated-vm tells it. */
export function rejectionFailure(
  { name, message, stack }: { readonly name: string; readonly message: string; readonly stack: string },
  failing: Failing,
): FailureReport {
  const kept = message.slice(0, failing.limits.maxErrorBytes);
  return located(
    { code: 'UNHANDLED_REJECTION', name: name.slice(0, MAX_NAME), message: kept },
    stack,
    failing,
  );
}

/** What compiling the script threw, with the place. */
export function syntaxFailure(thrown: unknown, { file, limits }: Failing): FailureReport {
  const { message, position } = compilePosition(thrown instanceof Error ? thrown.message : '', file);
  const kept = message.slice(0, limits.maxErrorBytes);
  return { code: 'SYNTAX_ERROR', name: 'SyntaxError', message: kept, ...position };
}

// The payload is that of `describe` in the prelude: name, message, stack, and tool and code of a failed call.
function thrownFailure(code: string, payload: string, failing: Failing): FailureReport {
  const [name = 'Error', message = '', stack = '', tool = '', toolCode = ''] = JSON.parse(
    payload,
  ) as string[];
  const base =
    tool === '' && toolCode === ''
      ? { code, name, message }
      : { code: 'TOOL_ERROR', name: 'ToolError', message, tool, toolCode };
  return located(base, stack, failing);
}

function located(failure: FailureReport, stack: string, { file, limits }: Failing): FailureReport {
  const found = scriptStack(stack.slice(0, 2 * limits.maxErrorBytes), file);
  if (found.position === undefined || found.stack === undefined) return failure;
  const room = Math.max(0, limits.maxErrorBytes - failure.message.length);
  return { ...failure, ...found.position, stack: found.stack.slice(0, room) };
}
