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

export interface HttpCeiling {
  readonly connections: number;
  readonly rawPerCpuSecond: number;
  readonly rawPerSecond: number;
  readonly enginePerCpuSecond: number;
  readonly enginePerSecond: number;
  /** The engine on a schedule, at half the ceiling; without what it spins to be on time. */
  readonly openPerCpuSecond: number;
  readonly lateP99Us: number;
}

interface Rate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

const CONNECTIONS = 50;
const ROUND_MS = 3_000;
const ROUNDS = 4;

export async function measureHttp(): Promise<HttpCeiling> {
  const server = fork(fileURLToPath(new URL('./trivial-server.ts', import.meta.url)));
  const origin = await new Promise<string>((resolve) => {
    server.once('message', (port) => resolve(`http://127.0.0.1:${String(port)}`));
  });
  const raw: Rate[] = [];
  const engine: Rate[] = [];
  await rawRate(origin);
  await engineRate(origin);
  for (let round = 0; round < ROUNDS; round++) {
    const isRawFirst = round % 2 === 0;
    if (isRawFirst) raw.push(await rawRate(origin));
    engine.push(await engineRate(origin));
    if (!isRawFirst) raw.push(await rawRate(origin));
  }
  const half = median(engine.map(({ perSecond }) => perSecond)) / 2;
  const { lateP99Us, rate: open } = await openRun(origin, half);
  server.disconnect();
  return {
    connections: CONNECTIONS,
    rawPerCpuSecond: median(raw.map(({ perCpuSecond }) => perCpuSecond)),
    rawPerSecond: median(raw.map(({ perSecond }) => perSecond)),
    enginePerCpuSecond: median(engine.map(({ perCpuSecond }) => perCpuSecond)),
    enginePerSecond: median(engine.map(({ perSecond }) => perSecond)),
    openPerCpuSecond: open.perCpuSecond,
    lateP99Us,
  };
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

async function openRun(
  origin: string,
  ratePerSecond: number,
): Promise<{ readonly lateP99Us: number; readonly rate: Rate }> {
  using waker = await createThreadWaker(realClock);
  const meter = startMeter();
  const report = await run(origin, { ratePerSecond, durationMs: ROUND_MS, warmupMs: 0 }, waker);
  return {
    rate: meter(report.counts.ok_n, waker.spunMs()),
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

/** @returns ends the measurement; `idleMs` of CPU is not counted */
function startMeter(): (count: number, idleMs?: number) => Rate {
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  return (count, idleMs = 0) => {
    const { system, user } = process.cpuUsage(cpu);
    return {
      perSecond: (count / (performance.now() - startMs)) * 1_000,
      perCpuSecond: (count / (user + system - idleMs * 1_000)) * 1e6,
    };
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}
