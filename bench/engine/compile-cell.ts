// What compiling the user's text costs, and what a cache of it would save: run by main.ts with --compile, in a process of its
// own (isolates want --no-node-snapshot). Prints one JSON line. Raw isolated-vm, so that every way is compared with the same loop.
import ivm from 'isolated-vm';
import type { Isolation } from '../../src/execution.ts';

export interface CompileRow {
  readonly kilobytes: number;
  readonly isolation: string;
  readonly way: string;
  /** One execution, of the fresh context or isolate to its end. */
  readonly us: number;
}

const SIZES_KB = [1, 10, 100];
const REPEATS = 60;
const ROUNDS = 5;
const CONTEXTS_PER_ROOM = 100;

/** Functions of some lines each, of which a script calls one in ten, as code from a template does. */
function sourceOf(kilobytes: number): string {
  const functions: string[] = [];
  for (let i = 0, length = 0; length < kilobytes * 1_000; i++) {
    const text = `function step${i}(a) { const out = []; for (let k = 0; k < 3; k++) out.push({ k, a: a + k * ${i} }); return out.map(({ a }) => a).join("-${i}"); }\n`;
    functions.push(text);
    length += text.length;
  }
  const calls = functions.flatMap((_, i) => (i % 10 === 0 ? [`n += step${i}(n).length;`] : []));
  return `${functions.join('')}let n = 0; ${calls.join(' ')} return n;`;
}

interface Way {
  readonly name: string;
  readonly isolations: readonly Isolation[];
  /** Runs the script once and answers with its promise's function result; a fresh context each time. */
  readonly run: (isolate: ivm.Isolate, wrapped: string) => void;
}

let cached: ivm.ExternalCopy<ArrayBuffer> | undefined;
let kept: { isolate: ivm.Isolate; script: ivm.Script } | undefined;
let nonce = 0;

const WAYS: readonly Way[] = [
  {
    name: 'text, evaluated each time',
    isolations: ['isolate', 'context'],
    run: (isolate, wrapped) => {
      const context = isolate.createContextSync();
      context.evalClosureSync('const f = (0, eval)($0); f();', [`${wrapped}\n//${nonce++}`]);
      context.release();
    },
  },
  {
    name: 'code cache of V8, as repeated sources have it',
    isolations: ['isolate'],
    run: (isolate, wrapped) => {
      const context = isolate.createContextSync();
      const options = cached === undefined ? { produceCachedData: true } : { cachedData: cached };
      // isolated-vm's types forget what it adds.
      const script = isolate.compileScriptSync(wrapped, options) as ivm.Script &
        ivm.CachedDataResult & { readonly cachedDataRejected?: boolean };
      if (script.cachedDataRejected === true) throw new Error('the code cache was refused');
      cached ??= script.cachedData;
      callMain(script, context);
      script.release();
      context.release();
    },
  },
  {
    name: 'compiled once per warm isolate, as repeated sources are',
    isolations: ['context'],
    run: (isolate, wrapped) => {
      const context = isolate.createContextSync();
      if (kept?.isolate !== isolate) kept = { isolate, script: isolate.compileScriptSync(wrapped) };
      callMain(kept.script, context);
      context.release();
    },
  },
];

function callMain(script: ivm.Script, context: ivm.Context): void {
  const main = script.runSync(context, { reference: true }) as ivm.Reference<() => unknown>;
  context.evalClosureSync('$0();', [main.derefInto()]);
  main.release();
}

function measure(way: Way, isWarm: boolean, wrapped: string): number {
  let isolate: ivm.Isolate | undefined;
  let started = 0;
  const once = (): void => {
    if (isolate === undefined || !isWarm || ++started % CONTEXTS_PER_ROOM === 0) {
      isolate?.dispose();
      isolate = new ivm.Isolate({ memoryLimit: isWarm ? 128 : 32 });
    }
    way.run(isolate, wrapped);
  };
  for (let i = 0; i < REPEATS / 10; i++) once();
  const startMs = performance.now();
  for (let i = 0; i < REPEATS; i++) once();
  const us = ((performance.now() - startMs) * 1_000) / REPEATS;
  isolate?.dispose();
  return us;
}

const rows: CompileRow[] = [];
for (const kilobytes of SIZES_KB) {
  const wrapped = `(async () => {"use strict";${sourceOf(kilobytes)}\n})`;
  for (const isolation of ['isolate', 'context'] as const) {
    cached = undefined;
    const ways = WAYS.filter(({ isolations }) => isolations.includes(isolation));
    const readings = ways.map((): number[] => []);
    for (let round = 0; round < ROUNDS; round++)
      for (const [i, way] of ways.entries())
        readings[i]?.push(measure(way, isolation === 'context', wrapped));
    for (const [i, way] of ways.entries()) {
      const sorted = readings[i]?.sort((a, b) => a - b) ?? [];
      rows.push({ kilobytes, isolation, way: way.name, us: sorted[Math.floor(ROUNDS / 2)] ?? Number.NaN });
    }
  }
}
console.log(JSON.stringify(rows));
