import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson, loadScenario, shippedScenarioNames } from '../../src/scenario/load-scenario.ts';

const definition = {
  name: 'mine',
  purpose: 'a scenario of the tests',
  scripts: [{ id: 'a', file: 'a.js' }],
  load: { phases: [{ name: 'steady', rate: 1, durationMs: 1_000 }] },
};

describe('loadScenario()', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enclave-scenario-'));
    await writeFile(join(folder, 'a.js'), 'return 1');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const write = async (name: string, content: unknown): Promise<string> => {
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    return name;
  };

  it('loads every shipped scenario', async () => {
    for (const name of await shippedScenarioNames()) {
      const scenario = await loadScenario(name);
      expect(scenario.name).toBe(name);
      expect(scenario.scripts.every(({ source }) => source.length > 0)).toBe(true);
    }
  });

  it('reads scripts beside the file, and gives the same hash however the file is laid out', async () => {
    const a = await loadScenario(`./${await write('one.json', definition)}`, folder);
    const b = await loadScenario(
      await write(
        'two.json',
        JSON.stringify(Object.fromEntries(Object.entries(definition).reverse()), null, 3),
      ),
      folder,
    );
    expect(a.scripts[0]?.source).toBe('return 1');
    expect(a.hash).toBe(b.hash);
  });

  it('changes the hash with the bytes of a script', async () => {
    const before = await loadScenario(await write('one.json', definition), folder);
    await write('b.js', 'return 2');
    const after = await loadScenario(
      await write('three.json', { ...definition, scripts: [{ id: 'a', file: 'b.js' }] }),
      folder,
    );
    expect(after.hash).not.toBe(before.hash);
  });

  it('loads a TypeScript module with a default export', async () => {
    const file = await write(
      'mine.ts',
      `const name: string = 'typed';\nexport default { ...${JSON.stringify(definition)}, name };`,
    );
    expect((await loadScenario(file, folder)).name).toBe('typed');
  });

  it.each([
    [
      'an unknown name',
      'tolls',
      /expected a shipped scenario \(.*\) or a path .* got "tolls"; did you mean tools\?/,
    ],
    ['a missing file', './nowhere.json', /expected a readable file \(no such file\)/],
  ])('refuses %s', async (_what, name, message) => {
    await expect(loadScenario(name, folder)).rejects.toThrow(message);
  });

  it('refuses broken JSON and a missing script, with the path', async () => {
    await expect(loadScenario(await write('broken.json', '{"name": '), folder)).rejects.toThrow(
      /expected JSON, got text that does not parse/,
    );
    const missing = { ...definition, scripts: [{ id: 'a', file: 'gone.js' }] };
    await expect(loadScenario(await write('missing.json', missing), folder)).rejects.toThrow(
      /scripts\[0\]\.file: expected a readable file, got "gone.js" \(no such file\)/,
    );
  });

  it('reads a latency trace, and refuses one with a value that is none', async () => {
    const traced = { ...definition, tools: { t: { latency: { kind: 'trace', file: 'trace.txt' } } } };
    await write('trace.txt', '# ms\n1\n2.5\n\n30\n');
    const scenario = await loadScenario(await write('traced.json', traced), folder);
    expect(scenario.tools['t']?.trace).toEqual([1, 2.5, 30]);
    await write('trace.txt', '1\nsoon\n');
    await expect(loadScenario('traced.json', folder)).rejects.toThrow(
      /tools\.t\.latency\.file: expected one latency in ms/,
    );
  });
});

describe('canonicalJson()', () => {
  it('sorts keys at every level', () => {
    expect(canonicalJson({ b: { d: 1, c: [{ z: 1, a: 2 }] }, a: 1 })).toBe(
      '{"a":1,"b":{"c":[{"a":2,"z":1}],"d":1}}',
    );
  });
});
