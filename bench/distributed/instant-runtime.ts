// A runtime whose scripts take no time: the shipped runtime and its line to the broker, over an executor that makes the tool calls a
// script says and answers. What is left is what it costs to control sessions. `node instant-runtime.ts <port of the broker> <slots>`
import type { ExecutionOutcome, ExecutionRequest, Executor, ToolHandler } from '../../src/execution.ts';

const dist = (path: string) => new URL(`../../dist/${path}`, import.meta.url).href;
const { realClock } = (await import(dist('clock.js'))) as typeof import('../../src/clock.ts');
const { NO_STATS } = (await import(dist('no-stats.js'))) as typeof import('../../src/no-stats.ts');
const { Connection } = (await import(
  dist('runtime/connect.js')
)) as typeof import('../../src/runtime/connect.ts');
const { Runtime } = (await import(
  dist('runtime/runtime.js')
)) as typeof import('../../src/runtime/runtime.ts');

/** A script is `<number of tool calls> => <result as JSON>`. */
const SCRIPT = /^(\d) => (.*)$/u;

class InstantExecutor implements Executor {
  readonly #callTool: ToolHandler;
  readonly #signal = new AbortController().signal;
  #completed = 0;

  constructor(callTool: ToolHandler) {
    this.#callTool = callTool;
  }

  async execute({ source, executionId = '', tenant = '' }: ExecutionRequest): Promise<ExecutionOutcome> {
    const [, calls = '0', valueJson = 'null'] = SCRIPT.exec(source) ?? [];
    for (let callId = 1; callId <= Number(calls); callId++)
      await this.#callTool('one', {}, { executionId, callId, tenant, signal: this.#signal });
    this.#completed++;
    return { success: true, value: JSON.parse(valueJson), valueJson, stats: NO_STATS, logs: [] };
  }

  async ready(): Promise<void> {}

  stats(): ReturnType<Executor['stats']> {
    return { queued: 0, live: 0, completed: this.#completed, hosts: [], recycled: 0, lost: 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const [port = '', slots = ''] = process.argv.slice(2);
const runtime = new Runtime({
  createExecutor: (callTool) => new InstantExecutor(callTool),
  clock: realClock,
  labels: {},
  slots: Number(slots),
  heartbeatMs: 5_000,
});
const connection = new Connection(runtime, {
  brokerUrl: `ws://127.0.0.1:${port}`,
  clock: realClock,
  pingMs: 12_500,
  random: Math.random,
});
await connection.open();
console.error(`connected to ${port}`);
process.once('SIGTERM', () => process.exit(0));
