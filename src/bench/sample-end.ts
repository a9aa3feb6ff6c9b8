// How an execution ended, from what its target says and what its script is meant to do.
import type { LoadOutcome } from './load-target.ts';
import type { SampleEnd } from './sample.ts';

const OK: SampleEnd = { kind: 'ok' };
const EXPECTED: SampleEnd = { kind: 'expected' };

/** @param expect - outcome codes, or `ok`, with which the script ends by design */
export function endOf(outcome: LoadOutcome, expect: readonly string[]): SampleEnd {
  if (outcome.success) return expect.includes('ok') ? OK : { kind: 'failed', code: 'UNEXPECTED_SUCCESS' };
  return expect.includes(outcome.error.code) ? EXPECTED : { kind: 'failed', code: outcome.error.code };
}
