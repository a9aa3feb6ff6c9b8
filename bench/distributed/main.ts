// npm run bench:distributed: one broker, two runtimes, redis-server and a load generator on this machine's cores: what a
// session costs, against the targets and the figures of the published guide. `--seconds 3` per cell, `--clients 5000`,
// `--only control|rates|overload|memory|clients`, `--broker-flag=--cpu-prof` and `--runtime-flag=--cpu-prof` profile,
//  `--write` puts the tables into docs/performance.md. Ends within five minutes.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { REDIS_SETTINGS } from './fleet.ts';
import { type IdleResult, measureIdleClients, type Restart } from './idle-clients.ts';
import { localP50Ms } from './local-pool.ts';
import { measureMemory, type SessionMemory } from './memory.ts';
import { measureOverload, type OverloadResult } from './overload.ts';
import { type Cell, type CellResult, measureBareHttpUs, measureCells } from './throughput.ts';

const MAX_RUN_MS = 300_000;
const DOCUMENT = new URL('../../docs/performance.md', import.meta.url);
const BEGIN = '<!-- bench:distributed -->';
const END = '<!-- /bench:distributed -->';
const TRIVIAL = 'return 1 + 1';
const THREE_TOOLS = 'let n = 0; for (let i = 0; i < 3; i++) n += await callTool("one", {}); return n';

/** The same for runtimes that run nothing. */
const NO_CALLS = '0 => 2';
const THREE_CALLS = '3 => 3';

setTimeout(() => {
  console.error(`not finished after ${MAX_RUN_MS / 1_000} s, given up`);
  process.exit(1);
}, MAX_RUN_MS).unref();

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    clients: { type: 'string', default: '5000' },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
    'broker-flag': { type: 'string', multiple: true, default: [] },
    'runtime-flag': { type: 'string', multiple: true, default: [] },
  },
});
const seconds = Number(values.seconds);
const brokerFlags = values['broker-flag'];
const profiled = { brokerFlags, runtimeFlags: values['runtime-flag'] };

function cell(
  name: string,
  isolation: Cell['isolation'],
  code: string,
  concurrency: number,
  accept: Cell['accept'] = 'application/json',
): Cell {
  return {
    name,
    isolation,
    code,
    expect: code === TRIVIAL || code === NO_CALLS ? '"result":2' : '"result":3',
    concurrency,
    accept,
  };
}

const CONTEXT = [
  cell('context, trivial, 64 at once', 'context', TRIVIAL, 64),
  cell('context, trivial, 64 at once, streamed', 'context', TRIVIAL, 64, 'text/event-stream'),
  cell('context, 3 tool calls, 64 at once', 'context', THREE_TOOLS, 64),
  cell('context, trivial, one at a time', 'context', TRIVIAL, 1),
] as const;
const ISOLATE = [cell('isolate, trivial, 64 at once', 'isolate', TRIVIAL, 64)] as const;

const INSTANT = [
  cell('no script, 64 at once', 'instant', NO_CALLS, 64),
  cell('no script, 3 tool calls, 64 at once', 'instant', THREE_CALLS, 64),
] as const;

/** Cells are measured in turn so often, so that a machine that changes its pace meets all alike; the median of each counts. */
const TURNS = 3;
/** What HTTP cost on the machine whose prototype set the targets, us per request: theirs are 5.6 requests a session. */
const DESIGN_HTTP_US = 18;

const HEAD = [
  '| cell | sessions/s | p50 ms | p99 ms | broker us | Redis us | runtimes us | isolates us | client us |',
  '|---|---|---|---|---|---|---|---|---|',
];

const load = loadavg()[0]?.toFixed(1) ?? 'unknown';
const lines = [
  `Node ${process.version}, ${redisVersion()}, ${availableParallelism()} cores shared by all processes and the load generator; load average ${load} before the run.`,
  `Redis with ${REDIS_SETTINGS.map((word) => (word === '' ? '""' : word)).join(' ')}.`,
  '',
];
const verdicts: string[] = [];

/** A line of the table of targets. `isMost`: lower is better. */
function judge(what: string, seen: number, target: number, unit: string, isMost = false): void {
  const isMet = isMost ? seen <= target : seen >= target;
  const round = (value: number) => value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
  verdicts.push(
    `| ${what} | ${round(seen)} ${unit} | ${isMost ? '<=' : '>='} ${round(target)} ${unit} | ${isMet ? 'met' : '**missed**'} |`,
  );
}

await part('control', control);
await part('rates', rates);
await part('overload', async () => judgeOverload(await measureOverload(seconds, brokerFlags)));
await part('memory', async () => judgeMemory(await measureMemory()));
await part('clients', async () => judgeClients(await measureIdleClients(Number(values.clients))));
lines.push('| what | seen | target | |', '|---|---|---|---|', ...verdicts);
const text = lines.join('\n');
console.log(text);
if (values.write) write(text);

/** A part that fails takes nothing from the others; it is told in their place. */
async function part(name: string, work: () => Promise<void>): Promise<void> {
  if (values.only !== '' && values.only !== name) return;
  try {
    await work();
  } catch (error) {
    verdicts.push(
      `| ${name} | ${error instanceof Error ? error.message.split('\n')[0] : 'failed'} | | **failed** |`,
    );
    process.exitCode = 1;
  }
}

async function rates(): Promise<void> {
  const local = await localP50Ms('context', TRIVIAL, seconds);
  const rate = ({ perSecond }: CellResult) => perSecond;
  const results = [...(await inTurn(CONTEXT, rate)), ...(await inTurn(ISOLATE, rate))];
  const [trivial, streamed, tools, single, isolate] = results;
  if (!(trivial && streamed && tools && single && isolate)) throw new Error('a cell is missing');
  lines.push(
    ...HEAD,
    ...[...CONTEXT, ...ISOLATE].map(({ name }, i) => row(name, results[i])),
    '',
    `The median of ${TURNS} turns. Processor time is per session, after a warm-up of six seconds. "Isolates" is the processes that hold`,
    'them: the work itself, which a local run pays too. "Client" is the load generator, which is no part of the fleet and shares its cores.',
    '',
  );
  judge('context, trivial', trivial.perSecond, 2_500, 'sessions/s');
  judge('context, 3 tool calls', tools.perSecond, 1_200, 'sessions/s');
  judge('isolate, trivial', isolate.perSecond, 1_000, 'sessions/s');
  judge('added p50 over a local run, one at a time', single.p50Ms - local, 2, 'ms', true);
  judge('control per session, with isolates on the same cores', controlUs(trivial), 100, 'us', true);
  judge('… more per tool call', (controlUs(tools) - controlUs(trivial)) / 3, 30, 'us', true);
  judge('guide: "simple" on one 8-core server', trivial.perSecond, 500, 'sessions/s');
  judge('guide: with tools on one 8-core server', tools.perSecond, 200, 'sessions/s');
  judge('guide: "simple" on three pods', trivial.perSecond, 1_200, 'sessions/s');
  judge('guide: with tools on three pods', tools.perSecond, 500, 'sessions/s');
  judge('guide: p50, one server', trivial.p50Ms, 15, 'ms', true);
  judge('guide: p50, three pods', trivial.p50Ms, 25, 'ms', true);
  judge('guide: p99, one server', trivial.p99Ms, 85, 'ms', true);
  judge('guide: p99, three pods', trivial.p99Ms, 120, 'ms', true);
}

/** What control costs by itself, as the design's prototype was measured. */
async function control(): Promise<void> {
  const bareBeforeUs = await measureBareHttpUs(INSTANT[0], seconds);
  const results = await inTurn(INSTANT, controlUs);
  const bareUs = Math.min(bareBeforeUs, await measureBareHttpUs(INSTANT[0], seconds));
  const [none, calls] = results;
  if (!(none && calls)) throw new Error('a cell is missing');
  lines.push(
    'Runtimes that run nothing and answer at once, by which the design set its targets for what control costs:',
    '',
    ...HEAD,
    ...INSTANT.map(({ name }, i) => row(name, results[i])),
    '',
    `A bare HTTP server that reads the same request and answers as many bytes takes ${Math.round(bareUs)} us here, 18 on the machine of the design.`,
    '',
  );
  judge('control per session: broker, Redis and runtimes', controlUs(none), 100, 'us', true);
  judge('… more per tool call', (controlUs(calls) - controlUs(none)) / 3, 30, 'us', true);
  judge(
    'control per session in bare HTTP requests',
    controlUs(none) / bareUs,
    100 / DESIGN_HTTP_US,
    'x',
    true,
  );
}

function judgeOverload({
  capacityPerSecond,
  calm,
  flooded,
  allRefusedP99Ms,
  brokerUs,
}: OverloadResult): void {
  const all = allRefusedP99Ms.map((ms) => ms.toFixed(1)).join(', ');
  lines.push(
    `A submit of the flood cost the broker ${Math.round(brokerUs)} us of processor time. The p99 of the refused was ${all} ms; the median counts.`,
    '',
  );
  const asked = Math.round(capacityPerSecond * 10).toLocaleString('en');
  const share = Math.round((flooded.refused / (flooded.refused + flooded.accepted)) * 100);
  const what = `${asked} submits/s, ten times what there are places for: ${share} % refused, p99`;
  judge(what, flooded.refusedP99Ms, 5, 'ms', true);
  judge('… p50 of the refused', flooded.refusedP50Ms, 5, 'ms', true);
  judge(
    '… p99 of the accepted, against half the load',
    flooded.acceptedP99Ms / calm.acceptedP99Ms,
    2,
    'x',
    true,
  );
}

/** The result of each cell that has the median of `key` among its turns. */
async function inTurn(
  cells: readonly Cell[],
  key: (result: CellResult) => number,
): Promise<(CellResult | undefined)[]> {
  const turns = await measureCells(Array.from({ length: TURNS }, () => cells).flat(), seconds, profiled);
  return cells.map((_cell, index) =>
    turns
      .filter((_turn, n) => n % cells.length === index)
      .toSorted((a, b) => key(a) - key(b))
      .at(Math.floor(TURNS / 2)),
  );
}

function controlUs({ brokerUs, redisUs, runtimeUs }: CellResult): number {
  return brokerUs + redisUs + runtimeUs;
}

function row(name: string, result: CellResult | undefined): string {
  if (result === undefined) return '';
  const { perSecond, p50Ms, p99Ms, brokerUs, redisUs, runtimeUs, hostUs, clientUs } = result;
  const whole = [brokerUs, redisUs, runtimeUs, hostUs, clientUs].map((us) =>
    Math.round(us).toLocaleString('en'),
  );
  return `| ${name} | ${Math.round(perSecond).toLocaleString('en')} | ${p50Ms.toFixed(1)} | ${p99Ms.toFixed(1)} | ${whole.join(' | ')} |`;
}

function judgeMemory({ liveBytes, endedBytes, compactedBytes, floorBytes }: SessionMemory): void {
  const floor = Math.round(floorBytes);
  lines.push(`A Redis key with the name of a session, an expiry and nothing in it takes ${floor} bytes.`, '');
  judge('Redis memory of a live session', liveBytes / 1_024, 2.2, 'KB', true);
  judge('… when it has ended, with 4 events', endedBytes / 1_024, 2.2, 'KB', true);
  judge('… when only its result is kept', compactedBytes, 200, 'bytes', true);
}

function judgeClients({ clients, bytesEach, restart, bare }: IdleResult): void {
  const count = clients.toLocaleString('en');
  judge(`${count} idle SSE clients on one broker, each`, bytesEach / 1_024, 16, 'KB', true);
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  const told = ({ endedMs, startedMs, serverUs, clientUs }: Restart) =>
    `gone after ${seconds(endedMs)} s, up after ${seconds(startedMs)} s; from then on ${Math.round(serverUs)} us of processor time per client in the server, ${Math.round(clientUs)} us in the clients`;
  lines.push(`Restart with ${count} clients: broker ${told(restart)}.`);
  lines.push(`The same clients and a bare HTTP server: ${told(bare)}.`, '');
  judge(`broker restarted: all ${count} resumed`, restart.resumedMs / 1_000, 3, 's', true);
  judge('… against a bare HTTP server', restart.resumedMs / bare.resumedMs, 2, 'x', true);
}

function redisVersion(): string {
  const { stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  return `Redis ${/v=(\S+)/u.exec(stdout ?? '')?.[1] ?? 'unknown'}`;
}

function write(table: string): void {
  const page = readFileSync(DOCUMENT, 'utf8');
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from < 0 || to < from) throw new Error(`docs/performance.md: expected ${BEGIN} and ${END}`);
  writeFileSync(DOCUMENT, `${page.slice(0, from + BEGIN.length)}\n\n${table}\n\n${page.slice(to)}`);
}
