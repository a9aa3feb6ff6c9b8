// Runs the real binary from source, as a user would, and gathers what it prints.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the process once it runs, to send it signals. */
  readonly onStart?: (child: ChildProcess) => void;
}

export const ENTRY: string = fileURLToPath(new URL('../../src/cli/entry.ts', import.meta.url));
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));

/** `enclave …args`; resolves when the process has ended and its streams are closed. */
export function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'] ?? '', ...options.env };
    const child = spawn(process.execPath, [ENTRY, ...args], { cwd: options.cwd ?? ROOT, env });
    const out = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out.stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (out.stderr += chunk));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...out }));
    child.stdin.end(options.stdin ?? '');
    options.onStart?.(child);
  });
}
