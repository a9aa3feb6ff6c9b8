// The simulated tools of a scenario as tools that a broker can serve: `enclave serve --tools scenario:NAME`.
import { z } from 'zod';
import { type Clock, realClock } from '../clock.ts';
import type { Tool } from '../tools/define-tool.ts';
import type { Scenario } from './load-scenario.ts';
import { createSimulatedTools } from './workload.ts';

/**
 * One tool for each that the scenario simulates. A broker does not know which execution of a bench a session is, so latencies are
 * drawn in the order of the calls: the same law, other pairs.
 */
export function simulatedTools(scenario: Scenario, clock: Clock = realClock): Tool[] {
  const handle = createSimulatedTools(scenario, scenario.seed, clock);
  let calls = 0;
  return Object.keys(scenario.tools).map((name) => ({
    name,
    description: `simulated by the scenario ${scenario.name}`,
    args: z.unknown(),
    effect: 'read',
    handler: async (args, context) => handle(name, args, { ...context, executionId: `bench-${calls++}` }),
  }));
}
