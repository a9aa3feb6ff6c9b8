// Ids of sessions: `s_` and a UUID of version 7 (RFC 9562, section 5.7), which begins with the time at which it was made. So where
// the result of an ended session lies follows from its id.
import { randomUUID } from 'node:crypto';

const MADE_HERE = /^s_([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/u;

/** @param nowMs time since 1970, ms */
export function createSessionId(nowMs: number): string {
  const time = Math.max(0, Math.floor(nowMs)).toString(16).padStart(12, '0');
  // The rest of a random UUID, with the other version.
  return `s_${time.slice(0, 8)}-${time.slice(8, 12)}-7${randomUUID().slice(15)}`;
}

interface Parts {
  readonly id: string;
  readonly atMs: number | undefined;
  readonly short: string;
}

/** Of the id that was asked for last: whoever writes a session asks several times in a row. */
let last: Parts = { id: '', atMs: undefined, short: '=' };

function partsOf(id: string): Parts {
  if (last.id === id) return last;
  const [, high, low] = MADE_HERE.exec(id) ?? [];
  last =
    high === undefined || low === undefined
      ? { id, atMs: undefined, short: `=${id}` }
      : {
          id,
          atMs: Number.parseInt(high + low, 16),
          short: Buffer.from(id.slice(2).replaceAll('-', ''), 'hex').toString('base64url'),
        };
  return last;
}

/** When the id was made, ms since 1970; `undefined` for ids of another kind. */
export function timeOfSessionId(id: string): number | undefined {
  return partsOf(id).atMs;
}

/** The same id in 22 characters; an id of another kind as it is, behind `=`. */
export function shortenSessionId(id: string): string {
  return partsOf(id).short;
}

export function expandSessionId(short: string): string {
  if (short.startsWith('=')) return short.slice(1);
  const hex = Buffer.from(short, 'base64url').toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return `s_${parts.join('-')}`;
}
