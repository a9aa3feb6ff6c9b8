// Cuts secrets out of whatever leaves a tool: error texts, their causes, results. The last net, not a licence to leak.

/** A secret shorter than this would be found in innocent text; the registry refuses it. */
export const MIN_SECRET_LENGTH = 4;

const MASK = '[secret]';
const MAX_CAUSES = 5;

/** Masks the secrets of one tool. */
export interface Mask {
  /** `text` with every secret replaced, also where it is written as JSON, URL component or Base64. */
  text(text: string): string;
  /**
   * `value` itself when no secret is in its JSON text; else a plain copy with every string, key and number that holds one masked.
   * @throws TypeError when there are secrets to look for and `value` cannot be written as JSON.
   */
  value(value: unknown): unknown;
  /** `thrown` itself when there is nothing to hide; else an error with name, message, stack and causes masked, its code, and no other field. */
  error(thrown: unknown): unknown;
}

/** A mask for these secret values. */
export function createMask(secrets: readonly string[]): Mask {
  const needles = [...new Set(secrets.flatMap(spellings))].filter((needle) => needle !== '');
  if (needles.length === 0)
    return { text: (text) => text, value: (value) => value, error: (thrown) => thrown };
  // Longest first: where one secret is the beginning of another, the rest of the longer one must not stay.
  needles.sort((a, b) => b.length - a.length);

  const text = (given: string) => needles.reduce((rest, needle) => rest.replaceAll(needle, MASK), given);

  const copy = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'number') return text(String(value)) === String(value) ? value : MASK;
    if (Array.isArray(value)) return value.map(copy);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [text(key), copy(inner)]));
  };

  const error = (thrown: unknown, depth: number): unknown => {
    if (!(thrown instanceof Error)) return text(textOf(thrown));
    const masked = new Error(text(thrown.message));
    masked.name = text(thrown.name);
    masked.stack = text(thrown.stack ?? '');
    // A system error is known by its code.
    if ('code' in thrown && typeof thrown.code === 'string')
      Object.assign(masked, { code: text(thrown.code) });
    if (thrown.cause !== undefined && depth < MAX_CAUSES) masked.cause = error(thrown.cause, depth + 1);
    return masked;
  };

  return {
    text,
    value(value) {
      const json = JSON.stringify(value);
      if (json === undefined || !needles.some((needle) => json.includes(needle))) return value;
      return copy(JSON.parse(json));
    },
    error: (thrown) => error(thrown, 1),
  };
}

/** The ways in which one secret is commonly written. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    bytes.toString('base64'),
    bytes.toString('base64url'),
  ];
}

/** Any thrown thing as text; never throws itself. */
export function textOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return 'something that cannot be shown';
  }
}
