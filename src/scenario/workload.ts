// What the i-th execution of a scenario is: its script, tenant and request; and the simulated tools it calls.
import { type Clock, drawUniform } from '../clock.ts';
import type { ExecutionLimits, ExecutionRequest, ToolHandler } from '../execution.ts';
import { callIndex, drawLatencyMs, STREAM } from './latency-law.ts';
import type { Scenario } from './load-scenario.ts';

/** One drawn execution. The same (scenario, seed, index) gives the same one in any process. */
export interface Job {
  readonly index: number;
  readonly script: string;
  readonly tenant: string;
  readonly expect: readonly string[];
  /** Made when it is read: not every target runs scripts. */
  readonly request: ExecutionRequest;
}

export interface Workload {
  /** The execution with this index, from 0. */
  job(index: number): Job;
}

/** Ids of the tenants beside which the others are looked at. */
export function hostileTenants({ tenants }: Pick<Scenario, 'tenants'>): string[] {
  return tenants.filter(({ hostile }) => hostile === true).map(({ id }) => id);
}

/** Draws executions of `scenario` with `seed`; `timeoutMs` bounds the wait in the target's queue. */
export function createWorkload(scenario: Scenario, seed: number, timeoutMs: number): Workload {
  const claimed = new Set(scenario.tenants.flatMap(({ scripts }) => scripts ?? []));
  const pickTenant = createPicker(
    scenario.tenants.map(({ id, scripts: own, weight }) => {
      const isMine = (script: string): boolean => own?.includes(script) ?? !claimed.has(script);
      return { id, weight, pickScript: createPicker(scenario.scripts.filter((script) => isMine(script.id))) };
    }),
  );
  const limits = { queueMs: timeoutMs, ...scenario.limits };
  return {
    job(index) {
      const { id: tenant, pickScript } = pickTenant(seed, STREAM.tenant, index);
      return new DrawnJob(index, tenant, pickScript(seed, STREAM.script, index), limits);
    },
  };
}

class DrawnJob implements Job {
  readonly index: number;
  readonly tenant: string;
  readonly #script: Scenario['scripts'][number];
  readonly #limits: Partial<ExecutionLimits>;

  constructor(
    index: number,
    tenant: string,
    script: Scenario['scripts'][number],
    limits: Partial<ExecutionLimits>,
  ) {
    this.index = index;
    this.tenant = tenant;
    this.#script = script;
    this.#limits = limits;
  }

  get script(): string {
    return this.#script.id;
  }

  get expect(): readonly string[] {
    return this.#script.expect;
  }

  get request(): ExecutionRequest {
    const { args, filename, language, source } = this.#script;
    return {
      source,
      filename,
      language,
      args: withIndex(args, this.index),
      tenant: this.tenant,
      executionId: executionIdOf(this.index),
      limits: this.#limits,
    };
  }
}

function withIndex(args: unknown, index: number): unknown {
  const isObject = typeof args === 'object' && args !== null && !Array.isArray(args);
  return isObject ? { index, ...args } : args;
}

function executionIdOf(index: number): string {
  return `bench-${index}`;
}

function executionIndexOf(executionId: string): number {
  const index = Number(executionId.slice(executionId.lastIndexOf('-') + 1));
  return Number.isSafeInteger(index) ? index : 0;
}

/** Picks by weight: a draw in [0, 1) falls into the item whose share of the total it lies in. */
function createPicker<T extends { readonly weight: number }>(
  items: readonly T[],
): (seed: number, stream: number, index: number) => T {
  const total = items.reduce((sum, item) => sum + item.weight, 0);
  const last = items.at(-1);
  if (last === undefined) throw new RangeError('nothing to pick from');
  if (items.length === 1) return () => last;
  return (seed, stream, index) => {
    let rest = drawUniform(seed, stream, index) * total;
    for (const item of items) {
      rest -= item.weight;
      if (rest < 0) return item;
    }
    return last;
  };
}

/** The simulated tools of a scenario: each waits by its latency law and answers, or fails, as its spec says. */
export function createSimulatedTools(scenario: Scenario, seed: number, clock: Clock): ToolHandler {
  return async (name, args, context) => {
    const tool = Object.hasOwn(scenario.tools, name) ? scenario.tools[name] : undefined;
    if (tool === undefined) throw toolFailure('UNKNOWN_TOOL', `the scenario has no tool ${name}`);
    const index = callIndex(executionIndexOf(context.executionId), context.callId);
    const latencyMs = drawLatencyMs(tool.latency, seed, index, tool.trace);
    await wait(clock, latencyMs, context.signal);
    if (drawUniform(seed, STREAM.toolFailure, index) < tool.errorRate) {
      throw toolFailure('SIMULATED_FAILURE', `${name} failed, as the scenario asks of some calls`);
    }
    if (tool.resultBytes === 0) return tool.result ?? { args };
    return { ...asObject(tool.result ?? { args }), padding: 'x'.repeat(tool.resultBytes) };
  };
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { value };
}

function toolFailure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** Resolves after `ms`, or at once when the answer is no longer wanted. */
function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      signal.removeEventListener('abort', finish);
      cancel();
      resolve();
    };
    const cancel = clock.setTimer(ms, finish);
    signal.addEventListener('abort', finish, { once: true });
  });
}
