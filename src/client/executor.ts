// A broker behind the Executor seam: whoever drives executions need not know that they run elsewhere.
import { codeInfo, EnclaveError, OUTCOME_CODES, type OutcomeCode } from '../errors.ts';
import type {
  ExecutionEvent,
  ExecutionOutcome,
  ExecutionRequest,
  Executor,
  ExecutorStats,
} from '../execution.ts';
import { NO_STATS } from '../no-stats.ts';
import type { FinalPayload, SessionEvent } from '../protocol/events.ts';
import { EnclaveClient, type RunResult } from './client.ts';
import type { EnclaveClientOptions } from './options.ts';

/** Refusals that a local pool would give as an outcome; here they are one too. */
const REFUSALS: Readonly<Partial<Record<string, OutcomeCode>>> = {
  OVERLOADED: 'QUEUE_FULL',
  RATE_LIMITED: 'QUEUE_FULL',
  DRAINING: 'SHUTTING_DOWN',
};
const HOUR_MS = 3_600_000;

/**
 * @throws EnclaveError INVALID_INPUT. `execute` rejects with the broker's code when it refuses for a reason that no local
 * pool has, and with CONNECTION_LOST when it cannot be reached.
 */
export function createBrokerExecutor(options: EnclaveClientOptions): Executor {
  const client = new EnclaveClient({ timeout: HOUR_MS, ...options });
  let live = 0;
  let completed = 0;
  return {
    async execute(request) {
      live++;
      try {
        return await execute(client, request);
      } finally {
        live--;
        completed++;
      }
    },
    async ready() {
      if (await client.isReady()) return;
      throw new EnclaveError('CONNECTION_LOST', `${options.serverUrl} is not ready to serve sessions`, {
        hint: `GET ${options.serverUrl}/readyz says what is missing`,
      });
    },
    stats: (): ExecutorStats => ({ queued: 0, live, completed, hosts: [], recycled: 0, lost: 0 }),
    async [Symbol.asyncDispose]() {},
  };
}

async function execute(client: EnclaveClient, request: ExecutionRequest): Promise<ExecutionOutcome> {
  const { source, args, language, filename, limits, signal, onEvent } = request;
  const convert = onEvent === undefined ? undefined : eventConverter(request.executionId, onEvent);
  try {
    const result = await client.run(
      {
        code: source,
        ...(args === undefined ? {} : { input: args }),
        ...(language === undefined ? {} : { language }),
        ...(filename === undefined ? {} : { filename }),
        ...(limits === undefined ? {} : { limits: { ...limits } }),
      },
      {
        ...(signal === undefined ? {} : { signal }),
        ...(convert === undefined ? {} : { onEvent: convert }),
      },
    );
    return outcomeOf(result);
  } catch (thrown) {
    if (signal?.aborted === true) return unrun('CANCELLED');
    const refusal = thrown instanceof EnclaveError ? REFUSALS[thrown.code] : undefined;
    if (refusal === undefined) throw thrown;
    return unrun(refusal);
  }
}

function outcomeOf({ final, logs, sessionId }: RunResult): ExecutionOutcome {
  if (final === undefined)
    throw new EnclaveError('NOT_FOUND', `the result of session ${sessionId} has expired`);
  const first = logs[0]?.ts ?? 0;
  const entries = logs.map(({ level, text, ts }) => ({ level, text, atMs: ts - first }));
  return outcomeOfFinal(final, entries);
}

function outcomeOfFinal(final: FinalPayload, logs: ExecutionOutcome['logs']): ExecutionOutcome {
  const { attempts: _attempts, ...stats } = final.stats;
  if (final.ok)
    return { success: true, value: final.result, valueJson: JSON.stringify(final.result), stats, logs };
  const { code, ...error } = final.error;
  return { success: false, error: { ...error, code: isOutcome(code) ? code : 'RUNTIME_LOST' }, stats, logs };
}

function isOutcome(code: string): code is OutcomeCode {
  return Object.hasOwn(OUTCOME_CODES, code);
}

/** Events of a session as those of an execution: numbered anew, since a session has some that an execution has not. */
function eventConverter(
  executionId: string | undefined,
  onEvent: (event: ExecutionEvent) => void,
): (event: SessionEvent) => void {
  let seq = 0;
  let startMs: number | undefined;
  const calls = new Map<number, number>();
  const logs: { level: ExecutionOutcome['logs'][number]['level']; text: string; atMs: number }[] = [];
  return (event) => {
    startMs ??= event.ts;
    const atMs = Math.max(0, event.ts - startMs);
    const head = { executionId: executionId ?? event.sessionId, atMs };
    switch (event.type) {
      case 'session_init':
      case 'queued':
        onEvent({ ...head, seq: ++seq, type: 'queued' });
        return;
      case 'started':
        onEvent({ ...head, seq: ++seq, type: 'started' });
        return;
      case 'log': {
        const { level, message: text } = event.payload;
        logs.push({ level, text, atMs });
        onEvent({ ...head, seq: ++seq, type: 'log', level, text });
        return;
      }
      case 'tool_call': {
        const { callId, toolName: tool, args } = event.payload;
        calls.set(callId, event.ts);
        onEvent({ ...head, seq: ++seq, type: 'tool_call', callId, tool, args });
        return;
      }
      case 'tool_result_applied': {
        const { callId, ok, code } = event.payload;
        const durationMs = event.ts - (calls.get(callId) ?? event.ts);
        const why = code === undefined ? {} : { code };
        onEvent({ ...head, seq: ++seq, type: 'tool_result', callId, ok, ...why, durationMs });
        return;
      }
      case 'final':
        onEvent({ ...head, seq: ++seq, type: 'final', outcome: outcomeOfFinal(event.payload, logs) });
        return;
      default:
    }
  };
}

function unrun(code: OutcomeCode): ExecutionOutcome {
  return {
    success: false,
    error: { code, name: 'EnclaveError', message: codeInfo(code).summary },
    stats: NO_STATS,
    logs: [],
  };
}
