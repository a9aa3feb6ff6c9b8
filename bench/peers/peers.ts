// The ways to run a script. Each takes the body of an async function and answers with its result, within a second of CPU
// time and 32 MB where it knows such bounds. They are used as their own documentation shows.
import { fork } from 'node:child_process';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import variant from '@jitl/quickjs-ng-wasmfile-release-sync';
import { loadQuickJs } from '@sebastianwessel/quickjs';
import { getQuickJS, shouldInterruptAfterDeadline } from 'quickjs-emscripten';

const { createPool } = (await import(
  new URL('../../dist/index.js', import.meta.url).href
)) as typeof import('../../src/index.ts');

export interface Peer {
  readonly name: string;
  /** Users that keep it busy: two where it works beside this process, one where it occupies this thread. */
  readonly concurrency: number;
  /** Rejects when the script failed or was stopped. */
  readonly run: (source: string) => Promise<unknown>;
  readonly close?: () => unknown;
}

const TIMEOUT_MS = 1_000;
const MEMORY_BYTES = 32 * 2 ** 20;
const HERE = new URL('.', import.meta.url);

// Each is loaded with its first use: a probe is about one of them.
let sandboxed: ReturnType<typeof loadQuickJs> | undefined;

function poolPeer(isolation: 'context' | 'isolate'): Peer {
  let pool: ReturnType<typeof createPool> | undefined;
  return {
    name: `enclave, \`${isolation}\``,
    concurrency: 64,
    run: async (source) => {
      pool ??= createPool({
        isolation,
        maxWorkerMemory: MEMORY_BYTES,
        limits: { cpuMs: TIMEOUT_MS, wallMs: 3 * TIMEOUT_MS },
      });
      const { success, value, error } = await pool.execute({ source });
      if (!success) throw new Error(error.code);
      return value;
    },
    close: () => pool?.[Symbol.asyncDispose](),
  };
}

export const peers: readonly Peer[] = [
  poolPeer('context'),
  poolPeer('isolate'),
  {
    name: 'quickjs-emscripten, fresh runtime and context',
    concurrency: 1,
    run: async (source) => {
      const quickJs = await getQuickJS();
      const runtime = quickJs.newRuntime();
      runtime.setMemoryLimit(MEMORY_BYTES);
      runtime.setInterruptHandler(shouldInterruptAfterDeadline(Date.now() + TIMEOUT_MS));
      const context = runtime.newContext();
      try {
        const promise = context.unwrapResult(context.evalCode(`(async () => {${source}\n})()`));
        const settled = context.resolvePromise(promise);
        promise.dispose();
        const jobs = runtime.executePendingJobs();
        if (jobs.error !== undefined) {
          jobs.error.dispose();
          throw new Error('interrupted');
        }
        const handle = context.unwrapResult(await settled);
        const value: unknown = context.dump(handle);
        handle.dispose();
        return value;
      } finally {
        context.dispose();
        runtime.dispose();
      }
    },
  },
  {
    name: '@sebastianwessel/quickjs',
    concurrency: 1,
    run: async (source) => {
      sandboxed ??= loadQuickJs(variant);
      const { runSandboxed } = await sandboxed;
      const result = await runSandboxed(
        async ({ evalCode }) => evalCode(`export default await (async () => {${source}\n})()`),
        { executionTimeout: TIMEOUT_MS, memoryLimit: MEMORY_BYTES },
      );
      if (!result.ok) throw new Error(result.error.name);
      return result.data;
    },
  },
  {
    name: '`node:vm`, fresh context (no sandbox, says its own manual)',
    concurrency: 1,
    run: async (source) => runInNewContext(`(async () => {${source}\n})()`, {}, { timeout: TIMEOUT_MS }),
  },
  {
    name: 'fresh worker thread',
    concurrency: 2,
    run: (source) => {
      const worker = new Worker(new URL('thread.ts', HERE), {
        workerData: source,
        env: {},
        resourceLimits: { maxOldGenerationSizeMb: MEMORY_BYTES / 2 ** 20 },
      });
      const stop = (): void => void worker.terminate();
      return settle(worker, stop).finally(stop);
    },
  },
  {
    name: 'fresh process',
    concurrency: 2,
    run: (source) => {
      const child = fork(new URL('process.ts', HERE), {
        env: {},
        execArgv: [`--max-old-space-size=${MEMORY_BYTES / 2 ** 20}`],
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
      child.send(source);
      const stop = (): void => void child.kill('SIGKILL');
      return settle(child, stop).finally(stop);
    },
  },
];

function settle(from: Worker | ReturnType<typeof fork>, stop: () => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop();
      reject(new Error('timeout'));
    }, 2 * TIMEOUT_MS);
    const end = (how: () => void): void => {
      clearTimeout(timer);
      how();
    };
    const emitter: NodeJS.EventEmitter = from;
    emitter.on('message', (value: unknown) => end(() => resolve(value)));
    emitter.on('error', (fault: Error) => end(() => reject(fault)));
    emitter.on('exit', () => end(() => reject(new Error('ended'))));
  });
}
