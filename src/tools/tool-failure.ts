// Why a tool call failed, as the script sees it: a stable code and a message.

/** Codes that the registry itself gives; a handler's own string `code` is kept as it is. */
export type RegistryFailureCode =
  | 'UNKNOWN_TOOL'
  | 'INVALID_ARGS'
  | 'INVALID_RESULT'
  | 'TIMEOUT'
  | 'CANCELLED'
  | 'TOOL_FAILED';

/** Thrown by a tool handler; `code` and `message` reach the script as those of its ToolError. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure';
  readonly code: string;

  constructor(code: RegistryFailureCode | (string & {}), message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
