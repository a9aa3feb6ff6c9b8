// What clients saw and what the fleet keeps, compared: the invariants that no fault may break.
import type { SessionEvent } from '../../src/protocol/events.ts';

export interface Seen {
  readonly key: string;
  readonly sessionId: string;
  readonly events: readonly SessionEvent[];
}

/** Everything that is wrong with what one client saw of its session, in words. */
export function problemsOf({ key, sessionId, events }: Seen, stored: readonly SessionEvent[]): string[] {
  const problems: string[] = [];
  const about = `${key} (${sessionId})`;
  const seqs = events.map(({ seq }) => seq);
  if (seqs.some((seq, i) => seq !== i + 1))
    problems.push(`${about}: the client saw events ${seqs.join(' ')}`);
  const finals = events.filter(({ type }) => type === 'final').length;
  if (finals !== 1 || events.at(-1)?.type !== 'final')
    problems.push(
      `${about}: the client saw ${finals} final events, the last event is ${events.at(-1)?.type}`,
    );
  if (JSON.stringify(stored) !== JSON.stringify(events))
    problems.push(`${about}: the store has ${stored.length} events, the client saw ${events.length}`);
  return problems;
}

/** A generator of numbers in [0, 1) from a seed (mulberry32, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
