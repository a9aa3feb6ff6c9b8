// Where the time of `enclave run` of a trivial script goes, from process start to exit. Built code; medians, interleaved.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';

const ROUNDS = Number(process.env['ROUNDS'] ?? 21);
const root = fileURLToPath(new URL('..', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'enclave-startup-'));
const script = join(dir, 'trivial.js');
const inside = join(dir, 'inside.mjs');
writeFileSync(script, 'return 1 + 1');
writeFileSync(
  inside,
  `import { createPool } from ${JSON.stringify(join(root, 'dist/pool/pool.js'))};
   const t = [performance.now()];
   const pool = createPool({ poolSize: 1 });
   await pool.ready(); t.push(performance.now());
   await pool.execute({ source: 'return 1 + 1' }); t.push(performance.now());
   await pool.execute({ source: 'return 1 + 1' }); t.push(performance.now());
   await pool[Symbol.asyncDispose](); t.push(performance.now());
   console.log(JSON.stringify(t.slice(1).map((end, i) => end - t[i])));`,
);

/** Whole process, ms; what it prints goes to `out`. */
function time(args: readonly string[]): { ms: number; out: string } {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: dir });
  const ms = performance.now() - start;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return { ms, out: stdout };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const bin = join(root, 'bin/enclave.js');
const rows = new Map<string, number[]>();
const note = (name: string, ms: number) => rows.set(name, [...(rows.get(name) ?? []), ms]);

for (let round = -1; round < ROUNDS; round++) {
  const node = time(['-e', '0']).ms;
  const frame = time([bin, '--version']).ms;
  const whole = time([bin, 'run', script]).ms;
  const phases: readonly number[] = JSON.parse(time([inside]).out);
  // The first round fills the compile cache.
  if (round < 0) continue;
  note('node itself, `node -e 0`', node);
  note('CLI frame, `enclave --version`', frame);
  note('**`enclave run trivial.js`**', whole);
  note('… host process: fork to ready', phases[0] ?? Number.NaN);
  note('… first execution', phases[1] ?? Number.NaN);
  note('… second execution', phases[2] ?? Number.NaN);
  note('… dispose', phases[3] ?? Number.NaN);
}
rmSync(dir, { recursive: true });

const table = new Table({
  head: ['step', 'median ms', 'min', 'max'],
  style: { head: [], border: [] },
  colAligns: ['left', 'right', 'right', 'right'],
});
for (const [name, values] of rows) {
  table.push([
    name,
    median(values).toFixed(1),
    Math.min(...values).toFixed(1),
    Math.max(...values).toFixed(1),
  ]);
}
console.log(table.toString());
console.log(`Node ${process.version}, ${ROUNDS} rounds, interleaved`);
