// The last line of a study on the terminal.

/** Where the report lies and the exit status; empty when there is nothing to say. */
export function lastLine(exitCode: number, path: string | undefined): string {
  const parts = [path === undefined ? '' : `report ${path}`, exitCode === 0 ? '' : `exit ${exitCode}`];
  return parts.filter((part) => part !== '').join(' · ');
}
