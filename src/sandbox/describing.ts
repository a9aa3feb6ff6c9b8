// Writes values of a script as text, whatever they do to being looked at. Never called here: its text is evaluated inside the
// isolate, before the script begins, and captures what it needs of the built-ins.

/** What the prelude has of it. */
export interface Describing {
  readonly cut: (value: string, length: number) => string;
  /** A property, when it is a text; an empty text otherwise. */
  readonly readText: (holder: object, key: string) => string;
  /** As the console writes it. */
  readonly show: (value: unknown) => string;
  /** JSON of name, message, stack, and of tool and code where it is the error of a failed call. */
  readonly describe: (thrown: unknown) => string;
}

/** `toolFailures` knows the errors of failed calls by identity, since a name can be forged. */
export function describing(
  toolFailures: WeakMap<object, readonly [tool: string, code: string]>,
  maxErrorBytes: () => number,
): Describing {
  const { stringify } = JSON;
  const { apply } = Reflect;
  const { toString: objectToString } = Object.prototype;
  const { slice } = String.prototype;
  const { get: mapGet } = WeakMap.prototype;
  const { min } = Math;
  const NativeError = Error;
  const text = String;

  function cut(value: string, length: number): string {
    return value.length <= length ? value : apply(slice, value, [0, length]);
  }

  function readText(holder: object, key: string): string {
    try {
      const value: unknown = (holder as Record<string, unknown>)[key];
      return typeof value === 'string' ? value : '';
    } catch {
      return '';
    }
  }

  // Everything about a thrown value is read here, where reading it is bounded; outside only these strings are seen.
  function describe(thrown: unknown): string {
    let name = 'Error';
    let message = '';
    let stack = '';
    let failure: readonly [string, string] | undefined;
    if ((typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function') {
      failure = apply(mapGet, toolFailures, [thrown]);
      name = readText(thrown, 'name');
      if (name === '' || name === 'Error') {
        try {
          name = readText(thrown.constructor, 'name') || 'Error';
        } catch {
          name = 'Error';
        }
      }
      message = readText(thrown, 'message');
      stack = readText(thrown, 'stack');
      if (message === '' && stack === '') message = show(thrown);
    } else {
      message = show(thrown);
    }
    const most = maxErrorBytes();
    name = cut(name, min(100, most));
    message = cut(message, most - name.length);
    stack = cut(stack, most);
    return stringify([name, message, stack, failure?.[0] ?? '', failure?.[1] ?? '']);
  }

  function show(value: unknown): string {
    if (typeof value === 'string') return value;
    try {
      if (typeof value === 'bigint') return `${text(value)}n`;
      if (typeof value === 'function') return `[function ${readText(value, 'name')}]`;
      if (typeof value !== 'object' || value === null) return text(value);
      const stack = readText(value, 'stack');
      if (stack !== '' && value instanceof NativeError)
        return `${readText(value, 'name')}: ${readText(value, 'message')}`;
      return stringify(value) ?? apply(objectToString, value, []);
    } catch {
      try {
        return apply(objectToString, value, []);
      } catch {
        return '[object]';
      }
    }
  }

  return { cut, readText, show, describe };
}
