// What was dropped at the start of a run, how it was found, and how slow it was, in words.
import { formatCount } from '../units.ts';
import { formatMs } from './latency-rows.ts';
import type { RunReport } from './run-report.ts';

/** One or two sentences. */
export function warmupText(report: RunReport): string {
  const { warmup, warmup_n, warmup_s } = report.timing;
  const dropped = `${formatCount(warmup_s, 1)} s of warm-up with ${formatCount(warmup_n)} executions are in no figure`;
  const found =
    warmup === undefined || warmup.cut_n === 0
      ? ''
      : `, ${formatCount(warmup.cut_s, 1)} s and ${formatCount(warmup.cut_n)} of them found by ${warmup.method}`;
  const cold = coldText(report);
  return `${dropped}${found}${cold === '' ? '' : `; ${cold}`}.`;
}

/** `cold: p50 31.0 ms, slowest 210 ms; first on 2 hosts at most 205 ms`; empty when nothing is known. */
export function coldText({ latency, timing }: RunReport): string {
  const cold = latency.find(({ metric, scope }) => metric === 'response' && scope === 'warm-up');
  const parts: string[] = [];
  if (cold?.max_us != null) {
    const middle = cold.p50_us === null ? '' : `p50 ${formatMs(cold.p50_us)} ms, `;
    parts.push(`cold: ${middle}slowest ${formatMs(cold.max_us)} ms`);
  }
  for (const what of ['host', 'script'] as const) {
    const firsts = (timing.warmup?.cold ?? []).filter((start) => start.what === what);
    if (firsts.length === 0) continue;
    const slowest = Math.max(...firsts.map(({ response_us }) => response_us));
    const some = `${formatCount(firsts.length)} ${what}${firsts.length === 1 ? '' : 's'}`;
    const where = what === 'host' ? `on ${some}` : `of ${some}`;
    parts.push(`first ${where} at most ${formatMs(slowest)} ms`);
  }
  return parts.join(', ');
}
