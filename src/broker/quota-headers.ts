// What a refusal tells of the quota that it is about: the fields of draft-ietf-httpapi-ratelimit-headers-10.
import type { Quota } from '../errors.ts';

/** `RateLimit-Policy` with quota and window, `RateLimit` with what is left and the time to the next, both whole seconds. */
export function quotaHeaders({ limit, remaining, resetMs, windowMs }: Quota): Record<string, string> {
  const window = windowMs === undefined ? '' : `;w=${seconds(windowMs)}`;
  return {
    'ratelimit-policy': `"tenant";q=${limit}${window}`,
    ratelimit: `"tenant";r=${remaining};t=${seconds(resetMs)}`,
  };
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}
