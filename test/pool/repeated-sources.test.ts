// A source that comes again is compiled no more, which nobody must see but by the time it takes.
import { describe, expect, it } from 'vitest';
import type { ExecutionRequest } from '../../src/execution.ts';
import { createPool } from '../../src/pool/pool.ts';

/** Long enough to be kept in either mode. */
const PADDING = `\n${'// a line that does nothing\n'.repeat(700)}`;

const SOURCES: Readonly<Record<string, Omit<ExecutionRequest, 'tenant'>>> = {
  'a value': {
    source: `return [args.n, typeof this, typeof step];\nfunction step() {}${PADDING}`,
    args: { n: 1 },
  },
  'an error with its place': { source: `const a = 1;\n  throw new RangeError("far");${PADDING}` },
  'an error in a function': { source: `function deep() { return null.x }\nreturn deep();${PADDING}` },
  'a failed tool call': { source: `await 0;\n await callTool("refuse");${PADDING}` },
  'a syntax error': { source: `let a = 1;\nlet b = ;${PADDING}` },
  'an unclosed bracket': { source: `return (${PADDING}` },
  TypeScript: {
    source: `const n: number = args.n as number;\nreturn n + 1;${PADDING}`,
    language: 'ts',
    args: { n: 1 },
  },
  'a TypeScript error': { source: `const n: number = ;\nreturn n;${PADDING}`, language: 'ts' },
  'a name of its own': { source: `throw 1 + null.x;${PADDING}`, filename: 'mine.js' },
  'eval and Function': { source: `return eval("1 + 1") + new Function("return 2")();${PADDING}` },
  'strict mode': { source: `undeclared = 1;${PADDING}` },
};

describe.each(['isolate', 'context'] as const)('a repeated source in %s mode', (isolation) => {
  it.each(Object.keys(SOURCES))('ends alike the first and the fifth time: %s', async (name) => {
    await using pool = createPool({
      poolSize: 1,
      isolation,
      standby: false,
      toolHandler: () => {
        throw Object.assign(new Error('not today'), { code: 'E_REFUSED' });
      },
    });
    const endings: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      const { value, error } = await pool.execute({ source: '', ...SOURCES[name] });
      endings.push({ value, error });
    }
    expect(new Set(endings.map((ending) => JSON.stringify(ending))).size, JSON.stringify(endings)).toBe(1);
  });

  it('has nothing of its earlier executions, and nothing of other tenants', async () => {
    await using pool = createPool({ poolSize: 1, isolation, standby: false });
    const source = `globalThis.count = (globalThis.count ?? 0) + 1; step.calls = (step.calls ?? 0) + 1;
      function step() {} return [count, step.calls];${PADDING}`;
    for (const tenant of ['a', 'a', 'a', 'b', 'b', 'b', 'a'])
      expect((await pool.execute({ source, tenant })).value).toEqual([1, 1]);
  });
});

describe('a repeated source of some length in a warm isolate', () => {
  // Compiling 60 KB takes several times what starting a context does: the ratio is of means, in one run.
  it('costs less than one that is new each time', async () => {
    await using pool = createPool({ poolSize: 1, isolation: 'context', standby: false });
    const steps = Array.from(
      { length: 1_000 },
      (_, i) => `function step${i}(a) { return [a, ${i}].map((b) => b + 1) }`,
    );
    const source = `${steps.join('\n')}\nreturn ${steps.map((_, i) => `step${i}`).join(',')}, 1;`;
    const cpuMs = { same: 0, fresh: 0 };
    for (let i = 0; i < 40; i++) {
      cpuMs.same += (await pool.execute({ source })).stats.cpuMs;
      cpuMs.fresh += (await pool.execute({ source: `${source} // ${i}` })).stats.cpuMs;
    }
    expect(cpuMs.same).toBeLessThan(0.7 * cpuMs.fresh);
  });
});
