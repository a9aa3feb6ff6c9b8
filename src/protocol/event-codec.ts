// Reads the events that a broker streams. A type of a later protocol is no error: it is `undefined`, to be skipped.
import { type ErrorCode, FAULT_CODES, OUTCOME_CODES } from '../errors.ts';
import type { LogLevel } from '../execution.ts';
import {
  type FinalPayload,
  PROTOCOL_VERSION,
  type SessionError,
  type SessionEvent,
  type SessionState,
  type SessionStats,
} from './events.ts';
import { amount, badFrame, type Fields, flag, object, oneOf, optionalText, text, whole } from './fields.ts';

const MAX_TEXT = 16 * 2 ** 20;
const LEVELS: readonly LogLevel[] = ['debug', 'log', 'info', 'warn', 'error'];
const STATES: readonly SessionState[] = ['queued', 'running', 'completed', 'failed', 'cancelled'];
const CODES = { ...OUTCOME_CODES, ...FAULT_CODES };

/** @throws EnclaveError BAD_FRAME */
export function parseSessionEvent(json: string): SessionEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw badFrame('event', 'JSON', json);
  }
  const fields = object(value, 'event');
  whole(fields, 'protocolVersion', PROTOCOL_VERSION, PROTOCOL_VERSION);
  const head = {
    protocolVersion: PROTOCOL_VERSION,
    sessionId: text(fields, 'sessionId', 128),
    seq: whole(fields, 'seq', 0, Number.MAX_SAFE_INTEGER),
    ts: amount(fields, 'ts'),
  } as const;
  const payload = object(fields['payload'], 'payload');
  const type = text(fields, 'type', 64);
  switch (type) {
    case 'session_init':
      return {
        ...head,
        type,
        payload: {
          streamUrl: text(payload, 'streamUrl', 2_048),
          cancelUrl: text(payload, 'cancelUrl', 2_048),
          expiresAt: amount(payload, 'expiresAt'),
          execution: oneOf(payload, 'execution', ['at-most-once']),
          ...(payload['degraded'] === true ? { degraded: true as const } : {}),
        },
      };
    case 'queued':
      return { ...head, type, payload: { reason: text(payload, 'reason', 1_024, 0) } };
    case 'started':
      return {
        ...head,
        type,
        payload: {
          runtimeId: text(payload, 'runtimeId', 128),
          attempt: whole(payload, 'attempt', 0, 1_000_000),
        },
      };
    case 'log':
      return {
        ...head,
        type,
        payload: { level: oneOf(payload, 'level', LEVELS), message: text(payload, 'message', MAX_TEXT, 0) },
      };
    case 'tool_call':
      return {
        ...head,
        type,
        payload: {
          callId: whole(payload, 'callId', 1, Number.MAX_SAFE_INTEGER),
          toolName: text(payload, 'toolName', 256, 0),
          args: payload['args'],
          ...(payload['external'] === true ? { external: true as const } : {}),
        },
      };
    case 'tool_result_applied': {
      const code = optionalText(payload, 'code', 256);
      return {
        ...head,
        type,
        payload: {
          callId: whole(payload, 'callId', 1, Number.MAX_SAFE_INTEGER),
          ok: flag(payload, 'ok'),
          ...(code === undefined ? {} : { code }),
        },
      };
    }
    case 'final':
      return { ...head, type, payload: parseFinal(payload) };
    case 'heartbeat':
      return { ...head, type, payload: {} };
    case 'reconnect':
      return { ...head, type, payload: { retryMs: amount(payload, 'retryMs') } };
    case 'history_lost': {
      const final = payload['final'];
      return {
        ...head,
        type,
        payload: {
          firstAvailable: whole(payload, 'firstAvailable', 1, Number.MAX_SAFE_INTEGER),
          state: oneOf(payload, 'state', STATES),
          ...(final === undefined ? {} : { final: parseFinal(object(final, 'final')) }),
        },
      };
    }
    default:
      return undefined;
  }
}

/** @throws EnclaveError BAD_FRAME */
export function parseFinal(fields: Fields): FinalPayload {
  const stats = readStats(object(fields['stats'], 'stats'));
  return flag(fields, 'ok')
    ? {
        ok: true,
        result: fields['result'] ?? null,
        stats,
        ...(fields['cached'] === true ? { cached: true as const } : {}),
      }
    : { ok: false, error: readError(object(fields['error'], 'error')), stats };
}

function readError(fields: Fields): SessionError {
  const code = text(fields, 'code', 64);
  if (!isCode(code)) throw badFrame('code', 'a code of the table', code);
  const optional = (name: 'stack' | 'tool' | 'toolCode') => {
    const value = optionalText(fields, name, MAX_TEXT);
    return value === undefined ? {} : { [name]: value };
  };
  const position = (name: 'line' | 'column') =>
    fields[name] === undefined ? {} : { [name]: whole(fields, name, 0, Number.MAX_SAFE_INTEGER) };
  return {
    code,
    name: text(fields, 'name', MAX_TEXT, 0),
    message: text(fields, 'message', MAX_TEXT, 0),
    ...optional('stack'),
    ...optional('tool'),
    ...optional('toolCode'),
    ...position('line'),
    ...position('column'),
  };
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(CODES, code);
}

function readStats(fields: Fields): SessionStats {
  return {
    durationMs: amount(fields, 'durationMs'),
    queueMs: amount(fields, 'queueMs'),
    cpuMs: amount(fields, 'cpuMs'),
    toolMs: amount(fields, 'toolMs'),
    toolCallCount: amount(fields, 'toolCallCount'),
    consoleBytes: amount(fields, 'consoleBytes'),
    logsTruncated: flag(fields, 'logsTruncated'),
    resultBytes: amount(fields, 'resultBytes'),
    isolation: oneOf(fields, 'isolation', ['isolate', 'context']),
    ...(fields['heapUsedBytes'] === undefined ? {} : { heapUsedBytes: amount(fields, 'heapUsedBytes') }),
    attempts: whole(fields, 'attempts', 0, 1_000_000),
  };
}
