// Names by which this machine is spoken to from itself.
export const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1', '[::1]']);

/** Whether a Host header names this machine: a page that had its name point here would give its own. */
export function isLoopbackHost(header: string | undefined): boolean {
  const name = (header ?? '').replace(/:\d+$/u, '');
  return LOOPBACK.has(name);
}
