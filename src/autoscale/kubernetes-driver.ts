// Runtimes as pods of a deployment: one number, written through the `scale` subresource with the token of the service account.
// Its role needs `get` and `patch` of `deployments/scale`, and nothing else.
import { existsSync, readFileSync } from 'node:fs';
import type { Agent } from 'undici';
import { z } from 'zod';
import { EnclaveError } from '../errors.ts';
import type { PoolDriver } from './driver.ts';

export interface KubernetesOptions {
  /** Name of the deployment of the runtimes. */
  readonly deployment: string;
  /** Default: the namespace of this pod. */
  readonly namespace?: string;
  /** Default: `https://kubernetes.default.svc`. */
  readonly apiUrl?: string;
  /** Where the service account's files are. Default: where Kubernetes mounts them. */
  readonly accountFolder?: string;
  /** Time-out of one call, ms. Default 5,000. */
  readonly timeout?: number;
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Changes of the size by somebody else in a row, after which this driver leaves the deployment alone. */
const FOREIGN_CHANGES = 2;

const scale = z.object({
  metadata: z.object({ resourceVersion: z.string().default('') }),
  spec: z.object({ replicas: z.number().int().default(0) }),
});
type Scale = z.infer<typeof scale>;

/** @throws EnclaveError FILE_NOT_READABLE when this is no pod and neither folder nor namespace is given. */
export function createKubernetesDriver(options: KubernetesOptions): PoolDriver {
  return new KubernetesDriver(options);
}

class KubernetesDriver implements PoolDriver {
  readonly kind = 'kubernetes';
  readonly #url: string;
  readonly #folder: string;
  readonly #timeoutMs: number;
  readonly #tls: { readonly connect?: { readonly ca: string } };
  /** Loaded with the first call: most brokers scale no pods. */
  #opened: Promise<OpenClient> | undefined;
  readonly #name: string;
  /** What this driver wrote last, and how often in a row it was something else after it. */
  #written: number | undefined;
  #foreignChanges = 0;

  constructor(options: KubernetesOptions) {
    const { deployment, accountFolder = ACCOUNT, apiUrl = 'https://kubernetes.default.svc' } = options;
    this.#folder = accountFolder;
    this.#timeoutMs = options.timeout ?? 5_000;
    const namespace = options.namespace ?? this.#read('namespace');
    this.#name = `${namespace}/${deployment}`;
    this.#url = `${apiUrl}/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments/${encodeURIComponent(deployment)}/scale`;
    const hasCa = existsSync(`${accountFolder}/ca.crt`);
    this.#tls = hasCa ? { connect: { ca: this.#read('ca.crt') } } : {};
  }

  async size(): Promise<number> {
    return (await this.#get()).spec.replicas;
  }

  async #get(): Promise<Scale> {
    const found = await this.#call('GET');
    const { replicas } = found.spec;
    this.#foreignChanges =
      this.#written === undefined || replicas === this.#written ? 0 : this.#foreignChanges + 1;
    if (this.#foreignChanges >= FOREIGN_CHANGES)
      throw new EnclaveError(
        'CONFLICT',
        `somebody else scales ${this.#name}: it has ${replicas} replicas, and ${this.#written} were asked for`,
        {
          hint: 'remove the HorizontalPodAutoscaler or KEDA object of the deployment, or use the driver "none"',
        },
      );
    return found;
  }

  async scaleTo(size: number): Promise<void> {
    try {
      await this.#patch(size);
    } catch (thrown) {
      // It changed between our look and our word: look once more. Whoever loses twice leaves it to the next check.
      if (!(thrown instanceof EnclaveError) || thrown.code !== 'CONFLICT') throw thrown;
      await this.#patch(size);
    }
  }

  async #patch(size: number): Promise<void> {
    const { metadata } = await this.#call('GET');
    const { spec } = await this.#call('PATCH', { metadata, spec: { replicas: size } });
    this.#written = spec.replicas;
    this.#foreignChanges = 0;
  }

  async #call(method: 'GET' | 'PATCH', body?: unknown): Promise<Scale> {
    // Read anew each time: Kubernetes replaces the token before it runs out.
    const headers = { authorization: `Bearer ${this.#read('token')}`, accept: 'application/json' };
    const sent =
      body === undefined
        ? { headers }
        : {
            headers: { ...headers, 'content-type': 'application/merge-patch+json' },
            body: JSON.stringify(body),
          };
    let status: number;
    let text: string;
    try {
      const signal = AbortSignal.timeout(this.#timeoutMs);
      this.#opened ??= openClient(this.#tls);
      const { request, agent } = await this.#opened;
      const response = await request(this.#url, { method, ...sent, signal, dispatcher: agent });
      status = response.statusCode;
      text = await response.body.text();
    } catch (cause) {
      const isTimeout = cause instanceof Error && cause.name === 'TimeoutError';
      throw isTimeout
        ? new EnclaveError('TIMED_OUT', `the Kubernetes API did not answer within ${this.#timeoutMs} ms`, {
            cause,
          })
        : new EnclaveError('CONNECTION_LOST', 'the Kubernetes API cannot be reached', { cause });
    }
    if (status === 200) return parseScale(text);
    throw this.#refusal(method, status);
  }

  #refusal(method: 'GET' | 'PATCH', status: number): EnclaveError {
    const what = `${method} deployments/scale of ${this.#name}`;
    if (status === 401 || status === 403)
      return new EnclaveError('FORBIDDEN', `Kubernetes refuses ${what} (${status})`, {
        hint: `give the service account a role with get and patch of deployments/scale`,
      });
    if (status === 404) return new EnclaveError('NOT_FOUND', `there is no deployment ${this.#name}`);
    if (status === 409) return new EnclaveError('CONFLICT', `${this.#name} was changed at the same time`);
    return new EnclaveError('CONNECTION_LOST', `Kubernetes answered ${what} with ${status}`);
  }

  #read(file: string): string {
    try {
      return readFileSync(`${this.#folder}/${file}`, 'utf8').trim();
    } catch (cause) {
      throw new EnclaveError(
        'FILE_NOT_READABLE',
        `expected the service account's ${file} in ${this.#folder}: is this a pod?`,
        { cause },
      );
    }
  }

  /** The deployment stays as it is: the new leader writes the same number. */
  async standDown(): Promise<void> {
    this.#written = undefined;
    this.#foreignChanges = 0;
  }

  /** Brokers come and go; the pods stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#opened)?.agent.close();
  }
}

interface OpenClient {
  readonly request: typeof import('undici').request;
  readonly agent: Agent;
}

async function openClient(options: Agent.Options): Promise<OpenClient> {
  const { Agent, request } = await import('undici');
  return { request, agent: new Agent(options) };
}

function parseScale(text: string): Scale {
  try {
    return scale.parse(JSON.parse(text));
  } catch (cause) {
    throw new EnclaveError('CONNECTION_LOST', 'Kubernetes answered something else than a scale', { cause });
  }
}
