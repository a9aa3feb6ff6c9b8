// Runs of two sides in the order A B B A A B B A, so that a machine that drifts drifts for both.
import type { RunReport } from '../report/run-report.ts';

export interface AlternateOptions {
  /** Runs of each side. */
  readonly repeat: number;
  readonly signal: AbortSignal;
  /** One run in a fresh pool. Both runs of a pair have the same number, and so should have the same seed. */
  readonly run: (side: 'a' | 'b', pair: number) => Promise<RunReport>;
}

export interface Alternated {
  readonly a: readonly RunReport[];
  readonly b: readonly RunReport[];
}

/** Pairs whose two runs were both made; an interruption ends it early. */
export async function runAlternating({ repeat, run, signal }: AlternateOptions): Promise<Alternated> {
  const a: RunReport[] = [];
  const b: RunReport[] = [];
  for (let pair = 0; pair < repeat && !signal.aborted; pair++) {
    const order = pair % 2 === 0 ? (['a', 'b'] as const) : (['b', 'a'] as const);
    const [first, second] = [await run(order[0], pair), await run(order[1], pair)];
    if (signal.aborted) break;
    a.push(order[0] === 'a' ? first : second);
    b.push(order[0] === 'a' ? second : first);
  }
  return { a, b };
}
