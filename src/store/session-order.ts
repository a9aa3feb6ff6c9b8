// The order in which sessions are listed, and the choice of those that are asked for.
import type { LiveSession } from './session-rules.ts';
import type { SessionPlace, SessionQuery } from './store.ts';

/** Those of `sessions` that the query asks for, in its order, at most `limit`. */
export function listed(sessions: Iterable<LiveSession>, query: SessionQuery): LiveSession[] {
  const { tenant, state, after, limit } = query;
  return Iterator.from(sessions)
    .filter(
      (live) =>
        live.tenant === tenant &&
        (state === undefined || live.state === state) &&
        (after === undefined || comesAfter(placeOf(live), after)),
    )
    .toArray()
    .sort((a, b) => (comesAfter(placeOf(a), placeOf(b)) ? 1 : -1))
    .slice(0, limit);
}

export function comesAfter(a: SessionPlace, b: SessionPlace): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.id < b.id);
}

function placeOf({ createdAtMs, id }: LiveSession): SessionPlace {
  return { atMs: createdAtMs, id };
}
