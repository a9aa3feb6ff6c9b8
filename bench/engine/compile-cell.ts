// What compiling the user's text costs, and what a cache of it would save: run by main.ts with --compile, in a process of its
// own (isolates want --no-node-snapshot). Prints one JSON line. Raw isolated-vm, so that every way is compared with the same loop.
import ivm from 'isolated-vm';

const SIZES_KB = [1, 10, 100];
const REPEATS = 200;
const ROUNDS = 5;
const FLAGS_PER_ROOM = 100;

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
  /** Runs the script once and answers with its promise's function result; a fresh context each time. */
  readonly run: (isolate: ivm.Isolate, wrapped: string) => void;
}

let cached: ivm.ExternalCopy<ArrayBuffer> | undefined;
let kept: { isolate: ivm.Isolate; script: ivm.Script } | undefined;
let nonce = 0;

const WAYS: readonly Way[] = [
  {
    name: 'text, evaluated each time (as it is)',
    run: (isolate, wrapped) => {
      const context = isolate.createContextSync();
      context.evalClosureSync('const f = (0, eval)($0); f();', [`${wrapped}\n//${nonce++}`]);
      context.release();
    },
  },
  {
    name: 'code cache (cachedData)',
    run: (isolate, wrapped) => {
      const context = isolate.createContextSync();
      const options = cached === undefined ? { produceCachedData: true } : { cachedData: cached };
      const script = isolate.compileScriptSync(wrapped, options);
      if (script.cachedDataRejected === true) throw new Error('the code cache was refused');
      cached ??= script.cachedData;
      callMain(script, context);
      script.release();
      context.release();
    },
  },
  {
    name: 'script compiled once per warm isolate',
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
    if (isolate === undefined || !isWarm || ++started % FLAGS_PER_ROOM === 0) {
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

const rows: { kilobytes: number; isolation: string; way: string; us: number }[] = [];
for (const kilobytes of SIZES_KB) {
  const wrapped = `(async () => {"use strict";${sourceOf(kilobytes)}\n})`;
  for (const isolation of ['isolate', 'context']) {
    cached = undefined;
    const readings = WAYS.map((): number[] => []);
    for (let round = 0; round < ROUNDS; round++)
      for (const [i, way] of WAYS.entries())
        readings[i]?.push(measure(way, isolation === 'context', wrapped));
    for (const [i, way] of WAYS.entries()) {
      const sorted = readings[i]?.sort((a, b) => a - b) ?? [];
      rows.push({ kilobytes, isolation, way: way.name, us: sorted[Math.floor(ROUNDS / 2)] ?? Number.NaN });
    }
  }
}
console.log(JSON.stringify(rows));
