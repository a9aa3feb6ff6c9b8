// A broker as a load target: the scenario's scripts run there, with the tools of that broker.
import { z } from 'zod';
import { createBrokerExecutor } from '../client/executor.ts';
import { EnclaveError, toEnclaveError } from '../errors.ts';
import type { ExecutionRequest, Executor, ExecutorStats } from '../execution.ts';
import type { Scenario } from '../scenario/load-scenario.ts';
import type { LoadOutcome, LoadTarget } from './load-target.ts';

export interface BrokerTarget extends LoadTarget, AsyncDisposable {
  /** The URL without credentials: for people and reports. */
  readonly address: string;
}

/** How long a broker may take to say which tools it has, ms. */
const ASK_MS = 10_000;

/**
 * Reaches a broker and checks that it can run `scenario` before any load is sent.
 *
 * @throws EnclaveError CONNECTION_LOST when nobody answers, UNAUTHENTICATED for a wrong key, INVALID_INPUT when the broker lacks
 * tools that the scenario calls
 */
export async function connectBroker(
  serverUrl: string,
  apiKey: string | undefined,
  scenario: Scenario,
): Promise<BrokerTarget> {
  const url = URL.parse(serverUrl);
  if (url === null || !/^(https?|wss?):$/u.test(url.protocol)) {
    throw new EnclaveError(
      'INVALID_INPUT',
      `--broker: expected http:// or https:// of a broker, got ${JSON.stringify(serverUrl)}`,
    );
  }
  await checkTools(serverUrl, apiKey, scenario);
  const executor = createBrokerExecutor({
    serverUrl,
    ...(apiKey === undefined ? {} : { apiKey }),
    // A retry would hide from the figures what a caller of that moment felt.
    reconnection: { enabled: false },
  });
  return new RemoteTarget(executor, `${url.origin}${url.pathname.replace(/\/$/u, '')}`);
}

class RemoteTarget implements BrokerTarget {
  readonly address: string;
  readonly #executor: Executor;

  constructor(executor: Executor, address: string) {
    this.#executor = executor;
    this.address = address;
  }

  /** A broker that refuses or is gone is a failure to be counted, under its own code. */
  async execute(request: ExecutionRequest): Promise<LoadOutcome> {
    try {
      return await this.#executor.execute(request);
    } catch (thrown) {
      const { code } = toEnclaveError(thrown);
      return { success: false, error: { code, isUnreachable: code === 'CONNECTION_LOST' } };
    }
  }

  ready(): Promise<void> {
    return this.#executor.ready();
  }

  stats(): ExecutorStats {
    return this.#executor.stats();
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#executor[Symbol.asyncDispose]();
  }
}

async function checkTools(serverUrl: string, apiKey: string | undefined, scenario: Scenario): Promise<void> {
  const needed = Object.keys(scenario.tools);
  if (needed.length === 0) return;
  const served = new Set(await toolNames(serverUrl.replace(/^ws/u, 'http').replace(/\/+$/u, ''), apiKey));
  const missing = needed.filter((name) => !served.has(name));
  if (missing.length === 0) return;
  throw new EnclaveError(
    'INVALID_INPUT',
    `--broker: expected the tools of the scenario there, missing ${missing.join(', ')}`,
    { hint: `a broker serves simulated ones with: enclave serve --tools scenario:${scenario.name}` },
  );
}

async function toolNames(baseUrl: string, apiKey: string | undefined): Promise<string[]> {
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const answer = await fetch(`${baseUrl}/tools`, { headers, signal: AbortSignal.timeout(ASK_MS) }).catch(
    (cause: unknown) => {
      throw new EnclaveError('CONNECTION_LOST', `--broker: nobody answers at ${maskUrl(baseUrl)}`, { cause });
    },
  );
  if (answer.status === 401 || answer.status === 403) {
    throw new EnclaveError(
      'UNAUTHORIZED',
      '--broker: expected a key that the broker knows in ENCLAVE_API_KEY',
    );
  }
  const listing = LISTING.safeParse(await answer.json().catch(() => undefined));
  if (!answer.ok || !listing.success) {
    throw new EnclaveError(
      'INVALID_INPUT',
      `--broker: expected a broker of enclave at ${maskUrl(baseUrl)}, got another service (HTTP ${answer.status})`,
    );
  }
  return listing.data.tools.map(({ name }) => name);
}

const LISTING = z.looseObject({ tools: z.array(z.looseObject({ name: z.string() })) });

function maskUrl(url: string): string {
  return url.replace(/\/\/[^/@]*@/u, '//');
}
