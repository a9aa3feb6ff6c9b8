// Options that serve, broker and runtime share; what they mean is in the settings.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EnclaveError, toEnclaveError } from '../errors.ts';
import { labels } from '../protocol/fields.ts';
import type { Io } from './io.ts';
import type { OptionReader } from './option-reader.ts';

export function brokerOptions(command: Command): Command {
  return command
    .option('--port <n>', 'port to listen on; 0 takes a free one (default: 3001)')
    .option('--host <address>', 'address to listen on; another machine needs keys (default: 127.0.0.1)')
    .option('--api-key-file <file>', 'lines of "<key> <tenant> [scopes]": who may run scripts')
    .option('--runtime-token-file <file>', 'the token that runtimes must present')
    .option('--max-sessions <n>', 'sessions queued or running, in the whole fleet (default: 1000)')
    .option('--session-timeout <time>', 'a session that has not ended by then fails (default: 5min)')
    .option('--route <rule...>', 'sessions with these labels need such a runtime: priority=high:tier=premium')
    .option('--drain <time>', 'at SIGTERM: how long running scripts may take to end (default: 10s)');
}

export function workerOptions(command: Command): Command {
  return command
    .option('--workers <n>', 'host processes: a number, or cpu, io, mixed (default: cpu)')
    .option('--isolation <kind>', 'isolate or context (default: isolate)')
    .option('--slots <n>', 'scripts under way at one time (default: 128)');
}

export function readLabels(
  flag: string,
  texts: readonly string[],
  read: OptionReader,
): Record<string, string> {
  const pairs = texts.map((text) => {
    const at = text.indexOf('=');
    return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  });
  try {
    return { ...labels(Object.fromEntries(pairs), flag) };
  } catch (thrown) {
    read.problem(
      flag,
      `expected name=value, got ${JSON.stringify(texts.join(' '))} (${toEnclaveError(thrown).message})`,
    );
    return {};
  }
}

/** @throws EnclaveError FILE_NOT_READABLE */
export async function readSecretFile(flag: string, path: string, io: Io): Promise<string> {
  try {
    return await readFile(resolve(io.cwd, path), 'utf8');
  } catch (cause) {
    throw new EnclaveError(
      'FILE_NOT_READABLE',
      `${flag}: expected a file that can be read, got ${JSON.stringify(path)}`,
      {
        cause,
      },
    );
  }
}

/** Resolves at the first SIGINT or SIGTERM. */
export function untilInterrupted({ interrupted }: Io): Promise<void> {
  if (interrupted.aborted) return Promise.resolve();
  return new Promise((done) => interrupted.addEventListener('abort', () => done(), { once: true }));
}
