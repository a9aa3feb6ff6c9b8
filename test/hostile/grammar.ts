// A grammar of attacks: values that bite when they are looked at, poisoned built-ins, bombs, tool calls and async shapes,
// composed into scripts of valid syntax.
import fc from 'fast-check';

/** What a generated hook does when something calls it. */
const reaction = fc.constantFrom(
  'throw new Error("bite")',
  'throw null',
  'for (;;);',
  'return this',
  'return new Promise(() => {})',
  'return callTool("echo", 1)',
  'return (function dive() { return dive() })()',
  'return "x".repeat(1e6)',
  'return { then(resolve) { resolve(2) } }',
  'return undefined',
  'return 0',
  'return [1n]',
);

const property = fc.constantFrom(
  ...[
    'then',
    'toJSON',
    'message',
    'stack',
    'name',
    'code',
    'constructor',
    'length',
    'toString',
    'valueOf',
    'cause',
  ],
  ...[
    '0',
    '1',
    'get',
    'set',
    'value',
    'next',
    'resolve',
    'reject',
    'tool',
    'id',
    'json',
    'timeout',
    'result',
  ],
);

const symbol = fc.constantFrom(
  'iterator',
  'asyncIterator',
  'toPrimitive',
  'toStringTag',
  'species',
  'hasInstance',
);

const trap = fc.constantFrom(
  'get',
  'has',
  'set',
  'ownKeys',
  'getPrototypeOf',
  'getOwnPropertyDescriptor',
  'apply',
);

const builtIn = fc.constantFrom(
  ...[
    'Promise.prototype.then',
    'Promise.resolve',
    'Promise.all',
    'Promise.prototype.finally',
    'JSON.stringify',
  ],
  ...[
    'JSON.parse',
    'Array.prototype.push',
    'Array.from',
    'Array.isArray',
    'Array.prototype[Symbol.iterator]',
  ],
  ...[
    'Object.defineProperty',
    'Object.prototype.toString',
    'Object.prototype.hasOwnProperty',
    'Reflect.apply',
  ],
  ...[
    'Reflect.defineProperty',
    'String.prototype.slice',
    'String.prototype.indexOf',
    'WeakMap.prototype.get',
  ],
  ...[
    'WeakMap.prototype.set',
    'Function.prototype.call',
    'Function.prototype.apply',
    'Function.prototype.bind',
  ],
  ...[
    'Error.captureStackTrace',
    'Error.prepareStackTrace',
    'Math.min',
    'globalThis.Promise',
    'globalThis.Error',
  ],
  ...['globalThis.callTool', 'globalThis.console', 'globalThis.String', 'globalThis.eval', 'Symbol.iterator'],
);

const prototype = fc.constantFrom(
  'Object',
  'Array',
  'Function',
  'Promise',
  'Error',
  'String',
  'WeakMap',
  'TypeError',
);

interface Phrases {
  readonly value: string;
  readonly statement: string;
}

const { value, statement } = fc.letrec<Phrases>((tie) => {
  const inner = tie('value');
  const block = fc.array(tie('statement'), { minLength: 1, maxLength: 2 }).map((all) => all.join('\n'));
  return {
    value: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'attack', withCrossShrink: true },
      fc.constantFrom(
        '1',
        '"text"',
        'null',
        'undefined',
        'NaN',
        '1n',
        'Symbol("s")',
        '() => 1',
        'args',
        'console',
      ),
      fc.constantFrom(
        'new Date(NaN)',
        'Object.create(null)',
        '/x/g',
        'new Map([[1, 2]])',
        'new Uint8Array(8)',
      ),
      fc.constantFrom(
        '(() => { const a = []; a.push(a); return a })()',
        'new Proxy(class {}, {})',
        'globalThis',
      ),
      fc.constantFrom('(() => { let x = [0]; for (let i = 0; i < 26; i++) x = [x, x]; return x })()'),
      fc.constantFrom('(() => { let x = []; for (let i = 0; i < 50_000; i++) x = [x]; return x })()'),
      fc.constantFrom(
        '"y".repeat(2e6)',
        'new Array(1e5).fill("z")',
        'new Array(4e9)',
        'Promise.reject(new Error("r"))',
      ),
      fc.constantFrom(
        'new Promise(() => {})',
        '(async () => { throw 1 })()',
        'callTool("hang")',
        'callTool("refuse")',
      ),
      fc.constantFrom(
        'Proxy.revocable(() => 1, {}).proxy',
        '(() => { const r = Proxy.revocable([], {}); r.revoke(); return r.proxy })()',
      ),
      fc.tuple(property, reaction).map(([key, act]) => `{ get ["${key}"]() { ${act} } }`),
      fc.tuple(property, reaction).map(([key, act]) => `{ ["${key}"]() { ${act} } }`),
      fc.tuple(symbol, reaction).map(([key, act]) => `{ [Symbol.${key}]() { ${act} } }`),
      fc.tuple(trap, reaction).map(([name, act]) => `new Proxy(function () {}, { ${name}() { ${act} } })`),
      fc
        .tuple(property, reaction)
        .map(([key, act]) => `Object.defineProperty(new Error("e"), "${key}", { get() { ${act} } })`),
      fc
        .tuple(fc.constantFrom('resolve', 'reject'), inner)
        .map(([how, what]) => `{ async then(resolve, reject) { ${how}(${what}) } }`),
      inner.map((what) => `[${what}]`),
      inner.map((what) => `{ a: ${what} }`),
      inner.map((what) => `callTool("echo", ${what})`),
      inner.map((what) => `callTool(${what}, 1)`),
      inner.map((what) => `await (${what})`),
      inner.map((what) => `Promise.race([${what}, callTool("slow")])`),
      inner.map((what) => `Promise.allSettled([${what}])`),
      inner.map((what) => `parallel([1, 2], async () => (${what}), { concurrency: 2 })`),
      inner.map((what) => `\`\${${what}}\``),
      inner.map((what) => `new (class extends Error {})("m", { cause: ${what} })`),
    ),
    statement: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'attack', withCrossShrink: true },
      inner.map((what) => `(${what});`),
      inner.map((what) => `await (${what});`),
      inner.map((what) => `console.log(${what});`),
      inner.map((what) => `throw (${what});`),
      inner.map((what) => `return (${what});`),
      fc.tuple(builtIn, reaction).map(([target, act]) => `${target} = function () { ${act} };`),
      fc.tuple(builtIn, inner).map(([target, what]) => `${target} = (${what});`),
      fc
        .tuple(prototype, property, reaction)
        .map(
          ([name, key, act]) =>
            `Object.defineProperty(${name}.prototype, "${key}", { get() { ${act} }, set() { ${act} }, configurable: true });`,
        ),
      fc
        .tuple(prototype, property, inner)
        .map(([name, key, what]) => `${name}.prototype["${key}"] = (${what});`),
      prototype.map((name) => `Object.freeze(${name}.prototype); Object.freeze(${name});`),
      fc.constantFrom(
        'delete globalThis.JSON;',
        'delete globalThis.Promise;',
        'Object.setPrototypeOf(globalThis, null);',
      ),
      fc.constantFrom(
        'for (;;);',
        'for (;;) await null;',
        'for (;;) callTool("echo", 1);',
        'for (;;) console.log(1);',
      ),
      fc.constantFrom(
        '{ const bomb = []; for (;;) bomb.push({ bomb }) }',
        '{ let s = "x"; for (;;) s += s }',
      ),
      fc.constantFrom(
        'Error.stackTraceLimit = Infinity;',
        'Error.stackTraceLimit = -1;',
        'RegExp.prototype.exec = () => null;',
      ),
      fc.constantFrom(
        'Promise.reject(1);',
        'callTool("refuse");',
        'callTool("hang");',
        'callTool();',
        'queueMicrotask;',
      ),
      fc.constantFrom(
        'eval("var leaked = 1");',
        'new Function("return this")().leaked = 1;',
        'await import("node:fs");',
      ),
      block.map((body) => `try {\n${body}\n} catch (error) { console.log(error) }`),
      block.map((body) => `try {\n${body}\n} finally { callTool("echo", 2) }`),
      block.map((body) => `(async () => {\n${body}\n})();`),
      block.map((body) => `await (async () => {\n${body}\n})().catch(() => 0);`),
      block.map((body) => `for (let i = 0; i < 3; i++) {\n${body}\n}`),
      block.map((body) => `Promise.resolve().then(async () => {\n${body}\n});`),
      block.map((body) => `for (const one of (function* () { yield 1; yield 2 })()) {\n${body}\n}`),
      block.map(
        (body) => `await callTool("echo", { toJSON() { (async () => {\n${body}\n})(); return 1 } });`,
      ),
      fc.tuple(block, block).map(([one, two]) => `if (args.n % 2) {\n${one}\n} else {\n${two}\n}`),
    ),
  };
});

/** Whole scripts, from one to eight statements, some of which end in a value. */
export const hostileScript: fc.Arbitrary<string> = fc
  .tuple(fc.array(statement, { minLength: 1, maxLength: 7 }), value)
  .map(([statements, last]) => `${statements.join('\n')}\nreturn (${last});`);
