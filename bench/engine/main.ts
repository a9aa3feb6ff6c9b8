// npm run bench:engine: what the built pool does per second and how long one execution takes, cell by cell, with the raw
// engine loop interleaved in the same run. `--seconds 3` per cell and round, `--rounds 3`, `--only NAME`, `--json`; `--stress`
// instead measures what the pool bears, `--compile` what a cache of compiled sources saves. Ends within four minutes, with `--stress` within eight, whatever happens.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { Isolation } from '../../src/execution.ts';
import type { CompileRow } from './compile-cell.ts';
import { type CellResult, measurePool } from './pool-cell.ts';
import { measureRaw } from './raw-cell.ts';
import { stressRows } from './stress.ts';

interface Cell {
  readonly name: string;
  readonly isolation: Isolation;
  readonly source: string;
  readonly concurrency: number;
  /** What it should reach on 2 cores; `ratio` is to the rate of the raw loop. */
  readonly target: { readonly perSecond?: number; readonly p50Ms?: number; readonly ratio?: number };
}

const TRIVIAL = 'return 1 + 1';
const THREE_TOOLS = 'let n = 0; for (let i = 0; i < 3; i++) n += await callTool("one"); return n';
const SLOW_TOOL = 'return await callTool("slow")';

const CELLS: readonly Cell[] = [
  { ...trivial('context', 64), target: { perSecond: 6_000, ratio: 0.85 } },
  { ...cell('context', '3 tools', THREE_TOOLS, 64), target: { perSecond: 4_300 } },
  { ...cell('context', '50 ms tool', SLOW_TOOL, 2_000), target: { perSecond: 4_500 } },
  { ...trivial('context', 1), target: { p50Ms: 0.3 } },
  { ...trivial('isolate', 64), target: { perSecond: 1_250, ratio: 0.9 } },
  { ...cell('isolate', '3 tools', THREE_TOOLS, 64), target: { perSecond: 1_050 } },
  { ...cell('isolate', '50 ms tool', SLOW_TOOL, 500), target: { perSecond: 1_000 } },
  { ...trivial('isolate', 1), target: { p50Ms: 1 } },
];

function trivial(isolation: Isolation, concurrency: number): Cell {
  return cell(isolation, 'trivial', TRIVIAL, concurrency);
}

function cell(isolation: Isolation, what: string, source: string, concurrency: number): Cell {
  return { name: `${isolation} ${what} c${concurrency}`, isolation, source, concurrency, target: {} };
}

/** Whatever hangs, the run ends; hosts end with it. */
const MAX_RUN_MS = { cells: 235_000, stress: 480_000 } as const;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    stress: { type: 'boolean', default: false },
    compile: { type: 'boolean', default: false },
  },
});
const maxRunMs = MAX_RUN_MS[values.stress ? 'stress' : 'cells'];
setTimeout(() => {
  console.error(`not finished after ${maxRunMs / 1_000} s, given up`);
  process.exit(1);
}, maxRunMs).unref();
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);

const rows: (CellResult & {
  readonly name: string;
  readonly ratio: number | undefined;
  readonly cpuRatio: number | undefined;
})[] = [];
for (const cell of values.stress || values.compile
  ? []
  : CELLS.filter(({ name }) => name.includes(values.only))) {
  const results: CellResult[] = [];
  const ratios: number[] = [];
  const cpuRatios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const result = await measurePool(cell, seconds);
    results.push(result);
    // Right after the pool, so that both meet the same mood of the machine.
    if (cell.source !== TRIVIAL || cell.concurrency === 1) continue;
    const raw = await measureRaw(cell, seconds);
    ratios.push(result.perSecond / raw.perSecond);
    cpuRatios.push(raw.hostCpuUs / result.hostCpuUs);
  }
  const result = [...results].sort((a, b) => a.perSecond - b.perSecond)[Math.floor(rounds / 2)];
  if (result !== undefined)
    rows.push({ name: cell.name, ...result, ratio: median(ratios), cpuRatio: median(cpuRatios) });
  if (!values.json) print(rows.length === 1, rows[rows.length - 1]);
}
if (values.compile) await compile();
else if (values.stress) await stress();
else if (values.json) console.log(JSON.stringify({ node: process.version, seconds, rounds, rows }));

async function stress(): Promise<void> {
  const wanted = stressRows({ seconds, rounds }).filter(({ name }) => name.includes(values.only));
  const results: object[] = [];
  if (!values.json) console.log('| what the pool bears | seen | target | |\n|---|---|---|---|');
  for (const { name, target, measure } of wanted) {
    const { seen, isMet } = await measure();
    const verdict = isMet === undefined ? '' : isMet ? 'met' : 'MISSED';
    results.push({ name, target, seen, verdict });
    if (!values.json) console.log(`| ${name} | ${seen} | ${target} | ${verdict} |`);
  }
  if (values.json) console.log(JSON.stringify({ node: process.version, seconds, rounds, rows: results }));
}

// In a process of its own, which has the flag that isolates need.
async function compile(): Promise<void> {
  const cell = fileURLToPath(new URL('compile-cell.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-node-snapshot', cell]);
  if (values.json) {
    console.log(stdout.trim());
    return;
  }
  console.log('| source | mode | way | us |\n|---|---|---|---|');
  for (const { kilobytes, isolation, way, us } of JSON.parse(stdout) as CompileRow[])
    console.log(`| ${kilobytes} KB | ${isolation} | ${way} | ${Math.round(us).toLocaleString('en')} |`);
}

function median(numbers: readonly number[]): number | undefined {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function print(isFirst: boolean, row: (typeof rows)[number] | undefined): void {
  if (row === undefined) return;
  if (isFirst)
    console.log(
      '| cell | per second | p50 ms | p99 ms | p99/p50 | host CPU us | own CPU us | rate of raw loop | CPU of raw loop | RSS of hosts MB | missed targets |\n|---|---|---|---|---|---|---|---|---|---|---|',
    );
  const { name, perSecond, p50Ms, p99Ms, rssBytes, ratio, cpuRatio, hostCpuUs, ownCpuUs } = row;
  const cells = [
    name,
    Math.round(perSecond).toLocaleString('en'),
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
    (p99Ms / p50Ms).toFixed(1),
    Math.round(hostCpuUs),
    Math.round(ownCpuUs),
    ratio === undefined ? '' : ratio.toFixed(2),
    cpuRatio === undefined ? '' : cpuRatio.toFixed(2),
    Math.round(rssBytes / 1e6),
    missed(row).join(', ') || 'none',
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

function missed({ name, perSecond, p50Ms, p99Ms, ratio }: (typeof rows)[number]): string[] {
  const { target } = CELLS.find((cell) => cell.name === name) ?? {};
  const words: string[] = [];
  if (target?.perSecond !== undefined && perSecond < target.perSecond)
    words.push(`${target.perSecond.toLocaleString('en')}/s`);
  if (target?.p50Ms !== undefined && p50Ms > target.p50Ms) words.push(`p50 ${target.p50Ms} ms`);
  if (target?.ratio !== undefined && ratio !== undefined && ratio < target.ratio)
    words.push(`${target.ratio} of raw`);
  if (p99Ms > 5 * p50Ms) words.push('p99 5 x p50');
  return words;
}
