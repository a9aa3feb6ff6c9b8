import { describe, expect, it } from 'vitest';
import { loadScenario, type Scenario } from '../../src/scenario/load-scenario.ts';
import { parseScenario } from '../../src/scenario/parse-scenario.ts';
import { mixScenarios } from '../../src/verify/mixed-scenario.ts';

describe('mixScenarios()', () => {
  it('makes one valid scenario: scripts by share, the tools of all', async () => {
    const mix = parseScenario(
      mixScenarios([
        { share: 0.7, scenario: await loadScenario('simple') },
        { share: 0.3, scenario: await loadScenario('tools') },
      ]),
    );
    expect(mix.purpose).toBe('70 % simple + 30 % tools');
    expect(mix.scripts.map(({ id, weight }) => [id, weight])).toEqual([
      ['simple.simple', 0.7],
      ['tools.tools', 0.3],
    ]);
    expect(Object.keys(mix.tools)).toEqual(['getUser', 'listOrders']);
  });

  it('keeps the weights within a part', async () => {
    const mixed = await loadScenario('mixed');
    const mix = mixScenarios([
      { share: 0.5, scenario: mixed },
      { share: 0.5, scenario: { ...mixed, name: 'other' } },
    ]);
    const sum = mix.scripts.reduce((total, { weight = 0 }) => total + weight, 0);
    expect(sum).toBeCloseTo(1, 12);
    const [first, second] = mixed.scripts;
    const [one, two] = mix.scripts;
    expect((one?.weight ?? 0) / (two?.weight ?? 1)).toBeCloseTo(
      (first?.weight ?? 0) / (second?.weight ?? 1),
      12,
    );
  });

  it('names everything that one scenario cannot hold', async () => {
    const tools = await loadScenario('tools');
    const simple = await loadScenario('simple');
    const [name = '', tool] = Object.entries(tools.tools)[0] ?? [];
    if (tool === undefined) throw new Error('the scenario has no tool');
    const other: Scenario = {
      ...simple,
      limits: { cpuMs: 7 },
      tools: { [name]: { ...tool, errorRate: 0.5 } },
    };
    const mix = () =>
      mixScenarios([
        { share: 0.5, scenario: tools },
        { share: 0.5, scenario: other },
      ]);
    expect(mix).toThrow(/simple\.limits: expected those of tools/);
    expect(mix).toThrow(/simple\.tools\.getUser: expected the same tool/);
  });
});
