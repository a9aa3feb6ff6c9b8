// Ten times what there are places for: how fast the rest is refused, and what that costs those who were let in.
// An open loop: requests are sent when they are due, and timed from then, however slow the answers are.
import { setTimeout as delay } from 'node:timers/promises';
import { cpuUs, freePort, startBroker, startRedis, startRuntime } from './fleet.ts';
import { type Connection, open, requestText } from './http-load.ts';
import { PAUSE_MS } from './tools.ts';

export interface FloodResult {
  readonly accepted: number;
  readonly acceptedP99Ms: number;
  readonly refused: number;
  readonly refusedP50Ms: number;
  readonly refusedP99Ms: number;
}

export interface OverloadResult {
  /** Places ÷ the time that a session holds one. */
  readonly capacityPerSecond: number;
  /** At half of that. */
  readonly calm: FloodResult;
  /** At ten times that: the flood with the median p99 of the refused. */
  readonly flooded: FloodResult;
  /** Of all floods, ms. */
  readonly allRefusedP99Ms: readonly number[];
  /** Processor time of the broker per submit of the flood, us. Unlike latencies, hardly moved by other load. */
  readonly brokerUs: number;
}

const PLACES = 16;
const FLOODS = 3;
const WARM_UP_MS = 1_000;
const SETTLE_MS = 300;
/** Requests under way at one time: more than are ever due before the first are answered. */
const CONNECTIONS = 400;
const CODE = 'return await callTool("pause", {})';

export async function measureOverload(
  seconds: number,
  nodeFlags: readonly string[] = [],
): Promise<OverloadResult> {
  const [redisPort, port] = [await freePort(), await freePort()];
  await using _redis = await startRedis(redisPort);
  await using broker = await startBroker(redisPort, port, { maxSessions: PLACES, nodeFlags });
  await using _runtime = await startRuntime(port, { isolation: 'context', slots: PLACES });
  await delay(SETTLE_MS);
  const capacityPerSecond = PLACES / (PAUSE_MS / 1_000);
  const calm = await flood(port, capacityPerSecond / 2, seconds * 1_000);
  const before = cpuUs(broker.pid);
  const floods: FloodResult[] = [];
  for (let i = 0; i < FLOODS; i++) floods.push(await flood(port, capacityPerSecond * 10, seconds * 1_000));
  const submits = FLOODS * capacityPerSecond * 10 * (seconds + WARM_UP_MS / 1_000);
  const brokerUs = (cpuUs(broker.pid) - before) / submits;
  floods.sort((a, b) => a.refusedP99Ms - b.refusedP99Ms);
  const flooded = floods[Math.floor(FLOODS / 2)];
  if (flooded === undefined) throw new Error('nothing was flooded');
  const allRefusedP99Ms = floods.map(({ refusedP99Ms }) => refusedP99Ms);
  return { capacityPerSecond, calm, flooded, allRefusedP99Ms, brokerUs };
}

async function flood(port: number, perSecond: number, measuredMs: number): Promise<FloodResult> {
  const idle: Connection[] = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(port)));
  const all = [...idle];
  const path = '/sessions?wait=20000';
  const text = requestText({ port, path, accept: 'application/json', body: { code: CODE } });
  const acceptedMs: number[] = [];
  const refusedMs: number[] = [];
  const fromMs = performance.now();
  const pending: Promise<void>[] = [];
  const ask = async (connection: Connection, dueMs: number) => {
    const reply = await connection.ask(text);
    idle.push(connection);
    const isRefused = reply.startsWith('HTTP/1.1 503') && /\r\nretry-after: \d+\r\n/u.test(reply);
    if (!isRefused && !reply.startsWith('HTTP/1.1 200')) throw new Error(`unexpected reply:\n${reply}`);
    if (dueMs - fromMs < WARM_UP_MS) return;
    (isRefused ? refusedMs : acceptedMs).push(performance.now() - dueMs);
  };
  const count = (perSecond * (WARM_UP_MS + measuredMs)) / 1_000;
  for (let i = 0; i < count; i++) {
    const dueMs = fromMs + (i * 1_000) / perSecond;
    while (performance.now() < dueMs || idle.length === 0) await delay(1);
    const connection = idle.pop();
    if (connection !== undefined) pending.push(ask(connection, dueMs));
  }
  await Promise.all(pending);
  for (const connection of all) connection.close();
  const refused = quantiles(refusedMs);
  return {
    accepted: acceptedMs.length,
    acceptedP99Ms: quantiles(acceptedMs)(0.99),
    refused: refusedMs.length,
    refusedP50Ms: refused(0.5),
    refusedP99Ms: refused(0.99),
  };
}

function quantiles(values: readonly number[]): (share: number) => number {
  const sorted = Float64Array.from(values).sort();
  return (share) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
