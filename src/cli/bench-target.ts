// Opens what a bench drives: the local pool with the scenario's simulated tools, or an HTTP service.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type BrokerTarget, connectBroker } from '../bench/broker-target.ts';
import { type HttpRequest, httpScenario, parseHttpRequest } from '../bench/http/http-request.ts';
import { HttpTarget } from '../bench/http/http-target.ts';
import { createIsolatedExecutor } from '../bench/isolated-executor.ts';
import type { LoadTarget } from '../bench/load-target.ts';
import type { LoadPlan } from '../bench/sample.ts';
import { realClock } from '../clock.ts';
import { EnclaveError } from '../errors.ts';
import type { ToolHandler } from '../execution.ts';
import { type PoolOptions, resolvePoolOptions } from '../pool/options.ts';
import { createPool } from '../pool/pool.ts';
import type { TargetFacts } from '../report/run-report.ts';
import { loadScenario, type Scenario } from '../scenario/load-scenario.ts';
import { createSimulatedTools } from '../scenario/workload.ts';
import type { BenchSettings, HttpFlags, PoolFlags } from './bench-flags.ts';
import type { Io } from './io.ts';

export interface Target extends AsyncDisposable {
  readonly executor: LoadTarget;
  /** CPU of the process that holds the pool, when that is not this one; null where it cannot be known. */
  readonly embeddingCpuMs?: (() => number) | null;
  readonly facts: Omit<TargetFacts, 'max_in_flight_n' | 'timeout_ms'>;
}

/** What is to be measured, read and checked; nothing is started yet. */
export interface Subject {
  readonly scenario: Scenario;
  /**
   * @param plan - the load it will have to bear
   * @param workers - host processes of the pool, instead of what the command line says
   */
  readonly open: (plan: LoadPlan, workers?: number) => Target;
}

/**
 * @param toolHandler - serves the scenario's scripts instead of its simulated tools
 * @throws EnclaveError for a scenario, request or file that is not as expected
 */
export async function readSubject(
  { pool, subject }: Pick<BenchSettings, 'pool' | 'subject'>,
  { cwd, env }: Pick<Io, 'cwd' | 'env'>,
  toolHandler?: ToolHandler,
): Promise<Subject> {
  if (subject.kind === 'http') {
    const request = await readRequest(subject.http, cwd);
    return {
      scenario: httpScenario(request),
      open: (plan) => openHttp(request, plan, subject.http.verifyCertificate),
    };
  }
  const scenario = await loadScenario(subject.scenario, cwd);
  if (subject.kind === 'broker') {
    const apiKey = env['ENCLAVE_API_KEY'];
    const broker = await connectBroker(subject.url, apiKey, scenario);
    return { scenario, open: () => openBroker(broker) };
  }
  return {
    scenario,
    open: (plan, workers) => {
      const flags = workers === undefined ? pool : { ...pool, poolSize: workers };
      return flags.isIsolated
        ? openIsolated(subject.scenario, plan, flags, cwd)
        : openPool(flags, toolHandler ?? createSimulatedTools(scenario, plan.seed, realClock));
    },
  };
}

/** @throws EnclaveError for a request or file that is not as expected */
export async function readRequest(
  { body, headers, method, url }: HttpFlags,
  cwd: string,
): Promise<HttpRequest> {
  return parseHttpRequest({
    url,
    method,
    headers,
    body: body === undefined ? undefined : await readBody(body, cwd),
  });
}

async function readBody(body: string, cwd: string): Promise<Buffer> {
  if (!body.startsWith('@')) return Buffer.from(body);
  try {
    return await readFile(resolve(cwd, body.slice(1)));
  } catch (cause) {
    throw new EnclaveError(
      'FILE_NOT_READABLE',
      `--body: expected a readable file, got ${JSON.stringify(body)}`,
      { cause },
    );
  }
}

function openHttp(request: HttpRequest, plan: LoadPlan, verifyCertificate: boolean): Target {
  const executor = new HttpTarget({ request, connections: plan.maxInFlight, verifyCertificate });
  return {
    executor,
    embeddingCpuMs: null,
    facts: { driver: 'http', address: request.shown, pool_size_n: null, isolation: null },
    [Symbol.asyncDispose]: () => executor[Symbol.asyncDispose](),
  };
}

function openBroker(broker: BrokerTarget): Target {
  return {
    executor: broker,
    embeddingCpuMs: null,
    facts: { driver: 'broker', address: broker.address, pool_size_n: null, isolation: null },
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

/** In a child process, so that the load generator shares no event loop with what it measures. */
function openIsolated(scenario: string, plan: LoadPlan, flags: PoolFlags, cwd: string): Target {
  const child = createIsolatedExecutor({
    scenario,
    cwd,
    seed: plan.seed,
    poolSize: flags.poolSize ?? null,
    isolation: flags.isolation ?? null,
  });
  const { isolation, poolSize } = resolvePoolOptions(poolOptionsOf(flags));
  return {
    executor: child,
    embeddingCpuMs: () => child.embeddingCpuMs(),
    facts: { driver: 'local, isolated', pool_size_n: poolSize, isolation },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

function openPool(flags: PoolFlags, toolHandler: ToolHandler): Target {
  const options = poolOptionsOf(flags);
  const executor = createPool({ ...options, toolHandler });
  const { isolation, poolSize } = resolvePoolOptions(options);
  return {
    executor,
    facts: { driver: 'local', pool_size_n: poolSize, isolation },
    [Symbol.asyncDispose]: () => executor[Symbol.asyncDispose](),
  };
}

function poolOptionsOf({ isolation, poolSize }: PoolFlags): PoolOptions {
  return {
    ...(poolSize === undefined ? {} : { poolSize }),
    ...(isolation === undefined ? {} : { isolation }),
  };
}
