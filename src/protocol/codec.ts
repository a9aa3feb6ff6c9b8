// Frames: a JSON array of messages, all that one side had to say in one turn of its event loop.
// Whatever comes in, nothing but an EnclaveError with code BAD_FRAME goes out.
import { OUTCOME_CODES, type OutcomeCode } from '../errors.ts';
import type { ExecutionStats, LogLevel } from '../execution.ts';
import {
  amount,
  badFrame,
  type Fields,
  flag,
  labels,
  list,
  object,
  oneOf,
  optionalText,
  text,
  whole,
} from './fields.ts';
import type { Assignment, BrokerMessage, RuntimeMessage, WireOutcome } from './messages.ts';

/** Largest frame in either direction, bytes: stops a peer that would fill our memory. */
export const MAX_FRAME_BYTES: number = 8 * 2 ** 20;
/** Messages in one frame: stops a frame that is cheap to send and dear to serve. */
export const MAX_FRAME_MESSAGES = 4_096;
/** Sessions that one runtime may hold, and name in one `attach`. */
export const MAX_SLOTS = 4_096;

const MAX_ID = 128;
const MAX_TEXT = MAX_FRAME_BYTES;
const MAX_CALLS = 2 ** 31 - 1;
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'log', 'info', 'warn', 'error'];
const CODES = Object.keys(OUTCOME_CODES).filter((code): code is OutcomeCode => code in OUTCOME_CODES);

export function encodeFrame(messages: readonly (BrokerMessage | RuntimeMessage)[]): string {
  return JSON.stringify(messages);
}

/** @throws EnclaveError BAD_FRAME */
export function decodeRuntimeFrame(frame: string): RuntimeMessage[] {
  return decode(frame, parseRuntimeMessage);
}

/** @throws EnclaveError BAD_FRAME */
export function decodeBrokerFrame(frame: string): BrokerMessage[] {
  return decode(frame, parseBrokerMessage);
}

function decode<T>(frame: string, parse: (value: unknown) => T): T[] {
  if (frame.length > MAX_FRAME_BYTES)
    throw badFrame('frame', `at most ${MAX_FRAME_BYTES} bytes`, frame.length);
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    throw badFrame('frame', 'JSON', frame);
  }
  return list({ frame: value }, 'frame', MAX_FRAME_MESSAGES, parse);
}

/** @throws EnclaveError BAD_FRAME */
export function parseRuntimeMessage(value: unknown): RuntimeMessage {
  const fields = object(value, 'message');
  const { type } = fields;
  switch (type) {
    case 'hello': {
      const instance = optionalText(fields, 'instance', MAX_ID);
      return {
        type,
        ...(instance === undefined ? {} : { instance }),
        protocolVersion: whole(fields, 'protocolVersion', 1, 1_000),
        runtimeId: text(fields, 'runtimeId', MAX_ID),
        labels: labels(fields['labels'], 'labels'),
        slots: whole(fields, 'slots', 1, MAX_SLOTS),
      };
    }
    case 'attach':
      return {
        type,
        sessions: list(fields, 'sessions', MAX_SLOTS, (item) => assignment(object(item, 'sessions[]'))),
      };
    case 'heartbeat':
      return { type, busy: whole(fields, 'busy', 0, MAX_SLOTS), rssBytes: amount(fields, 'rssBytes') };
    case 'draining':
      return { type };
    case 'refuse':
      return { type, ...assignment(fields) };
    case 'tool_call':
      return {
        type,
        ...assignment(fields),
        callId: whole(fields, 'callId', 1, MAX_CALLS),
        name: text(fields, 'name', 256, 0),
        args: fields['args'],
      };
    case 'emit':
      return {
        type,
        ...assignment(fields),
        n: whole(fields, 'n', 1, MAX_CALLS),
        level: oneOf(fields, 'level', LOG_LEVELS),
        text: text(fields, 'text', MAX_TEXT, 0),
      };
    case 'done':
      return { type, ...assignment(fields), outcome: outcome(object(fields['outcome'], 'outcome')) };
    default:
      throw badFrame('type', 'a message of a runtime', type);
  }
}

/** @throws EnclaveError BAD_FRAME */
export function parseBrokerMessage(value: unknown): BrokerMessage {
  const fields = object(value, 'message');
  const { type } = fields;
  switch (type) {
    case 'welcome':
      return {
        type,
        protocolVersion: whole(fields, 'protocolVersion', 1, 1_000),
        brokerId: text(fields, 'brokerId', MAX_ID),
        heartbeatMs: whole(fields, 'heartbeatMs', 1, 3_600_000),
      };
    case 'start': {
      const isolation =
        fields['isolation'] === undefined ? undefined : oneOf(fields, 'isolation', ['isolate', 'context']);
      const traceparent = optionalText(fields, 'traceparent', MAX_ID);
      return {
        type,
        ...assignment(fields),
        source: text(fields, 'source', MAX_TEXT, 0),
        args: fields['args'],
        language: oneOf(fields, 'language', ['js', 'ts']),
        filename: text(fields, 'filename', 1_024),
        tenant: text(fields, 'tenant', MAX_ID),
        // Names and ranges are checked by the executor, whose table they are.
        limits: object(fields['limits'], 'limits'),
        ...(isolation === undefined ? {} : { isolation }),
        ...(traceparent === undefined ? {} : { traceparent }),
      };
    }
    case 'tool_result': {
      const head = { type, ...assignment(fields), callId: whole(fields, 'callId', 1, MAX_CALLS) } as const;
      return flag(fields, 'ok')
        ? { ...head, ok: true, result: fields['result'] }
        : {
            ...head,
            ok: false,
            code: text(fields, 'code', 256),
            message: text(fields, 'message', MAX_TEXT, 0),
          };
    }
    case 'cancel':
      return { type, ...assignment(fields), reason: oneOf(fields, 'reason', ['cancelled', 'stale']) };
    case 'attached':
    case 'done_ack':
      return { type, ...assignment(fields) };
    case 'draining':
      return { type };
    default:
      throw badFrame('type', 'a message of a broker', type);
  }
}

function assignment(fields: Fields): Assignment {
  return { id: text(fields, 'id', MAX_ID), fence: text(fields, 'fence', 64) };
}

function outcome(fields: Fields): WireOutcome {
  const stats = readStats(object(fields['stats'], 'stats'));
  if (flag(fields, 'success')) {
    const valueJson = text(fields, 'valueJson', MAX_TEXT);
    try {
      JSON.parse(valueJson);
    } catch {
      throw badFrame('valueJson', 'JSON', valueJson);
    }
    return { success: true, valueJson, stats };
  }
  return { success: false, error: readError(object(fields['error'], 'error')), stats };
}

function readError(fields: Fields): Extract<WireOutcome, { success: false }>['error'] {
  const stack = optionalText(fields, 'stack', MAX_TEXT);
  const tool = optionalText(fields, 'tool', 256);
  const toolCode = optionalText(fields, 'toolCode', MAX_TEXT);
  const signal = optionalText(fields, 'signal', 64);
  return {
    code: oneOf(fields, 'code', CODES),
    name: text(fields, 'name', MAX_TEXT, 0),
    message: text(fields, 'message', MAX_TEXT, 0),
    ...(stack === undefined ? {} : { stack }),
    ...(fields['line'] === undefined ? {} : { line: whole(fields, 'line', 0, MAX_CALLS) }),
    ...(fields['column'] === undefined ? {} : { column: whole(fields, 'column', 0, MAX_CALLS) }),
    ...(tool === undefined ? {} : { tool }),
    ...(toolCode === undefined ? {} : { toolCode }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function readStats(fields: Fields): ExecutionStats {
  return {
    durationMs: amount(fields, 'durationMs'),
    queueMs: amount(fields, 'queueMs'),
    cpuMs: amount(fields, 'cpuMs'),
    toolMs: amount(fields, 'toolMs'),
    toolCallCount: whole(fields, 'toolCallCount', 0, MAX_CALLS),
    consoleBytes: amount(fields, 'consoleBytes'),
    logsTruncated: flag(fields, 'logsTruncated'),
    resultBytes: amount(fields, 'resultBytes'),
    isolation: oneOf(fields, 'isolation', ['isolate', 'context']),
    ...(fields['heapUsedBytes'] === undefined ? {} : { heapUsedBytes: amount(fields, 'heapUsedBytes') }),
  };
}
