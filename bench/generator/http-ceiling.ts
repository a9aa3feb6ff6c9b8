// Requests per second of undici's bare dispatch, and of the load engine over it, against one trivial server in another process.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { httpScenario, parseHttpRequest } from '../../src/bench/http/http-request.ts';
import { HttpTarget } from '../../src/bench/http/http-target.ts';
import { planLoad } from '../../src/bench/load-plan.ts';
import { readEnvironment } from '../../src/bench/machine.ts';
import { createProcessProbe } from '../../src/bench/process-probe.ts';
import { runBench } from '../../src/bench/run-bench.ts';
import { createThreadWaker, type Waker } from '../../src/bench/waker.ts';
import { realClock } from '../../src/clock.ts';
import type { RunReport } from '../../src/report/run-report.ts';
import { barestLag } from './barest-lag.ts';

export interface HttpCeiling {
  readonly connections: number;
  readonly rawPerCpuSecond: number;
  readonly rawPerSecond: number;
  readonly enginePerCpuSecond: number;
  readonly enginePerSecond: number;
  /** Medians over the pairs of a round of each, run one after the other. */
  readonly closedRatio: number;
  readonly lag: HalfCeilingLag;
}

/** Medians over the rounds. */
export interface HalfCeilingLag {
  readonly ratePerSecond: number;
  readonly engineP99Us: number;
  /** The same arrivals handed to bare dispatch by a loop that does nothing but look at the clock: what the machine gives. */
  readonly barestP99Us: number;
  readonly ratio: number;
  /** Why: shares of the time in which the generator had no core, or collected garbage. */
  readonly coreWaitRatio: number;
  readonly collectingRatio: number;
}

interface Rate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

const CONNECTIONS = 50;
const ROUND_MS = 2_000;
const CLOSED_PAIRS = 8;
const OPEN_PAIRS = 5;

export async function measureHttp(): Promise<HttpCeiling> {
  const server = fork(fileURLToPath(new URL('./trivial-server.ts', import.meta.url)));
  const origin = await new Promise<string>((resolve) => {
    server.once('message', (port) => resolve(`http://127.0.0.1:${String(port)}`));
  });
  const closed = await pairs(
    CLOSED_PAIRS,
    () => rawRate(origin),
    () => engineRate(origin),
  );
  const perSecond = median(closed.map(([, engine]) => engine.perSecond)) / 2;
  const open = await pairs(
    OPEN_PAIRS,
    () => barestLag(origin, CONNECTIONS, perSecond, ROUND_MS),
    () => openRun(origin, perSecond),
  );
  server.disconnect();
  return {
    connections: CONNECTIONS,
    rawPerCpuSecond: median(closed.map(([raw]) => raw.perCpuSecond)),
    rawPerSecond: median(closed.map(([raw]) => raw.perSecond)),
    enginePerCpuSecond: median(closed.map(([, engine]) => engine.perCpuSecond)),
    enginePerSecond: median(closed.map(([, engine]) => engine.perSecond)),
    closedRatio: median(closed.map(([raw, engine]) => engine.perCpuSecond / raw.perCpuSecond)),
    lag: {
      ratePerSecond: perSecond,
      engineP99Us: median(open.map(([, engine]) => engine.lateP99Us)),
      barestP99Us: median(open.map(([barest]) => barest)),
      ratio: median(open.map(([barest, engine]) => engine.lateP99Us / barest)),
      coreWaitRatio: median(open.map(([, engine]) => engine.coreWaitRatio)),
      collectingRatio: median(open.map(([, engine]) => engine.collectingRatio)),
    },
  };
}

/** Runs both by turns, after one of each that is not counted: the first compile everything. */
async function pairs<A, B>(count: number, a: () => Promise<A>, b: () => Promise<B>): Promise<[A, B][]> {
  await a();
  await b();
  const done: [A, B][] = [];
  for (let pair = 0; pair < count; pair++) {
    if (pair % 2 === 0) {
      const first = await a();
      done.push([first, await b()]);
    } else {
      const first = await b();
      done.push([await a(), first]);
    }
  }
  return done;
}

/** The least that a closed loop over dispatch can do: one handler object a request. */
async function rawRate(origin: string): Promise<Rate> {
  const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1 });
  let count = 0;
  const meter = startMeter();
  const endMs = performance.now() + ROUND_MS;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, () => {
      const { promise, reject, resolve } = Promise.withResolvers<void>();
      const next = (): void => {
        if (performance.now() >= endMs) {
          resolve();
          return;
        }
        pool.dispatch(
          { path: '/', method: 'GET' },
          {
            onRequestStart() {},
            onResponseStart() {},
            onResponseData() {},
            onResponseEnd() {
              count += 1;
              next();
            },
            onResponseError: (_controller, error) => reject(error),
          },
        );
      };
      next();
      return promise;
    }),
  );
  const rate = meter(count);
  await pool.destroy();
  return rate;
}

async function engineRate(origin: string): Promise<Rate> {
  const meter = startMeter();
  const report = await run(origin, { concurrency: CONNECTIONS, durationMs: ROUND_MS, warmupMs: 0 });
  return meter(report.counts.ok_n);
}

interface OpenRun {
  readonly lateP99Us: number;
  readonly coreWaitRatio: number;
  readonly collectingRatio: number;
}

async function openRun(origin: string, ratePerSecond: number): Promise<OpenRun> {
  using waker = await createThreadWaker(realClock);
  const report = await run(origin, { ratePerSecond, durationMs: ROUND_MS, warmupMs: 0 }, waker);
  const check = (id: string): number => report.validity.checks.find((entry) => entry.id === id)?.value ?? NaN;
  return {
    coreWaitRatio: check('core-wait'),
    collectingRatio: check('collecting'),
    lateP99Us: report.latency.find(({ metric }) => metric === 'late')?.p99_us ?? Infinity,
  };
}

/** Read once: what a run does before its first request is not what is measured here. */
const environment = await readEnvironment(createProcessProbe(), []);

async function run(
  origin: string,
  overrides: Parameters<typeof planLoad>[1],
  waker?: Waker,
): Promise<RunReport> {
  const request = parseHttpRequest({ url: origin });
  const scenario = httpScenario(request);
  await using executor = new HttpTarget({ request, connections: CONNECTIONS });
  const { report } = await runBench({
    scenario,
    plan: planLoad(scenario, overrides),
    executor,
    target: { driver: 'http', pool_size_n: null, isolation: null },
    signal: new AbortController().signal,
    argv: [],
    environment,
    ...(waker === undefined ? {} : { waker }),
  });
  return report;
}

/** @returns ends the measurement */
function startMeter(): (count: number) => Rate {
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  return (count) => {
    const { system, user } = process.cpuUsage(cpu);
    return {
      perSecond: (count / (performance.now() - startMs)) * 1_000,
      perCpuSecond: (count / (user + system)) * 1e6,
    };
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}
