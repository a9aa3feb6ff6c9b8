// Several scenarios as one, so that a mix that was planned part by part can be run as the mix it is.
import { isDeepStrictEqual } from 'node:util';
import { EnclaveError, invalidInput, type Problem } from '../errors.ts';
import type { Scenario, ScenarioTool } from '../scenario/load-scenario.ts';
import type { ScenarioInput, ToolSpec } from '../scenario/scenario-types.ts';

export interface ScenarioPart {
  /** Share of the executions, above 0 to 1. */
  readonly share: number;
  readonly scenario: Scenario;
}

/**
 * A scenario whose executions are drawn from the parts by share, and within a part by its own weights.
 *
 * @param parts - two or more
 * @throws EnclaveError INVALID_INPUT with everything that one scenario cannot hold: two tools of one name that differ, tools that
 * replay a trace, different limits, tenants
 */
export function mixScenarios(parts: readonly ScenarioPart[]): ScenarioInput {
  const [first] = parts;
  if (first === undefined)
    throw new EnclaveError('INVALID_INPUT', 'expected at least one part of a mix, got none');
  const problems: Problem[] = [];
  const tools: Record<string, ToolSpec> = {};
  for (const { scenario } of parts) {
    const problem = (path: string, message: string): void => {
      problems.push({ path: `${scenario.name}.${path}`, message });
    };
    if (!isDeepStrictEqual(scenario.limits, first.scenario.limits))
      problem('limits', `expected those of ${first.scenario.name}: a scenario has one set of limits`);
    if (scenario.tenants.length > 1)
      problem('tenants', `expected one tenant at most, got ${scenario.tenants.length}`);
    for (const [name, tool] of Object.entries(scenario.tools)) {
      const known = tools[name];
      if (tool.latency.kind === 'trace')
        problem(`tools.${name}`, 'expected a law of latency, got a trace, which only its own scenario finds');
      else if (known !== undefined && !isDeepStrictEqual(known, withoutTrace(tool)))
        problem(`tools.${name}`, 'expected the same tool as in the other part, got another of this name');
      else tools[name] = withoutTrace(tool);
    }
  }
  if (problems.length > 0)
    throw invalidInput(
      'this mix cannot be run as one scenario, which',
      problems,
      'write a scenario that mixes the scripts and name it with --scenario',
    );
  return {
    name: 'mix',
    purpose: parts
      .map(({ scenario, share }) => `${Number((100 * share).toFixed(2))} % ${scenario.name}`)
      .join(' + '),
    seed: first.scenario.seed,
    scripts: parts.flatMap(({ scenario, share }) => {
      const total = scenario.scripts.reduce((sum, { weight }) => sum + weight, 0);
      return scenario.scripts.map(({ args, expect, id, language, source, weight }) => ({
        id: `${scenario.name}.${id}`,
        weight: (share * weight) / total,
        code: source,
        language,
        args,
        expect,
      }));
    }),
    tools,
    limits: first.scenario.limits,
    // One steady phase, whose rate and length the verification sets.
    load: {
      timeoutMs: Math.max(...parts.map(({ scenario }) => scenario.load.timeoutMs)),
      drainMs: Math.max(...parts.map(({ scenario }) => scenario.load.drainMs)),
      phases: [
        { name: 'warm-up', rate: 1, durationMs: 2_000, measure: false },
        { name: 'steady', rate: 1, durationMs: 10_000 },
      ],
    },
  };
}

function withoutTrace({ trace: _none, ...tool }: ScenarioTool): ToolSpec {
  return tool;
}
