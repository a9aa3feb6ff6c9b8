// Opens what a bench drives: the local pool with the scenario's simulated tools.
import { createIsolatedExecutor } from '../bench/isolated-executor.ts';
import type { LoadPlan } from '../bench/sample.ts';
import { realClock } from '../clock.ts';
import type { Executor } from '../execution.ts';
import { resolvePoolOptions } from '../pool/options.ts';
import { createPool } from '../pool/pool.ts';
import type { TargetFacts } from '../report/run-report.ts';
import type { Scenario } from '../scenario/load-scenario.ts';
import { createSimulatedTools } from '../scenario/workload.ts';
import type { PoolFlags } from './bench-flags.ts';

export interface Target extends AsyncDisposable {
  readonly executor: Executor;
  /** CPU of the process that holds the pool, when that is not this one. */
  readonly embeddingCpuMs?: () => number;
  readonly facts: Pick<TargetFacts, 'driver' | 'pool_size_n' | 'isolation'>;
}

/** @param cwd - folder that a relative scenario path starts from */
export function openTarget(scenario: Scenario, plan: LoadPlan, flags: PoolFlags, cwd: string): Target {
  const options = {
    toolHandler: createSimulatedTools(scenario, plan.seed, realClock),
    ...(flags.poolSize === undefined ? {} : { poolSize: flags.poolSize }),
    ...(flags.isolation === undefined ? {} : { isolation: flags.isolation }),
  };
  const { isolation, poolSize } = resolvePoolOptions(options);
  if (flags.isolated !== undefined) {
    const child = createIsolatedExecutor({
      scenario: flags.isolated,
      cwd,
      seed: plan.seed,
      poolSize: flags.poolSize ?? null,
      isolation: flags.isolation ?? null,
    });
    return {
      executor: child,
      embeddingCpuMs: () => child.embeddingCpuMs(),
      facts: { driver: 'local, isolated', pool_size_n: poolSize, isolation },
      [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
    };
  }
  const executor = createPool(options);
  return {
    executor,
    facts: { driver: 'local', pool_size_n: poolSize, isolation },
    [Symbol.asyncDispose]: () => executor[Symbol.asyncDispose](),
  };
}
