// Process entry: the pool under test and its simulated tools, apart from the load generator. Started by isolated-executor.ts.
import process from 'node:process';
import { machineOffsetMs, realClock } from '../clock.ts';
import { toEnclaveError } from '../errors.ts';
import type { Executor } from '../execution.ts';
import { createPool } from '../pool/pool.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import { createSimulatedTools } from '../scenario/workload.ts';
import { watchEvents } from './execution-marks.ts';
import { batched } from './isolated-batch.ts';
import type { FromChild, IsolatedSetup, ToChild } from './isolated-messages.ts';
import { type StallWatch, startStallWatch } from './stall-watch.ts';

const STATS_EVERY_MS = 250;

const send = batched<FromChild>((messages) => {
  // The parent may be gone already; there is then nobody to tell.
  if (process.connected) process.send?.(messages, () => undefined);
});
const running = new Map<number, AbortController>();
let pool: Executor | undefined;
let stallWatch: StallWatch | undefined;

// What comes in is our own parent's, typed by ToChild; a child inherits no other channel.
process.on('message', (messages: readonly ToChild[]) => {
  for (const message of messages) handle(message);
});
process.on('disconnect', () => void shutDown());
// The parent decides when a run that is interrupted ends: Ctrl-C reaches the whole group.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

function handle(message: ToChild): void {
  switch (message.type) {
    case 'setup':
      setUp(message).catch((error: unknown) =>
        send({ type: 'fault', id: null, message: toEnclaveError(error).message }),
      );
      return;
    case 'execute':
      void execute(message.id, message.request);
      return;
    case 'cancel':
      running.get(message.id)?.abort();
  }
}

async function setUp({ cwd, isolation, poolSize, scenario: name, seed }: IsolatedSetup): Promise<void> {
  const scenario = await loadScenario(name, cwd);
  pool = createPool({
    toolHandler: createSimulatedTools(scenario, seed, realClock),
    ...(poolSize === null ? {} : { poolSize }),
    ...(isolation === null ? {} : { isolation }),
  });
  await pool.ready();
  // From the start of the machine's clock, so that the parent can put them on its own time line.
  stallWatch = startStallWatch(realClock, -machineOffsetMs());
  sendStats();
  setInterval(sendStats, STATS_EVERY_MS).unref();
  send({ type: 'ready' });
}

function sendStats(): void {
  const { system, user } = process.cpuUsage();
  if (pool !== undefined) send({ type: 'stats', stats: pool.stats(), cpuMs: (user + system) / 1_000 });
  const stalls = stallWatch?.take() ?? [];
  if (stalls.length > 0) send({ type: 'stalls', stalls });
}

async function execute(id: number, request: Parameters<Executor['execute']>[0]): Promise<void> {
  if (pool === undefined) return;
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const onEvent = watchEvents({
      connected: () => {},
      onCancel: () => {},
      first: () => send({ type: 'seen', id, what: 'first' }),
      line: () => send({ type: 'seen', id, what: 'line' }),
      toolCall: (durationMs) => send({ type: 'called', id, durationMs }),
    });
    const { error, stats } = await pool.execute({ ...request, signal: controller.signal, onEvent });
    send({ type: 'outcome', id, stats, ...(error === undefined ? {} : { error }) });
  } catch (thrown) {
    send({ type: 'fault', id, message: toEnclaveError(thrown).message });
  } finally {
    running.delete(id);
  }
}

async function shutDown(): Promise<void> {
  await pool?.[Symbol.asyncDispose]();
  process.exit(0);
}
