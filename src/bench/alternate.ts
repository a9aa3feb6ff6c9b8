// Runs of two sides in the order A B B A A B B A, so that a machine that drifts drifts for both.
import type { RunReport } from '../report/run-report.ts';

export interface AlternateOptions {
  /** Runs of each side. */
  readonly repeat: number;
  readonly signal: AbortSignal;
  /** Whether the run will be left out of the comparison. Default: none is. */
  readonly isSpoilt?: (report: RunReport) => boolean;
  /** One run in a fresh pool. Both runs of a pair have the same number, and so should have the same seed. */
  readonly run: (side: 'a' | 'b', pair: number) => Promise<RunReport>;
}

export interface Alternated {
  readonly a: readonly RunReport[];
  readonly b: readonly RunReport[];
}

/** Pairs that may be made besides, for each that was to be made. */
const SPARE_RATIO = 0.6;

/** Pairs whose two runs were both made; an interruption ends it early. For a pair with a spoilt run another is made at the end. */
export async function runAlternating(options: AlternateOptions): Promise<Alternated> {
  const { repeat, run, signal, isSpoilt = () => false } = options;
  const a: RunReport[] = [];
  const b: RunReport[] = [];
  const most = repeat + Math.ceil(repeat * SPARE_RATIO);
  let good = 0;
  for (let pair = 0; good < repeat && pair < most && !signal.aborted; pair++) {
    const order = pair % 2 === 0 ? (['a', 'b'] as const) : (['b', 'a'] as const);
    const [first, second] = [await run(order[0], pair), await run(order[1], pair)];
    if (signal.aborted) break;
    a.push(order[0] === 'a' ? first : second);
    b.push(order[0] === 'a' ? second : first);
    if (!isSpoilt(first) && !isSpoilt(second)) good++;
  }
  return { a, b };
}
