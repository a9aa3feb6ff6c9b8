// Opens what a bench drives: the local pool with the scenario's simulated tools.
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
  readonly facts: Pick<TargetFacts, 'driver' | 'pool_size_n' | 'isolation'>;
}

export function openTarget(scenario: Scenario, plan: LoadPlan, flags: PoolFlags): Target {
  const options = {
    toolHandler: createSimulatedTools(scenario, plan.seed, realClock),
    ...(flags.poolSize === undefined ? {} : { poolSize: flags.poolSize }),
    ...(flags.isolation === undefined ? {} : { isolation: flags.isolation }),
  };
  const { isolation, poolSize } = resolvePoolOptions(options);
  const executor = createPool(options);
  return {
    executor,
    facts: { driver: 'local', pool_size_n: poolSize, isolation },
    [Symbol.asyncDispose]: () => executor[Symbol.asyncDispose](),
  };
}
