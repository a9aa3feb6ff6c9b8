// Final payloads: of what a runtime reports, and of sessions that end without a report.
import { codeInfo, type OutcomeCode } from '../errors.ts';
import { NO_STATS } from '../no-stats.ts';
import type { FinalPayload } from '../protocol/events.ts';
import type { WireOutcome } from '../protocol/messages.ts';

type EndState = 'completed' | 'failed' | 'cancelled';

/** The JSON of a final payload that says why a session ended without an outcome of its own. */
export function failedFinal(code: OutcomeCode, attempts: number, message?: string): string {
  const payload: FinalPayload = {
    ok: false,
    error: { code, name: 'EnclaveError', message: message ?? codeInfo(code).summary },
    stats: { ...NO_STATS, attempts },
  };
  return JSON.stringify(payload);
}

export function endOf(outcome: WireOutcome, attempts: number): { state: EndState; final: string } {
  const stats = JSON.stringify({ ...outcome.stats, attempts });
  if (outcome.success)
    return { state: 'completed', final: `{"ok":true,"result":${outcome.valueJson},"stats":${stats}}` };
  const { signal: _signal, ...error } = outcome.error;
  return {
    state: error.code === 'CANCELLED' ? 'cancelled' : 'failed',
    final: `{"ok":false,"error":${JSON.stringify(error)},"stats":${stats}}`,
  };
}

/** The final payload of a session that got the kept result of an earlier one: nothing was run for it. */
export function cachedFinal(resultJson: string): string {
  return `{"ok":true,"result":${resultJson},"cached":true,"stats":${JSON.stringify({ ...NO_STATS, attempts: 0 })}}`;
}
