// Measured against theory, one law in one run: met, missed, or not to be judged.
import type { LatencyMetric } from '../../report/run-report.ts';
import type { SelfTestRow } from '../../report/self-test-report.ts';
import type { Quantile } from '../recorder.ts';

/** Timers and loopback: what no generator in user space can be better than. */
const TOLERANCE_MS = 1.6;
const TOLERANCE_RATIO = 0.01;

/** What theory says of one quantile. */
export interface Expectation {
  readonly metric: LatencyMetric;
  readonly quantile: number;
  readonly ms: number;
}

/**
 * @param disturbedRatio - share of the run in which the machine stood still or the generator was late: as large a share of the
 * executions may have ended late by no fault of the bench
 */
export function judgeLaw(
  { metric, ms, quantile }: Expectation,
  found: Quantile | undefined,
  disturbedRatio: number,
): Pick<
  SelfTestRow,
  'metric' | 'quantile' | 'theory_ms' | 'measured_ms' | 'error_ms' | 'limit_ms' | 'state'
> {
  const measuredMs = found?.kind === 'value' ? found.us / 1_000 : null;
  const errorMs = measuredMs === null ? null : measuredMs - ms;
  const limitMs = Math.max(TOLERANCE_MS, TOLERANCE_RATIO * ms);
  return {
    metric,
    quantile,
    theory_ms: ms,
    measured_ms: measuredMs,
    error_ms: errorMs,
    limit_ms: limitMs,
    state: stateOf(),
  };

  function stateOf(): SelfTestRow['state'] {
    if (found?.kind === 'unsupported') return 'unsupported';
    if (errorMs !== null && Math.abs(errorMs) <= limitMs) return 'met';
    // Pauses only ever make slower. Half the share beyond the quantile moves it where the distribution is steep.
    const isSlower = errorMs === null || errorMs > 0;
    return isSlower && disturbedRatio >= (1 - quantile) / 2 ? 'disturbed' : 'missed';
  }
}
