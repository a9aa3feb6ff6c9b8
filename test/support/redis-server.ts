// A real Redis server for tests, started here and killed by its process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedis, type RedisProgram } from './find-redis.ts';

export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** SIGKILL; the data that was on disk stays for `start`. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** A frozen server accepts connections, for the kernel does, and answers nothing. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

/**
 * In memory where there is such a folder. With everysec Redis answers before it has written while an earlier fsync is still
 * under way, for up to 2 s: on a busy disk the death of the process loses what was acknowledged. Tests are to depend on what
 * we do, not on the disk.
 */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Survives the death of the process, while the disk keeps up. */
export const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'everysec'] as const;

/** Survives the death of the machine as well: nothing is acknowledged that is not on disk. */
export const SAFEST = ['--appendonly', 'yes', '--appendfsync', 'always'] as const;

/** Whether tests that start, and kill, a server of their own can run here. */
export function hasRedis(): boolean {
  return findRedis() !== undefined;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A server of our own, even if REDIS_URL is set: tests that kill it must not kill somebody else's. */
export async function startRedis(
  extraArgs: readonly string[] = [],
  program: RedisProgram | undefined = findRedis(),
): Promise<TestRedis> {
  if (program === undefined) throw new Error('there is no Redis server here');
  const folder = mkdtempSync(join(FOLDER, 'enclave-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const start = async () => {
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...extraArgs];
    child = spawn(program.command, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...program.env },
    });
    await untilReady(child);
  };
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    kill,
    signal: (signal) => void child?.kill(signal),
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the Redis server ended with ${code}:\n${log}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('Ready to accept connections')) resolve();
    });
  });
}
