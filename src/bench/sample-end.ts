// How an execution ended, from what its target says and what its script is meant to do.
import type { LoadOutcome } from './load-target.ts';
import type { SampleEnd } from './sample.ts';

/** @param expect - outcome codes, or `ok`, with which the script ends by design */
export function endOf(outcome: LoadOutcome, expect: readonly string[]): SampleEnd {
  if (outcome.success)
    return expect.includes('ok') ? { kind: 'ok' } : { kind: 'failed', code: 'UNEXPECTED_SUCCESS' };
  return expect.includes(outcome.error.code)
    ? { kind: 'expected' }
    : { kind: 'failed', code: outcome.error.code };
}
