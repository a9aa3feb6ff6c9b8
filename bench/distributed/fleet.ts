// The processes of a fleet, all on loopback: redis-server, one broker, runtimes. Built code, started as users start it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Isolation } from '../../src/execution.ts';

/** As docs/distributed.md asks for it. */
export const REDIS_SETTINGS: readonly string[] = [
  ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'],
  ...['--stream-node-max-bytes', '1024'],
  ...['--hash-max-listpack-entries', '512', '--hash-max-listpack-value', '1024'],
];

const START_MS = 30_000;
const STOP_MS = 10_000;
/** Linux counts processor time in hundredths of a second. */
const TICK_US = 10_000;
const root = fileURLToPath(new URL('../../', import.meta.url));
const tools = fileURLToPath(new URL('tools.ts', import.meta.url));

export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** What it printed until it was up. */
  readonly said: string;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts a program and waits for a line that tells that it is up. It ends with this process, whatever happens. */
async function start(command: string, args: readonly string[], isUp: RegExp): Promise<Running> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const late = setTimeout(kill, STOP_MS);
    await gone;
    clearTimeout(late);
    process.removeListener('exit', kill);
  };
  try {
    const said = await untilUp(child, isUp);
    return { pid: child.pid ?? 0, said, end, [Symbol.asyncDispose]: () => end('SIGTERM') };
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
}

function untilUp(child: ChildProcess, isUp: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (chunk: Buffer) => {
      text = `${text}${chunk.toString()}`.slice(-10_000);
      if (text.split('\n').some((line) => isUp.test(line))) resolve(text);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${child.spawnfile} ended with ${code}:\n${text}`)));
    setTimeout(() => reject(new Error(`not up after ${START_MS} ms:\n${text}`)), START_MS).unref();
  });
}

export async function startRedis(port: number): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'enclave-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, ...REDIS_SETTINGS];
  return await start('redis-server', args, /Ready to accept connections/u);
}

const cli = (flags: readonly string[]) => [join(root, 'bin/enclave.js'), ...flags];

export async function startBroker(
  redisPort: number,
  port: number,
  { nodeFlags = [], maxSessions = 20_000 }: { nodeFlags?: readonly string[]; maxSessions?: number } = {},
): Promise<Running> {
  const flags = ['broker', '--redis', `redis://127.0.0.1:${redisPort}`, '--tools', tools];
  const more = ['--port', `${port}`, '--max-sessions', `${maxSessions}`, '--drain', '0s'];
  return await start(process.execPath, [...nodeFlags, ...cli([...flags, ...more])], /^listening on/u);
}

/** The server of `bare-server.ts`. */
export async function startBareServer(port: number): Promise<Running> {
  const script = fileURLToPath(new URL('bare-server.ts', import.meta.url));
  return await start(process.execPath, [script, `${port}`], /^listening on/u);
}

export async function startRuntime(
  brokerPort: number,
  options: { readonly isolation: Isolation; readonly slots: number; readonly nodeFlags?: readonly string[] },
): Promise<Running> {
  const { isolation, slots, nodeFlags = [] } = options;
  const flags = ['runtime', '--broker', `ws://127.0.0.1:${brokerPort}`, '--workers', '1'];
  const more = ['--isolation', isolation, '--slots', `${slots}`, '--drain', '0s'];
  return await start(process.execPath, [...nodeFlags, ...cli([...flags, ...more])], /^connected to/u);
}

/** The runtime of `instant-runtime.ts`. */
export async function startInstantRuntime(brokerPort: number, slots: number): Promise<Running> {
  const script = fileURLToPath(new URL('instant-runtime.ts', import.meta.url));
  return await start(process.execPath, [script, `${brokerPort}`, `${slots}`], /^connected to/u);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Processor time of a process since its start, us. */
export function cpuUs(pid: number): number {
  // 14 and 15 of proc(5): utime, stime.
  return (statOf(pid, 14) + statOf(pid, 15)) * TICK_US;
}

/** Processor time of the processes below one, us, those that have ended included. */
export function childrenUs(pid: number): number {
  // 16 and 17: cutime, cstime.
  const endedUs = (statOf(pid, 16) + statOf(pid, 17)) * TICK_US;
  return descendants(pid).reduce((sum, child) => sum + cpuUs(child), endedUs);
}

/** A field of /proc/pid/stat by its number in proc(5), from 3. */
function statOf(pid: number, field: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program may hold spaces; what follows its bracket does not.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[field - 3]);
}

/** All processes below one. */
function descendants(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ');
    return children
      .filter((text) => text.trim() !== '')
      .flatMap((text) => [Number(text), ...descendants(Number(text))]);
  });
}

/** Resident memory of a process, bytes. */
export function rssBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1]) * 1_024;
}

/** Has a node process that was started with `--inspect` collect its garbage: what remains is held. */
export async function collectGarbage({ said }: Running): Promise<void> {
  const url = /Debugger listening on (ws:\S+)/u.exec(said)?.[1];
  if (url === undefined) throw new Error('the process was not started with --inspect');
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', () =>
      socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' })),
    );
    socket.addEventListener('message', resolve);
    socket.addEventListener('error', () => reject(new Error('the inspector cannot be reached')));
  });
  socket.close();
}
