// npm run bench:engine: what the built pool does per second and how long one execution takes, cell by cell, with the raw
// engine loop interleaved in the same run. `--seconds 3` per cell and round, `--rounds 3`, `--only NAME`, `--json`; `--stress`
// instead measures what the pool bears.
import { parseArgs } from 'node:util';
import type { Isolation } from '../../src/execution.ts';
import { type CellResult, measurePool } from './pool-cell.ts';
import { measureRaw } from './raw-cell.ts';
import { measureDrift, measureHostile, measureRecovery, measureSuspended } from './stress.ts';

interface Cell {
  readonly name: string;
  readonly isolation: Isolation;
  readonly source: string;
  readonly concurrency: number;
}

const TRIVIAL = 'return 1 + 1';
const THREE_TOOLS = 'let n = 0; for (let i = 0; i < 3; i++) n += await callTool("one"); return n';
const SLOW_TOOL = 'return await callTool("slow")';

const CELLS: readonly Cell[] = (['context', 'isolate'] as const).flatMap((isolation) => [
  { name: `${isolation} trivial c64`, isolation, source: TRIVIAL, concurrency: 64 },
  { name: `${isolation} 3 tools c64`, isolation, source: THREE_TOOLS, concurrency: 64 },
  {
    name: `${isolation} 50 ms tool c${isolation === 'context' ? 2_000 : 500}`,
    isolation,
    source: SLOW_TOOL,
    concurrency: isolation === 'context' ? 2_000 : 500,
  },
  { name: `${isolation} trivial c1`, isolation, source: TRIVIAL, concurrency: 1 },
]);

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    stress: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);

const rows: (CellResult & {
  readonly name: string;
  readonly ratio: number | undefined;
  readonly cpuRatio: number | undefined;
})[] = [];
for (const cell of values.stress ? [] : CELLS.filter(({ name }) => name.includes(values.only))) {
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
if (values.stress) await stress();
else if (values.json) console.log(JSON.stringify({ node: process.version, seconds, rounds, rows }));

async function stress(): Promise<void> {
  const recoveryMs = await measureRecovery(11);
  console.log(
    `killed host to next outcome: median ${recoveryMs[5]?.toFixed(0)} ms, worst ${recoveryMs[10]?.toFixed(0)} ms`,
  );
  console.log(`10,000 suspended, context: ${Math.round(await measureSuspended(10_000))} MB in all processes`);
  for (const isolation of ['context', 'isolate'] as const) {
    const { calm, hostile } = await measureHostile(isolation, seconds);
    const share = `${Math.round((100 * hostile) / calm)} % of ${Math.round(calm)}/s`;
    console.log(`one killer in a hundred, ${isolation}: ${Math.round(hostile)}/s, ${share}`);
    const { tenth, all } = await measureDrift(isolation, 100_000);
    console.log(
      `100,000 executions, ${isolation}: host ${Math.round(tenth)} MB after 10,000, ${Math.round(all)} MB at the end`,
    );
  }
}

function median(numbers: readonly number[]): number | undefined {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function print(isFirst: boolean, row: (typeof rows)[number] | undefined): void {
  if (row === undefined) return;
  if (isFirst)
    console.log(
      '| cell | per second | p50 ms | p99 ms | p99/p50 | host CPU us | own CPU us | rate of raw loop | CPU of raw loop | RSS of hosts MB |\n|---|---|---|---|---|---|---|---|---|---|',
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
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
