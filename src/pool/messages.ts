// Checks what a host process sends. A host may be in the hands of a script that broke out of V8, so nothing of it is believed:
// shape, sizes and kinds are checked here, and whether an id is known by whoever owns the ids.

import { OUTCOME_CODES, type OutcomeCode } from '../errors.ts';
import type { LogLevel } from '../execution.ts';
import type { UpMessage } from '../sandbox/messages.ts';

const LOG_LEVELS: ReadonlySet<unknown> = new Set<LogLevel>(['debug', 'log', 'info', 'warn', 'error']);
const MAX_TOOL_NAME = 256;
const TEXTS = ['name', 'message'] as const;
const OPTIONAL_TEXTS = ['stack', 'tool', 'toolCode'] as const;
const OPTIONAL_NUMBERS = ['line', 'column'] as const;
const MEASURES = ['durationMs', 'cpuMs', 'consoleBytes'] as const;

/** Parses one batch; `undefined` means the host broke the protocol and has to go. */
export function parseUpBatch(batch: unknown): UpMessage[] | undefined {
  if (!Array.isArray(batch) || !batch.every(isUpMessage)) return undefined;
  return batch;
}

/** True for a code that a host may give as the outcome of a script. */
export function isOutcomeCode(code: string): code is OutcomeCode {
  return Object.hasOwn(OUTCOME_CODES, code);
}

function isUpMessage(message: unknown): message is UpMessage {
  if (!Array.isArray(message)) return false;
  const [type, id, a, b, c] = message as unknown[];
  if (!isCount(id)) return false;
  switch (type) {
    case 'done':
      return isUsage(c) && (a === true ? typeof b === 'string' : a === false && isFailure(b));
    case 'call':
      return isCount(a) && isText(b, MAX_TOOL_NAME) && typeof c === 'string';
    case 'log':
      return LOG_LEVELS.has(a) && typeof b === 'string' && isMeasure(c);
    case 'started':
    case 'worn':
    case 'pong':
      return true;
    case 'overdue':
      return a === 'slice' || a === 'memory';
    case 'hello':
      return isCount(a);
    default:
      return false;
  }
}

function isFailure(value: unknown): boolean {
  if (!isRecord(value)) return false;
  if (!isText(value['code'], 40) || !isOutcomeCode(value['code'])) return false;
  return (
    TEXTS.every((key) => typeof value[key] === 'string') &&
    OPTIONAL_TEXTS.every((key) => value[key] === undefined || typeof value[key] === 'string') &&
    OPTIONAL_NUMBERS.every((key) => value[key] === undefined || isCount(value[key]))
  );
}

function isUsage(value: unknown): boolean {
  if (!isRecord(value) || typeof value['logsTruncated'] !== 'boolean') return false;
  const heap = value['heapUsedBytes'];
  return MEASURES.every((key) => isMeasure(value[key])) && (heap === undefined || isMeasure(heap));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isMeasure(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value);
}
