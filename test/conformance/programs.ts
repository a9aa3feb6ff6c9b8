// Ordinary programs, as people and language models write them, with what the language says they give.
import type { ScriptLanguage } from '../../src/execution.ts';

export interface Program {
  readonly title: string;
  readonly source: string;
  readonly language?: ScriptLanguage;
  readonly args?: unknown;
  readonly value: unknown;
}

export const PROGRAMS: readonly Program[] = [
  {
    title: 'sum of args',
    source: 'return args.prices.reduce((sum, price) => sum + price, 0)',
    args: { prices: [1, 2, 3.5] },
    value: 6.5,
  },
  {
    title: 'a class with private state and a static factory',
    source: `
class Account {
  #balance = 0;
  static with(amount) { const a = new Account(); a.deposit(amount); return a; }
  deposit(amount) { if (amount <= 0) throw new RangeError('amount'); this.#balance += amount; return this; }
  get balance() { return this.#balance; }
}
return Account.with(5).deposit(7).balance;`,
    value: 12,
  },
  {
    title: 'inheritance, super and instanceof',
    source: `
class Shape { area() { return 0 } describe() { return \`\${this.constructor.name} \${this.area()}\` } }
class Square extends Shape { constructor(side) { super(); this.side = side } area() { return this.side ** 2 } }
const square = new Square(3);
return [square.describe(), square instanceof Shape];`,
    value: ['Square 9', true],
  },
  {
    title: 'a Fibonacci generator',
    source: `
function* fibonacci() { let [a, b] = [0, 1]; for (;;) { yield a; [a, b] = [b, a + b]; } }
const first = [];
for (const n of fibonacci()) { if (n > 20) break; first.push(n); }
return first;`,
    value: [0, 1, 1, 2, 3, 5, 8, 13],
  },
  {
    title: 'an async generator over tools',
    source: `
async function* pages(count) { for (let page = 1; page <= count; page++) yield await callTool('echo', { page }); }
const seen = [];
for await (const { page } of pages(3)) seen.push(page);
return seen;`,
    value: [1, 2, 3],
  },
  {
    title: 'labelled loops',
    source: `
const primes = [];
next: for (let n = 2; n < 20; n++) { for (let d = 2; d * d <= n; d++) if (n % d === 0) continue next; primes.push(n); }
return primes;`,
    value: [2, 3, 5, 7, 11, 13, 17, 19],
  },
  {
    title: 'while and do',
    source:
      'let n = 27, steps = 0; while (n !== 1) { n = n % 2 ? 3 * n + 1 : n / 2; steps++ } do { steps++ } while (steps < 0); return steps',
    value: 112,
  },
  {
    title: 'switch with fall-through',
    source: `
const kinds = ['a', 'b', 'c'].map((k) => { switch (k) { case 'a': case 'b': return 1; default: return 2 } });
return kinds;`,
    value: [1, 1, 2],
  },
  {
    title: 'regular expressions with named groups and look-behind',
    source: `
const line = 'price: $42.50, was $60';
const { groups } = /\\$(?<whole>\\d+)\\.(?<cents>\\d+)/u.exec(line);
return [groups.whole, groups.cents, [...line.matchAll(/(?<=\\$)\\d+/gu)].map(([n]) => n)];`,
    value: ['42', '50', ['42', '60']],
  },
  {
    title: 'text with Unicode',
    source:
      'return ["é".normalize("NFD").length, [..."👍🏽a"].length, "ß".toUpperCase(), "İ".toLowerCase().length]',
    value: [2, 3, 'SS', 2],
  },
  {
    title: 'a Map of counts',
    source: `
const counts = new Map();
for (const word of 'the cat the dog the end'.split(' ')) counts.set(word, (counts.get(word) ?? 0) + 1);
return [...counts].toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b));`,
    value: [
      ['the', 3],
      ['cat', 1],
      ['dog', 1],
      ['end', 1],
    ],
  },
  {
    title: 'sets',
    source:
      'const a = new Set([1, 2, 3]), b = new Set([2, 3, 4]); return [[...a.intersection(b)], [...a.union(b)], a.isSubsetOf(b)]',
    value: [[2, 3], [1, 2, 3, 4], false],
  },
  {
    title: 'Promise.all keeps order',
    source: 'return Promise.all([3, 1, 2].map((n) => callTool("echo", n)))',
    value: [3, 1, 2],
  },
  {
    title: 'Promise.race and any',
    source:
      'return [await Promise.race([callTool("echo", "first"), callTool("hang")]), await Promise.any([callTool("refuse"), callTool("echo", "any")])]',
    value: ['first', 'any'],
  },
  {
    title: 'Promise.allSettled',
    source: `
const settled = await Promise.allSettled([callTool('echo', 1), callTool('refuse')]);
return settled.map(({ status, value, reason }) => [status, value ?? reason.code]);`,
    value: [
      ['fulfilled', 1],
      ['rejected', 'E_REFUSED'],
    ],
  },
  {
    title: 'Promise.withResolvers',
    source:
      'const { promise, resolve } = Promise.withResolvers(); callTool("echo", 5).then(resolve); return promise',
    value: 5,
  },
  {
    title: 'an Error subclass with cause',
    source: `
class NotFound extends Error { constructor(id, options) { super(\`no \${id}\`, options); this.name = 'NotFound'; this.id = id } }
try {
  try { await callTool('refuse') } catch (cause) { throw new NotFound(7, { cause }) }
} catch (error) {
  return [error.name, error.id, error.message, error.cause.code, error instanceof NotFound];
}`,
    value: ['NotFound', 7, 'no 7', 'E_REFUSED', true],
  },
  {
    title: 'a structured tool error',
    source: `
try { await callTool('refuse') } catch (error) {
  return [error instanceof Error, error.name, error.code, error.tool, error.message, Object.keys(error).toSorted()];
}`,
    value: [true, 'ToolError', 'E_REFUSED', 'refuse', 'not today', ['code', 'tool']],
  },
  {
    title: 'a retry with finally',
    source: `
let tries = 0, cleaned = 0;
async function attempt(name) { tries++; try { return await callTool(name, 'ok') } finally { cleaned++ } }
for (const name of ['refuse', 'refuse', 'echo']) { try { return [await attempt(name), tries, cleaned] } catch {} }`,
    value: ['ok', 3, 3],
  },
  {
    title: 'JSON with reviver and replacer',
    source: `
const text = JSON.stringify({ at: new Date(0), big: 10n, hidden: 1 }, (key, value) => key === 'hidden' ? undefined : typeof value === 'bigint' ? \`\${value}n\` : value);
const back = JSON.parse(text, (key, value) => key === 'at' ? new Date(value).getTime() : value);
return [text, back];`,
    value: ['{"at":"1970-01-01T00:00:00.000Z","big":"10n"}', { at: 0, big: '10n' }],
  },
  {
    title: 'BigInt arithmetic',
    source:
      'let f = 1n; for (let n = 2n; n <= 25n; n++) f *= n; return [f.toString(), BigInt.asUintN(8, 257n) === 1n, (-7n / 2n).toString()]',
    value: ['15511210043330985984000000', true, '-3'],
  },
  {
    title: 'dates in UTC',
    source:
      'const d = new Date("2024-02-28T12:00:00Z"); d.setUTCDate(d.getUTCDate() + 2); return [d.toISOString(), d.getUTCDay()]',
    value: ['2024-03-01T12:00:00.000Z', 5],
  },
  {
    title: 'Intl',
    source: `
return [
  new Intl.NumberFormat('de-DE', { minimumFractionDigits: 2 }).format(1234.5),
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', dateStyle: 'medium' }).format(new Date(0)),
  new Intl.PluralRules('en', { type: 'ordinal' }).select(2),
  ['ä', 'z', 'a'].sort(new Intl.Collator('de').compare),
];`,
    value: ['1.234,50', '1 Jan 1970', 'two', ['a', 'ä', 'z']],
  },
  {
    title: 'dynamic tool names',
    source:
      'const table = { say: "echo" }; const names = Object.keys(table); return callTool(table[names[0]], names.length)',
    value: 1,
  },
  {
    title: 'a dispatch table of arrow functions',
    source:
      'const operations = { add: (a, b) => a + b, mul: (a, b) => a * b }; return Object.entries(operations).map(([name, run]) => [name, run(3, 4)])',
    value: [
      ['add', 7],
      ['mul', 12],
    ],
  },
  {
    title: 'parallel with a bound',
    source: `
let now = 0, most = 0;
const doubled = await parallel([1, 2, 3, 4, 5, 6], async (n, index) => {
  most = Math.max(most, ++now);
  const got = await callTool('echo', n * 2);
  now--;
  return [index, got];
}, { concurrency: 3 });
return [doubled.map(([index, got]) => index + got), most];`,
    value: [[2, 5, 8, 11, 14, 17], 3],
  },
  {
    title: 'parallel stops at the first rejection',
    source: `
const begun = [];
const failed = await parallel([1, 2, 3, 4], async (n) => { begun.push(n); if (n === 2) await callTool('refuse'); return n }, { concurrency: 1 }).catch((error) => error.code);
return [failed, begun];`,
    value: ['E_REFUSED', [1, 2]],
  },
  {
    title: 'parallel over an iterable',
    source: 'return parallel(new Set(["a", "b"]), (item) => callTool("echo", item))',
    value: ['a', 'b'],
  },
  {
    title: 'destructuring, defaults, spread',
    source:
      'const { a = 1, b: { c, ...rest } = { c: 2, d: 3 }, ...others } = { e: 4 }; return { a, c, rest, ...others, list: [...[1, 2], ...new Set([3])] }',
    value: { a: 1, c: 2, rest: { d: 3 }, e: 4, list: [1, 2, 3] },
  },
  {
    title: 'closures and a memo',
    source: `
const memo = (f, seen = new Map()) => (n) => seen.get(n) ?? (seen.set(n, f(n)), seen.get(n));
const fib = memo((n) => (n < 2 ? n : fib(n - 1) + fib(n - 2)));
return fib(60);`,
    value: 1548008755920,
  },
  {
    title: 'tagged templates',
    source:
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the script is a text, its template is its own
      'const html = (parts, ...values) => String.raw({ raw: parts }, ...values.map((v) => v.replaceAll("<", "&lt;"))); return html`<b>${"<i>"}</b>`',
    value: '<b>&lt;i></b>',
  },
  {
    title: 'proxies and symbols',
    source:
      'const log = []; const p = new Proxy({}, { get: (_, key) => (log.push(String(key)), 1) }); void p.a; void p[Symbol.iterator]; return log',
    value: ['a', 'Symbol(Symbol.iterator)'],
  },
  {
    title: 'typed arrays',
    source:
      'const view = new DataView(new ArrayBuffer(8)); view.setFloat64(0, 1.5); return [...new Uint8Array(view.buffer)]',
    value: [63, 248, 0, 0, 0, 0, 0, 0],
  },
  {
    title: 'grouping, sorting, iterator helpers',
    source: `
const rows = [{ k: 'x', n: 2 }, { k: 'y', n: 1 }, { k: 'x', n: 3 }];
const groups = Object.groupBy(rows, ({ k }) => k);
return Object.entries(groups).map(([k, list]) => [k, list.values().map(({ n }) => n).toArray()]);`,
    value: [
      ['x', [2, 3]],
      ['y', [1]],
    ],
  },
  {
    title: 'a queue worked off by two lanes',
    source: `
const queue = ['a', 'b', 'c', 'd'], done = [];
const lane = async () => { while (queue.length > 0) done.push(await callTool('echo', queue.shift())) };
await Promise.all([lane(), lane()]);
return done.toSorted();`,
    value: ['a', 'b', 'c', 'd'],
  },
  {
    title: 'recursion over a tree',
    source: 'const depth = (t) => 1 + Math.max(0, ...(t.children ?? []).map(depth)); return depth(args)',
    args: { children: [{}, { children: [{}] }] },
    value: 3,
  },
  {
    title: 'TypeScript with types, generics and satisfies',
    language: 'ts',
    source: `
interface Row { readonly name: string; readonly price?: number }
type Priced<T extends Row> = T & { price: number };
const isPriced = <T extends Row>(row: T): row is Priced<T> => row.price !== undefined;
const rows = args as readonly Row[];
const total = rows.filter(isPriced).reduce((sum: number, { price }) => sum + price!, 0);
return { total } satisfies Record<string, number>;`,
    args: [{ name: 'a', price: 2 }, { name: 'b' }, { name: 'c', price: 3 }],
    value: { total: 5 },
  },
];
