// A real redis-server for tests: REDIS_URL, else one that is started here and killed by its process id.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HINT = 'install it with: apt-get install -y redis-server (or set REDIS_URL)';

export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** SIGKILL; the data that was on disk stays for `start`. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Whether these tests can run here. Absent is a visible skip on a developer's machine, and a failure in CI. */
export function hasRedis(): boolean {
  if (process.env['REDIS_URL'] !== undefined) return true;
  const found = spawnSync('redis-server', ['--version']).status === 0;
  if (!found && process.env['CI'] === 'true') throw new Error(`redis-server is not on the PATH; ${HINT}`);
  if (!found) console.warn(`skipped: redis-server is not on the PATH; ${HINT}`);
  return found;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A server of our own, even if REDIS_URL is set: tests that kill it must not kill somebody else's. */
export async function startRedis(extraArgs: readonly string[] = []): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'enclave-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const start = async () => {
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...extraArgs];
    child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
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
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}:\n${log}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('Ready to accept connections')) resolve();
    });
  });
}
