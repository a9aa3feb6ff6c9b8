// Sessions per second through a whole fleet, and what each of its processes pays for one.
import { setTimeout as delay } from 'node:timers/promises';
import type { Isolation } from '../../src/execution.ts';
import {
  childrenUs,
  cpuUs,
  freePort,
  startBareServer,
  startBroker,
  startInstantRuntime,
  startRedis,
  startRuntime,
} from './fleet.ts';
import { type LoadResult, load } from './http-load.ts';

export interface Cell {
  readonly name: string;
  /** `instant`: runtimes that run nothing and answer at once, so that all there is to measure is control. */
  readonly isolation: Isolation | 'instant';
  readonly code: string;
  readonly expect: string;
  readonly concurrency: number;
  /** How the client asks: one answer at the end, or the events as a stream. */
  readonly accept: 'application/json' | 'text/event-stream';
}

export interface CellResult extends LoadResult {
  /** Processor time per session, us. Unlike rates, hardly moved by other load. */
  readonly brokerUs: number;
  readonly redisUs: number;
  /** Of the runtimes themselves, without the processes that hold the isolates. */
  readonly runtimeUs: number;
  readonly hostUs: number;
  /** Of the load generator, which shares the cores and is no part of the fleet. */
  readonly clientUs: number;
}

/** Before the first cell of a fleet: its five processes begin with nothing compiled, as a server does once in its life. */
const FIRST_WARM_UP_MS = 6_000;
const WARM_UP_MS = 1_500;
const RUNTIMES = 2;
const SLOTS = 128;
/** Time for the first host processes to be ready before anything is asked of them. */
const SETTLE_MS = 300;

export interface Profiled {
  /** Flags of node for the broker, such as `--cpu-prof`. */
  readonly brokerFlags: readonly string[];
  /** The same for the runtimes. */
  readonly runtimeFlags: readonly string[];
}

/** Runs the cells of one isolation on one fleet, one after the other. */
export async function measureCells(
  cells: readonly Cell[],
  seconds: number,
  { brokerFlags, runtimeFlags }: Profiled,
): Promise<CellResult[]> {
  const isolation = cells[0]?.isolation ?? 'isolate';
  const [redisPort, port] = [await freePort(), await freePort()];
  await using redis = await startRedis(redisPort);
  await using broker = await startBroker(redisPort, port, { nodeFlags: brokerFlags });
  await using runtimes = new AsyncDisposableStack();
  const pids: number[] = [];
  for (let i = 0; i < RUNTIMES; i++) {
    const runtime =
      isolation === 'instant'
        ? await startInstantRuntime(port, SLOTS)
        : await startRuntime(port, { isolation, slots: SLOTS, nodeFlags: runtimeFlags });
    pids.push(runtimes.use(runtime).pid);
  }
  await delay(SETTLE_MS);
  const results: CellResult[] = [];
  for (const [index, { code, expect, concurrency, accept }] of cells.entries()) {
    const spent = () => ({
      broker: cpuUs(broker.pid),
      redis: cpuUs(redis.pid),
      runtime: sum(pids.map(cpuUs)),
      host: sum(pids.map(childrenUs)),
      client: ownUs(),
    });
    let before = spent();
    const path = accept === 'application/json' ? '/sessions?wait=20000' : '/sessions';
    const body = { code };
    const result = await load(
      { port, concurrency, path, accept, body, expect },
      index === 0 ? FIRST_WARM_UP_MS : WARM_UP_MS,
      seconds * 1_000,
      () => {
        before = spent();
      },
    );
    const after = spent();
    const each = (name: keyof typeof before) => (after[name] - before[name]) / result.count;
    results.push({
      ...result,
      brokerUs: each('broker'),
      redisUs: each('redis'),
      runtimeUs: each('runtime'),
      hostUs: each('host'),
      clientUs: each('client'),
    });
  }
  return results;
}

/** Processor time of a bare HTTP server for a request like those of a cell, us: what no broker goes below here. */
export async function measureBareHttpUs(
  { code, expect, concurrency }: Cell,
  seconds: number,
): Promise<number> {
  const port = await freePort();
  await using server = await startBareServer(port);
  let before = 0;
  const { count } = await load(
    { port, concurrency, path: '/', accept: 'application/json', body: { code }, expect },
    FIRST_WARM_UP_MS,
    seconds * 1_000,
    () => {
      before = cpuUs(server.pid);
    },
  );
  return (cpuUs(server.pid) - before) / count;
}

function ownUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
