// What a closed loop would have said of an open run: how much it would have left out.
import { formatCount } from '../units.ts';
import { formatMs } from './latency-rows.ts';
import type { RunReport } from './run-report.ts';

/** Subject and statement; undefined for a closed run, and where too few executions support it. */
export function closedLoopText({
  latency,
  rates,
}: RunReport): readonly [subject: string, said: string] | undefined {
  const said = latency.find(({ metric, scope }) => metric === 'service' && scope === 'closed-loop')?.p99_us;
  const { closed_loop_n: users } = rates;
  if (said == null || users == null) return undefined;
  return [`a closed loop with ${formatCount(users)} in flight would have said`, `p99 ${formatMs(said)} ms`];
}
