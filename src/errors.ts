// Every code that enclave can report, in one table: help, documentation and exit statuses are printed from it.

/** What a code means to a shell, to an HTTP client and to a retry policy. */
export interface CodeInfo {
  /** Exit status of the CLI, see {@link EXIT_STATUSES}. */
  readonly exitCode: number;
  /** Status a broker answers with. Outcomes of scripts travel in a 200 body and keep this for synchronous calls. */
  readonly httpStatus: number;
  /** `true` when the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** One line, lower case, no full stop. */
  readonly summary: string;
}

/** How an execution of a script can fail. A closed union: a new code is an API change. */
export type OutcomeCode =
  | 'SYNTAX_ERROR'
  | 'SCRIPT_ERROR'
  | 'UNHANDLED_REJECTION'
  | 'RESULT_NOT_SERIALIZABLE'
  | 'TOOL_ERROR'
  | 'CPU_TIMEOUT'
  | 'WALL_TIMEOUT'
  | 'MEMORY_LIMIT'
  | 'TOOL_CALL_LIMIT'
  | 'TOOL_ARGS_TOO_LARGE'
  | 'SOURCE_TOO_LARGE'
  | 'RESULT_TOO_LARGE'
  | 'SANDBOX_CRASHED'
  | 'UNRESPONSIVE_KILLED'
  | 'QUARANTINED'
  | 'INTERRUPTED'
  | 'CANCELLED'
  | 'QUEUE_FULL'
  | 'QUEUE_TIMEOUT'
  | 'SHUTTING_DOWN'
  | 'SESSION_TIMEOUT'
  | 'RUNTIME_LOST';
/** What enclave itself throws for misuse and for its own faults. */
export type FaultCode =
  | 'INVALID_INPUT'
  | 'FILE_NOT_READABLE'
  | 'FILE_NOT_WRITABLE'
  | 'UNSUITABLE_REPORT'
  | 'INFEASIBLE'
  | 'SLO_NOT_MET'
  | 'HOST_START_FAILED'
  | 'TOOLS_UNAVAILABLE'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'NOT_ACCEPTABLE'
  | 'CONFLICT'
  | 'TOO_LARGE'
  | 'NOT_SUPPORTED'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'RATE_LIMITED'
  | 'OVERLOADED'
  | 'NO_RUNTIME'
  | 'STORE_UNAVAILABLE'
  | 'DRAINING'
  | 'BAD_FRAME'
  | 'CONNECTION_LOST'
  | 'TIMED_OUT'
  | 'INTERNAL';
export type ErrorCode = OutcomeCode | FaultCode;

const SCRIPT_FAILED = 1;
const BAD_INPUT = 2;
const LIMIT_TIME = 10;
const LIMIT_MEMORY = 11;
const LIMIT_SIZE = 12;
const HOST_LOST = 13;
const NOT_RUN = 14;

export const OUTCOME_CODES: Readonly<Record<OutcomeCode, CodeInfo>> = {
  SYNTAX_ERROR: outcome(BAD_INPUT, 422, false, 'the script could not be parsed'),
  SCRIPT_ERROR: outcome(SCRIPT_FAILED, 422, false, 'the script threw, or returned a rejected promise'),
  UNHANDLED_REJECTION: outcome(SCRIPT_FAILED, 422, false, 'a promise was rejected and nothing handled it'),
  RESULT_NOT_SERIALIZABLE: outcome(SCRIPT_FAILED, 422, false, 'the result cannot be written as JSON'),
  TOOL_ERROR: outcome(SCRIPT_FAILED, 422, false, 'a tool call failed and the script did not catch it'),
  CPU_TIMEOUT: outcome(LIMIT_TIME, 422, false, 'the script used more CPU time than it was given'),
  WALL_TIMEOUT: outcome(LIMIT_TIME, 422, false, 'the script was not finished at its deadline'),
  MEMORY_LIMIT: outcome(LIMIT_MEMORY, 422, false, 'the script needed more memory than it was given'),
  TOOL_CALL_LIMIT: outcome(LIMIT_SIZE, 422, false, 'the script made more tool calls than it was given'),
  TOOL_ARGS_TOO_LARGE: outcome(LIMIT_SIZE, 422, false, 'the arguments of a tool call were too large'),
  SOURCE_TOO_LARGE: outcome(LIMIT_SIZE, 413, false, 'the script is too large'),
  RESULT_TOO_LARGE: outcome(LIMIT_SIZE, 422, false, 'the result is too large'),
  SANDBOX_CRASHED: outcome(HOST_LOST, 422, false, 'the script crashed the host process it ran in'),
  UNRESPONSIVE_KILLED: outcome(
    HOST_LOST,
    422,
    false,
    'the script could not be interrupted; its host was killed',
  ),
  QUARANTINED: outcome(
    NOT_RUN,
    422,
    false,
    'the script has crashed its host before and is refused for a while',
  ),
  INTERRUPTED: outcome(
    NOT_RUN,
    503,
    true,
    'the host process or isolate was lost through no act of this script',
  ),
  CANCELLED: outcome(96, 499, false, 'the caller cancelled the execution'),
  QUEUE_FULL: outcome(NOT_RUN, 503, true, 'the queue is full'),
  QUEUE_TIMEOUT: outcome(NOT_RUN, 503, true, 'the execution waited too long for a free place'),
  SHUTTING_DOWN: outcome(NOT_RUN, 503, true, 'the pool is shutting down'),
  SESSION_TIMEOUT: outcome(NOT_RUN, 504, true, 'the session was not finished within its time-out'),
  RUNTIME_LOST: outcome(HOST_LOST, 502, false, 'the runtime that ran the script was lost'),
};

export const FAULT_CODES: Readonly<Record<FaultCode, CodeInfo>> = {
  INVALID_INPUT: outcome(BAD_INPUT, 400, false, 'an option, argument or file is not as expected'),
  FILE_NOT_READABLE: outcome(BAD_INPUT, 400, false, 'a file is missing or cannot be read'),
  FILE_NOT_WRITABLE: outcome(BAD_INPUT, 500, false, 'a file cannot be written'),
  UNSUITABLE_REPORT: outcome(
    BAD_INPUT,
    422,
    false,
    'a run report cannot carry the conclusion that was asked of it',
  ),
  INFEASIBLE: outcome(3, 422, false, 'no number of instances meets the goal, or the budget is exceeded'),
  SLO_NOT_MET: outcome(4, 422, false, 'the plan misses the SLO at the confidence that was asked for'),
  HOST_START_FAILED: outcome(70, 500, true, 'a host process could not be started'),
  UNAUTHORIZED: outcome(BAD_INPUT, 401, false, 'no key was given, or one that is not known'),
  FORBIDDEN: outcome(BAD_INPUT, 403, false, 'the key does not allow this'),
  NOT_FOUND: outcome(BAD_INPUT, 404, false, 'there is no such session or route'),
  NOT_ACCEPTABLE: outcome(BAD_INPUT, 406, false, 'none of the accepted media types can be given'),
  CONFLICT: outcome(BAD_INPUT, 409, false, 'the session is not in a state that allows this'),
  TOO_LARGE: outcome(BAD_INPUT, 413, false, 'the body or the script is too large'),
  NOT_SUPPORTED: outcome(BAD_INPUT, 422, false, 'this is not supported'),
  IDEMPOTENCY_KEY_REUSED: outcome(BAD_INPUT, 422, false, 'the idempotency key came with another body before'),
  RATE_LIMITED: outcome(NOT_RUN, 429, true, 'the tenant asks for more than it is given'),
  OVERLOADED: outcome(NOT_RUN, 503, true, 'there are too many sessions already'),
  NO_RUNTIME: outcome(NOT_RUN, 503, true, 'no runtime satisfies the labels asked for'),
  STORE_UNAVAILABLE: outcome(NOT_RUN, 503, true, 'the session store cannot be reached'),
  DRAINING: outcome(NOT_RUN, 503, true, 'the broker is shutting down'),
  BAD_FRAME: outcome(70, 400, false, 'a message of the wire protocol is not as expected'),
  CONNECTION_LOST: outcome(NOT_RUN, 503, true, 'the broker cannot be reached'),
  TIMED_OUT: outcome(NOT_RUN, 504, true, 'the caller stopped waiting; the session goes on'),
  TOOLS_UNAVAILABLE: outcome(NOT_RUN, 503, true, 'a server of tools could not be started or reached'),
  INTERNAL: outcome(70, 500, false, 'a fault of enclave'),
};

/** Exit statuses of the CLI, as `enclave help exit-codes` prints them. */
export const EXIT_STATUSES: readonly { readonly status: number; readonly meaning: string }[] = [
  { status: 0, meaning: 'ok' },
  { status: SCRIPT_FAILED, meaning: 'the script failed (its code says how)' },
  { status: BAD_INPUT, meaning: 'usage or bad input' },
  { status: 3, meaning: 'plan infeasible at any count, or over budget' },
  { status: 4, meaning: 'plan misses the SLO at the confidence asked for' },
  { status: 5, meaning: 'plan --check found an error-level contradiction' },
  { status: 6, meaning: 'plan verify: measured outside the predicted band' },
  { status: LIMIT_TIME, meaning: 'the script reached a time limit' },
  { status: LIMIT_MEMORY, meaning: 'the script reached its memory limit' },
  { status: LIMIT_SIZE, meaning: 'the script reached a size or count limit' },
  { status: HOST_LOST, meaning: 'the script crashed or blocked its host process' },
  { status: NOT_RUN, meaning: 'the script was not run to its end through no act of its own' },
  { status: 70, meaning: 'a fault of enclave' },
  { status: 96, meaning: 'interrupted; a partial report is written' },
  { status: 97, meaning: 'generator-limited: the load generator gave out before the target' },
  { status: 98, meaning: 'invalid measurement' },
  { status: 99, meaning: 'a threshold failed' },
];

function outcome(exitCode: number, httpStatus: number, retryable: boolean, summary: string): CodeInfo {
  return { exitCode, httpStatus, retryable, summary };
}

/** The table entry of any code. */
export function codeInfo(code: ErrorCode): CodeInfo {
  return { ...OUTCOME_CODES, ...FAULT_CODES }[code];
}

/** One thing that is wrong with an input: where, what was expected, what was found. */
export interface Problem {
  /** Dotted path or flag: `workload.scripts[2].timeout`, `--rate`. */
  readonly path: string;
  /** What was expected and what was found: `expected a rate above 0, got 0`. */
  readonly message: string;
}

/** The quota that a refusal is about: what HTTP tells in `RateLimit`. */
export interface Quota {
  readonly limit: number;
  readonly remaining: number;
  /** Until there is one more, ms. */
  readonly resetMs: number;
  /** Time over which `limit` counts, ms; absent for a number at one time. */
  readonly windowMs?: number;
}

export interface EnclaveErrorOptions {
  readonly hint?: string;
  readonly cause?: unknown;
  readonly problems?: readonly Problem[];
  /** When a retry may help, ms from now. */
  readonly retryAfterMs?: number;
  readonly quota?: Quota;
}

/** What enclave throws for misuse and for its own faults. A failing script is an outcome, never an `EnclaveError`. */
export class EnclaveError extends Error {
  override readonly name = 'EnclaveError';
  readonly code: FaultCode;
  /** What to do about it, one sentence. */
  readonly hint?: string;
  /** Every problem found, when an input was validated. */
  readonly problems: readonly Problem[];
  /** When a retry may help, ms from the throw. */
  readonly retryAfterMs?: number;
  readonly quota?: Quota;

  constructor(code: FaultCode, message: string, options: EnclaveErrorOptions = {}) {
    super(`[${code}] ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.problems = options.problems ?? [];
    if (options.hint !== undefined) this.hint = options.hint;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.quota !== undefined) this.quota = options.quota;
  }
}

/** Gathers problems while an input is validated, and throws them all at once. */
export function invalidInput(subject: string, problems: readonly Problem[], hint?: string): EnclaveError {
  const list = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const text =
    list.length === 1
      ? `${subject}: ${list[0]}`
      : `${subject} has ${list.length} problems:\n  ${list.join('\n  ')}`;
  return new EnclaveError('INVALID_INPUT', text, hint === undefined ? { problems } : { problems, hint });
}

/** Any thrown thing as an `EnclaveError`; what is not one already becomes INTERNAL with the original as `cause`. */
export function toEnclaveError(thrown: unknown): EnclaveError {
  if (thrown instanceof EnclaveError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new EnclaveError('INTERNAL', message, { cause: thrown });
}

/** Ends a `switch` over a closed union; reached only when the types lie. */
export function assertNever(value: never): never {
  throw new EnclaveError('INTERNAL', `unexpected value ${JSON.stringify(value)}`);
}
