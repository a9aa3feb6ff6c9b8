// Names by which this machine is spoken to from itself.
export const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1', '[::1]']);

/** The last header that named this machine: nearly all that come are the same. */
let known: string | undefined;

/** Whether a Host header names this machine: a page that had its name point here would give its own. */
export function isLoopbackHost(header: string | undefined): boolean {
  if (header === undefined) return false;
  if (header === known) return true;
  if (!LOOPBACK.has(header.replace(/:\d+$/u, ''))) return false;
  known = header;
  return true;
}
