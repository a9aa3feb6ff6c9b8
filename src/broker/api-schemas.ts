// What the HTTP API answers, as schemas: the OpenAPI document is made from them, and tests hold every answer against them.
import { z } from 'zod';
import { FAULT_CODES, OUTCOME_CODES } from '../errors.ts';

const codes = Object.keys({ ...OUTCOME_CODES, ...FAULT_CODES });

const state = z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']);
const labels = z.record(z.string(), z.string());
const ms = z.number().describe('ms since 1970');

const stats = z
  .looseObject({
    durationMs: z.number(),
    queueMs: z.number(),
    cpuMs: z.number(),
    toolMs: z.number(),
    toolCallCount: z.int(),
    attempts: z.int(),
  })
  .describe('What the session cost; times in ms, sizes in bytes');

const sessionError = z
  .looseObject({ code: z.enum(codes), name: z.string(), message: z.string() })
  .describe('Why it failed, and where in the script if that is known');

const summary = z.strictObject({
  sessionId: z.string(),
  state,
  labels,
  attempts: z.int(),
  createdAt: ms,
  expiresAt: ms.describe('ms since 1970: when the session ends by itself'),
  lastSeq: z.int().describe('number of its last event'),
  streamUrl: z.string(),
  cancelUrl: z.string(),
});

const runtime = z.strictObject({
  runtimeId: z.string(),
  labels,
  slots: z.int(),
  busy: z.int(),
});

/** The named schemas of the document. */
export const API_SCHEMAS: Readonly<Record<ApiSchema, z.ZodType>> = {
  Session: summary
    .extend({
      result: z.unknown().optional().describe('any JSON; only of a completed session'),
      error: sessionError.optional(),
      stats: stats.optional(),
    })
    .describe('A session; with its result or error once it has ended'),
  SessionSummary: summary,
  SessionList: z.strictObject({
    sessions: z.array(summary),
    cursor: z.string().optional().describe('pass it on for the next page; absent on the last one'),
  }),
  Cancelled: z.strictObject({ success: z.literal(true), sessionId: z.string(), state }),
  Answered: z.strictObject({ success: z.literal(true), sessionId: z.string(), callId: z.int() }),
  TaskAccepted: z.strictObject({ task_id: z.string(), status: z.literal('processing') }),
  Task: z.strictObject({
    status: z.enum(['processing', 'completed', 'failed', 'cancelled']),
    result: z.unknown().optional(),
    error: sessionError.optional(),
  }),
  ToolList: z.strictObject({
    tools: z.array(
      z.looseObject({
        name: z.string(),
        description: z.string(),
        effect: z.string().describe('read, idempotent or once'),
        args: z.unknown().describe('JSON schema of the arguments'),
      }),
    ),
  }),
  Fleet: z.strictObject({
    brokers: z.array(
      z.looseObject({
        brokerId: z.string(),
        runtimes: z.array(runtime),
        rates: z.record(z.string(), z.number()).optional(),
      }),
    ),
    pool: z
      .looseObject({ driver: z.string(), size: z.int(), desired: z.int(), reason: z.string() })
      .optional()
      .describe('of the broker that answers, if it keeps a pool of runtimes'),
  }),
  Health: z.strictObject({ status: z.literal('ok') }),
  Readiness: z.strictObject({
    ready: z.boolean(),
    missing: z.array(z.string()).describe('in words; empty when ready'),
  }),
  Error: z.strictObject({
    code: z.enum(codes),
    message: z.string(),
    hint: z.string().optional(),
    issues: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
    retryAfter: z.int().optional().describe('seconds; also in the header Retry-After'),
  }),
  SessionEvent: z
    .strictObject({
      protocolVersion: z.literal(2),
      sessionId: z.string(),
      seq: z.int().describe('dense from 1 within the session'),
      ts: ms,
      type: z.enum([
        'session_init',
        'queued',
        'started',
        'log',
        'tool_call',
        'tool_result_applied',
        'final',
        'heartbeat',
        'reconnect',
        'history_lost',
      ]),
      payload: z.record(z.string(), z.unknown()),
    })
    .describe('One event of a stream: the data of an SSE message, or one line of NDJSON'),
};
export type ApiSchema =
  | 'Session'
  | 'SessionSummary'
  | 'SessionList'
  | 'Cancelled'
  | 'Answered'
  | 'TaskAccepted'
  | 'Task'
  | 'ToolList'
  | 'Fleet'
  | 'Health'
  | 'Readiness'
  | 'Error'
  | 'SessionEvent';
