// Ids of sessions: `s_` and a UUID of version 7 (RFC 9562, section 5.7), which begins with the time at which it was made. So where
// the result of an ended session lies follows from its id.
import { randomUUID } from 'node:crypto';

const PREFIX = 's_';
/** Where a UUID has no digit, and where it tells its version. */
const DASHES: ReadonlySet<number> = new Set([8, 13, 18, 23]);
const VERSION_AT = 14;
const UUID_LENGTH = 36;
/** Digits of the time, in front. */
const TIME_DIGITS = 12;

/** How the ids of one millisecond begin: many are made in each. */
let beginning = { ms: Number.NaN, text: '' };

/** @param nowMs time since 1970, ms */
export function createSessionId(nowMs: number): string {
  const ms = Math.max(0, Math.floor(nowMs));
  if (ms !== beginning.ms) {
    const time = ms.toString(16).padStart(12, '0');
    beginning = { ms, text: `s_${time.slice(0, 8)}-${time.slice(8, 12)}-7` };
  }
  // The rest of a random UUID, with the other version.
  return beginning.text + randomUUID().slice(15);
}

interface Parts {
  readonly id: string;
  readonly atMs: number | undefined;
  readonly short: string;
}

/** Of the id that was asked for last: whoever writes a session asks several times in a row. */
let last: Parts = { id: '', atMs: undefined, short: '=' };

function partsOf(id: string): Parts {
  if (last.id !== id) last = readParts(id) ?? { id, atMs: undefined, short: `=${id}` };
  return last;
}

/** By hand: asked for every session, and a pattern and a buffer take more than three times as long. `undefined` for ids of another kind. */
function readParts(id: string): Parts | undefined {
  if (
    id.length !== PREFIX.length + UUID_LENGTH ||
    !id.startsWith(PREFIX) ||
    id[PREFIX.length + VERSION_AT] !== '7'
  )
    return undefined;
  let digits = 0;
  let atMs = 0;
  let three = 0;
  let short = '';
  for (let i = 0; i < UUID_LENGTH; i++) {
    const code = id.charCodeAt(PREFIX.length + i);
    if (code === DASH && DASHES.has(i)) continue;
    const value = HEX[code] ?? NO_DIGIT;
    if (value === NO_DIGIT) return undefined;
    digits++;
    if (digits <= TIME_DIGITS) atMs = atMs * 16 + value;
    three = three * 16 + value;
    // Three hexadecimal digits are two of base 64.
    if (digits % 3 === 0) {
      short += PAIRS[three] ?? '';
      three = 0;
    }
  }
  // Less any of the dashes there are more.
  if (digits !== UUID_LENGTH - DASHES.size) return undefined;
  // Two digits are left of the 32, and a third that is none.
  return { id, atMs, short: short + (PAIRS[three * 16] ?? '') };
}

const DASH = 45;
const NO_DIGIT = 255;
/** Values of the digits by their character code; capitals are not written here. */
const HEX = new Uint8Array(128).fill(NO_DIGIT);
for (const [value, digit] of [...'0123456789abcdef'].entries()) HEX[digit.charCodeAt(0)] = value;
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Two digits of base 64 for each value of twelve bits. */
const PAIRS = [...BASE64URL].flatMap((high) => [...BASE64URL].map((low) => high + low));

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
