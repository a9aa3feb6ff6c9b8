// What the load generator itself can do, against its targets: `npm run bench:generator`. From source; under 4 minutes.
// The machine may be shared: figures are per second of the generator's own CPU time, or ratios of interleaved runs.
import Table from 'cli-table3';
import { measureDispatchLag } from './dispatch-lag.ts';
import { measureHttp } from './http-ceiling.ts';
import { measureMemory, measureRecording } from './recording.ts';
import { measureSearchBias } from './search-bias.ts';

interface Row {
  readonly what: string;
  readonly value: string;
  readonly target: string;
  readonly met: boolean;
}

function row(what: string, value: number, unit: string, target: number, isCeiling: boolean): Row {
  const met = isCeiling ? value <= target : value >= target;
  const digits = Math.abs(value) < 10 ? 2 : 0;
  const shown = value.toLocaleString('en-US', { maximumFractionDigits: digits });
  return {
    what,
    value: `${shown} ${unit}`,
    target: `${isCeiling ? '≤' : '≥'} ${target.toLocaleString('en-US')} ${unit}`,
    met,
  };
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}

// First, while nothing else has grown the process.
const memoryMb = measureMemory();
const http = await measureHttp();
const lag = await measureDispatchLag();
const bias = await measureSearchBias();
const rows = [
  row('raw undici dispatch', http.rawPerCpuSecond, 'requests per CPU second', 60_000, false),
  row('the engine over it', http.enginePerCpuSecond, 'requests per CPU second', 54_000, false),
  row('engine / raw, closed loop', http.closedRatio, '', 0.9, false),
  row('dispatch lag at half the ceiling, p99', http.lag.engineP99Us, 'µs', 1_000, true),
  row('… / that of the barest loop', http.lag.ratio, '', 1.25, true),
  row('lag at 100/s with spin / without, p50', lag.ratio, '', 1, true),
  row('recording', measureRecording(), 'ns a value', 50, true),
  row('search bias on M/D/1, least', bias.mean * 100, '%', -6, false),
  row('search bias on M/D/1, most', bias.mean * 100, '%', 0, true),
  row('memory growth over 10 million samples', memoryMb, 'MB', 200, true),
];
const table = new Table({ head: ['what', 'measured', 'target', ''], style: { head: [], border: [] } });
for (const { met, target, value, what } of rows) table.push([what, value, target, met ? 'met' : 'MISSED']);
process.stdout.write(`${table.toString()}\n`);
process.stdout.write(
  `search: ${bias.runs} simulated searches, standard deviation ${(bias.deviation * 100).toFixed(1)} %\n`,
);
process.stdout.write(
  `HTTP: wall clock ${http.rawPerSecond.toFixed(0)}/s raw, ${http.enginePerSecond.toFixed(0)}/s engine; ${http.connections} connections\n`,
);
process.stdout.write(
  `lag at ${http.lag.ratePerSecond.toFixed(0)}/s: p99 ${http.lag.engineP99Us.toFixed(0)} µs, ${http.lag.barestP99Us.toFixed(0)} µs of a loop that only looks at the clock and dispatches;\n` +
    `  the generator had no core for ${percent(http.lag.coreWaitRatio)} of the time and collected garbage for ${percent(http.lag.collectingRatio)}\n`,
);
process.stdout.write(
  `lag at 100/s: p50 ${lag.withSpinUs.toFixed(0)} µs with spin, ${lag.withoutUs.toFixed(0)} µs without; ${(lag.spunRatio * 100).toFixed(1)} % of a core spun\n`,
);
process.stdout.write('percentiles against theory (within 1 % or 1.6 ms): enclave bench --self-test\n');
