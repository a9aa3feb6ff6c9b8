// Options that serve, broker and runtime share, read and checked.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { RoutingRule } from '../broker/routing.ts';
import { EnclaveError, toEnclaveError } from '../errors.ts';
import { labels } from '../protocol/fields.ts';
import type { Io } from './io.ts';
import { OptionReader } from './option-reader.ts';

export interface BrokerFlags {
  readonly host?: string;
  readonly port?: string;
  readonly apiKeyFile?: string;
  readonly runtimeTokenFile?: string;
  readonly maxSessions?: string;
  readonly sessionTimeout?: string;
  readonly route?: readonly string[];
  readonly drain?: string;
}

export interface BrokerSettings {
  readonly host: string;
  readonly port: number;
  readonly drainMs: number;
  readonly maxConcurrentSessions: number;
  readonly sessionTimeout: number;
  readonly routingRules: readonly RoutingRule[];
  readonly auth?: { readonly apiKeys: string; readonly runtimeToken: string };
}

export interface WorkerFlags {
  readonly workers?: string;
  readonly isolation?: string;
  readonly slots?: string;
}

const DAY_MS = 86_400_000;

export function brokerOptions(command: Command): Command {
  return command
    .option('--port <n>', 'port to listen on; 0 takes a free one (default: 3001)')
    .option('--host <address>', 'address to listen on; another machine needs keys (default: 127.0.0.1)')
    .option('--api-key-file <file>', 'lines of "<key> <tenant>": who may run scripts')
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

/** @throws EnclaveError INVALID_INPUT, FILE_NOT_READABLE */
export async function readBrokerFlags(name: string, flags: BrokerFlags, io: Io): Promise<BrokerSettings> {
  const read = new OptionReader();
  const port = read.integer('--port', flags.port, { min: 0, max: 65_535, words: 'from 0 to 65535' });
  const time = { min: 0, max: DAY_MS, words: 'from 0s to 24h' };
  const drainMs = read.duration('--drain', flags.drain, time);
  const sessionTimeout = read.duration('--session-timeout', flags.sessionTimeout, { ...time, min: 1 });
  const sessions = read.integer('--max-sessions', flags.maxSessions, {
    min: 1,
    max: 1e6,
    words: 'from 1 to 1M',
  });
  const routingRules = (flags.route ?? []).flatMap((text) => readRoute(text, read));
  if ((flags.apiKeyFile === undefined) !== (flags.runtimeTokenFile === undefined))
    read.problem(
      '--api-key-file',
      'expected --api-key-file and --runtime-token-file together, got one of them',
    );
  read.finish(name);
  const { apiKeyFile, runtimeTokenFile } = flags;
  const auth =
    apiKeyFile === undefined || runtimeTokenFile === undefined
      ? undefined
      : {
          apiKeys: await readSecretFile('--api-key-file', apiKeyFile, io),
          runtimeToken: (await readSecretFile('--runtime-token-file', runtimeTokenFile, io)).trim(),
        };
  return {
    host: flags.host ?? '127.0.0.1',
    port: port ?? 3_001,
    drainMs: drainMs ?? 10_000,
    maxConcurrentSessions: sessions ?? 1_000,
    sessionTimeout: sessionTimeout ?? 300_000,
    routingRules,
    ...(auth === undefined ? {} : { auth }),
  };
}

/** `size` as the pool wants it; it checks the range itself. */
export function readWorkerFlags(
  flags: WorkerFlags,
  read: OptionReader,
): {
  readonly workerPool: { size?: number | 'cpu' | 'io' | 'mixed'; isolation?: 'isolate' | 'context' };
  readonly slots?: number;
} {
  const { workers } = flags;
  const rule = (['cpu', 'io', 'mixed'] as const).find((name) => name === workers);
  const size =
    rule ??
    read.integer('--workers', workers, { min: 1, max: 256, words: 'from 1 to 256, or cpu, io, mixed' });
  const isolation = read.choice('--isolation', flags.isolation, ['isolate', 'context']);
  const slots = read.integer('--slots', flags.slots, { min: 1, max: 4_096, words: 'from 1 to 4096' });
  return {
    workerPool: {
      ...(size === undefined ? {} : { size }),
      ...(isolation === undefined ? {} : { isolation }),
    },
    ...(slots === undefined ? {} : { slots }),
  };
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

function readRoute(text: string, read: OptionReader): RoutingRule[] {
  const [match, target, ...rest] = text.split(':');
  if (match === undefined || target === undefined || rest.length > 0) {
    read.problem(
      '--route',
      `expected labels:labels such as priority=high:tier=premium, got ${JSON.stringify(text)}`,
    );
    return [];
  }
  return [
    {
      match: readLabels('--route', match.split(','), read),
      target: readLabels('--route', target.split(','), read),
    },
  ];
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
