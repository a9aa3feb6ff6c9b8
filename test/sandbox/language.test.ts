// Ordinary programs simply work. Expected values follow from ECMAScript; most are also what node prints.
import { afterAll, describe, expect, it } from 'vitest';
import type { ExecutionOutcome, ExecutionRequest, Isolation } from '../../src/execution.ts';
import { createPool } from '../../src/pool/pool.ts';

const pool = createPool({
  poolSize: 1,
  toolHandler: (name, args) => {
    if (name === 'fail') throw Object.assign(new Error('no luck'), { code: 'E_LUCK' });
    return { name, args };
  },
});
afterAll(() => pool[Symbol.asyncDispose]());

function run(source: string, rest: Omit<ExecutionRequest, 'source'> = {}): Promise<ExecutionOutcome> {
  return pool.execute({ source, ...rest });
}

const PROGRAMS: readonly (readonly [title: string, source: string, value: unknown])[] = [
  ['functions and closures', 'const add = (a) => (b) => a + b; return add(1)(2)', 3],
  ['hoisted functions and recursion', 'return f(5); function f(n) { return n < 2 ? 1 : n * f(n - 1) }', 120],
  [
    'default, rest and spread',
    'const f = (a, b = 2, ...c) => [a, b, ...c]; return f(1, undefined, 3, 4)',
    [1, 2, 3, 4],
  ],
  ['destructuring', 'const { a: { b = 5 } = {}, ...rest } = { c: 1 }; return [b, rest]', [5, { c: 1 }]],
  [
    'classes, private fields, accessors',
    'class A { #x = 1; get x() { return this.#x } static y = 2 } return [new A().x, A.y]',
    [1, 2],
  ],
  [
    'inheritance and super',
    'class A { f() { return 1 } } class B extends A { f() { return super.f() + 1 } } return new B().f()',
    2,
  ],
  [
    'Error subclasses and cause',
    'class E extends Error {} try { throw new E("x", { cause: 1 }) } catch (e) { return [e instanceof E, e.message, e.cause] }',
    [true, 'x', 1],
  ],
  [
    'while, do and labelled loops',
    'let n = 0; outer: while (true) { do { if (++n === 7) break outer } while (n % 3) } return n',
    7,
  ],
  [
    'for-in and for-of',
    'const k = []; for (const x in { a: 1, b: 2 }) k.push(x); for (const x of "cd") k.push(x); return k',
    ['a', 'b', 'c', 'd'],
  ],
  ['switch and finally', 'try { switch (2) { case 1: return 1; case 2: return 2 } } finally { }', 2],
  [
    'generators',
    'function* g() { const x = yield 1; yield x * 2 } const i = g(); i.next(); return [i.next(4).value, [...g()].length]',
    [8, 2],
  ],
  [
    'async generators',
    'async function* g() { yield 1; yield 2 } let s = 0; for await (const x of g()) s += x; return s',
    3,
  ],
  ['iterator helpers', 'return [1, 2, 3].values().map((x) => x * 2).filter((x) => x > 2).toArray()', [4, 6]],
  [
    'regular expressions',
    'return "2026-11-20".replace(/(?<y>\\d+)-(?<m>\\d+)-(\\d+)/u, "$<m>/$<y>")',
    '11/2026',
  ],
  [
    'Map, Set and WeakMap',
    'const w = new WeakMap(); const k = {}; w.set(k, 3); return [[...new Map([[1, 2]])], [...new Set([1, 1])], w.get(k)]',
    [[[1, 2]], [1], 3],
  ],
  [
    'typed arrays and DataView',
    'const v = new DataView(new ArrayBuffer(4)); v.setUint16(0, 258); return [...new Uint8Array(v.buffer)]',
    [1, 2, 0, 0],
  ],
  ['BigInt', 'return String(2n ** 64n)', '18446744073709551616'],
  ['Date', 'return new Date(Date.UTC(2026, 0, 2)).toISOString()', '2026-01-02T00:00:00.000Z'],
  [
    'Intl',
    'return new Intl.NumberFormat("en", { style: "currency", currency: "USD" }).format(1234.5)',
    '$1,234.50',
  ],
  [
    'JSON with reviver and replacer',
    'return JSON.parse(JSON.stringify({ a: 1, b: 2 }, ["a"]), (k, v) => k === "a" ? v + 1 : v)',
    { a: 2 },
  ],
  ['Symbol.iterator', 'return [...{ *[Symbol.iterator]() { yield 1 } }]', [1]],
  ['Proxy and Reflect', 'return new Proxy({}, { get: (_, k) => k }).hello', 'hello'],
  ['tagged templates', 'const t = (s) => s.raw[0]; return t`a\\n`', 'a\\n'],
  ['optional chaining and nullish', 'const a = null; return [a?.b.c ?? 1, a?.()]', [1, null]],
  [
    'Promise.all, race, any and allSettled',
    'return [await Promise.all([1, Promise.resolve(2)]), await Promise.race([3]), await Promise.any([Promise.reject(0), 4]), (await Promise.allSettled([Promise.reject(5)]))[0].reason]',
    [[1, 2], 3, 4, 5],
  ],
  [
    'structured sorting and grouping',
    'return [Object.groupBy([1, 2, 3], (x) => x % 2 ? "odd" : "even"), [3, 1, 2].toSorted()]',
    [{ odd: [1, 3], even: [2] }, [1, 2, 3]],
  ],
  ['eval and Function', 'return [eval("1 + 1"), new Function("a", "return a * 2")(4)]', [2, 8]],
  ['strict mode', 'return (function () { return this === undefined })()', true],
  [
    'no host globals',
    'return [typeof process, typeof require, typeof fetch, typeof setTimeout, typeof global]',
    Array(5).fill('undefined'),
  ],
  ['a rejected import', 'return await import("node:fs").catch(() => "refused")', 'refused'],
  ['args', 'args.list.push(3); return args', { list: [1, 2, 3] }],
  [
    'a tool by a dynamic name',
    'const names = ["a", "b"]; return (await Promise.all(names.map((n) => callTool(n)))).map((r) => r.name)',
    ['a', 'b'],
  ],
  [
    'a caught tool error',
    'try { await callTool("fail") } catch (e) { return [e.name, e.code, e.tool, e.message, e instanceof Error] }',
    ['ToolError', 'E_LUCK', 'fail', 'no luck', true],
  ],
  [
    'a failed call that is awaited late',
    'const p = callTool("fail"); await callTool("a"); return await p.catch((e) => e.code)',
    'E_LUCK',
  ],
  ['a failed call that is never awaited', 'callTool("fail"); await callTool("a"); return 1', 1],
  [
    'parallel',
    'let most = 0, now = 0; const r = await parallel([1, 2, 3, 4], async (n) => { most = Math.max(most, ++now); await callTool("a"); now--; return n * 2 }, { concurrency: 2 }); return [r, most]',
    [[2, 4, 6, 8], 2],
  ],
  ['undefined as a result', 'return undefined', null],
  ['a thenable as a result', 'return { then(resolve) { resolve(7) } }', 7],
  ['a poisoned Promise.prototype.then', 'Promise.prototype.then = function () { return 1 }; return 8', 8],
  ['a poisoned JSON.stringify', 'JSON.stringify = () => "forged"; return 9', 9],
  [
    'a poisoned Promise constructor',
    'Object.defineProperty(Promise.prototype, "constructor", { get() { throw 1 } }); return 10',
    10,
  ],
  [
    'poisoned array indices',
    'Object.defineProperty(Array.prototype, 0, { set() { throw 1 }, configurable: true }); console.log(1); return (await callTool("a")).name',
    'a',
  ],
];

describe.each<Isolation>(['isolate', 'context'])('scripts in %s mode', (isolation) => {
  it.each(PROGRAMS)('can use %s', async (_title, source, value) => {
    const outcome = await run(source, { isolation, args: { list: [1, 2] } });
    expect(outcome.error).toBeUndefined();
    expect(outcome.value).toEqual(value);
  });
});

describe('positions in the user’s own file', () => {
  const cases: readonly (readonly [string, string, number, number])[] = [
    ['a throw on the first line', 'throw new Error("x")', 1, 7],
    ['a throw on a later line', 'const a = 1;\n  null.x', 2, 8],
    ['a throw in a function', 'f();\nfunction f() {\n  throw new RangeError("x");\n}', 3, 9],
    ['a throw after an await', 'await callTool("a");\nthrow new Error("x")', 2, 7],
    ['an uncaught tool error', 'await callTool("a");\n\n  await callTool("fail");', 3, 9],
    ['a syntax error', 'let a = 1;\nlet b = = 2', 2, 9],
    ['a syntax error on the first line', 'const b = = 1', 1, 11],
  ];

  it.each(cases)('are found for %s', async (_title, source, line, column) => {
    const { error } = await run(source, { filename: 'my script.js' });
    expect([error?.line, error?.column]).toEqual([line, column]);
    expect(error?.stack ?? 'my script.js').toContain('my script.js');
    expect(JSON.stringify(error)).not.toMatch(/isolated-vm|node:|\/sandbox\//u);
  });

  it('stay where they are when types are stripped', async () => {
    const good = await run('const x: number = 4 as number;\nreturn x', { language: 'ts' });
    expect(good.value).toBe(4);
    const thrown = await run('const x: Map<string, number> = new Map(); throw new Error("x")', {
      language: 'ts',
    });
    expect(thrown.error).toMatchObject({ code: 'SCRIPT_ERROR', line: 1, column: 49 });
    const refused = await run('return 1;\n  enum A { B }', { language: 'ts' });
    expect(refused.error).toMatchObject({ code: 'SYNTAX_ERROR', line: 2, column: 3 });
  });

  it('survive a text that breaks the type stripper', async () => {
    const { error } = await run(`${'('.repeat(1e5)}1${')'.repeat(1e5)}`, { language: 'ts' });
    expect(error?.code).toBe('SYNTAX_ERROR');
    expect((await run('const a: number = 1; return a', { language: 'ts' })).value).toBe(1);
  });
});
