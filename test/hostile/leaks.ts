// What no outcome may ever tell: where and in what the host runs.
import { homedir, hostname, tmpdir } from 'node:os';
import { dirname } from 'node:path';
import type { ExecutionOutcome } from '../../src/execution.ts';

const PLACES = [
  ...[process.cwd(), dirname(process.execPath), homedir(), `${tmpdir()}/enclave`, hostname()],
  ...['node_modules', 'isolated-vm/', 'isolated_vm', 'node:internal', 'node:vm', 'file:///work'],
  ...['/sandbox/', 'execution-run', 'worker.ts', 'worker.js'],
].filter((place) => place.length > 3);

/** Every forbidden text that the outcome contains. */
export function findLeaks(outcome: ExecutionOutcome): readonly string[] {
  const told = `${outcome.success ? outcome.valueJson : JSON.stringify(outcome.error)}\n${JSON.stringify(outcome.logs)}`;
  return PLACES.filter((place) => told.includes(place));
}
