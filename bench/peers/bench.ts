// npm run bench:peers: other ways to run a script, side by side with this pool in one run: executions per second on trivial
// work, and what each fails to contain. Prints the two tables; `--write` puts them into docs/performance.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { type Peer, peers } from './peers.ts';
import { PROBES } from './probes.ts';

const ROUND_MS = 700;
const ROUNDS = 3;
const WARM_UP = 3;
const AT_ONCE = 2;
/** Bounds the whole run: what hangs is ended, and children end with it. */
const MAX_RUN_MS = 230_000;
const DOCUMENT = new URL('../../docs/performance.md', import.meta.url);
const BEGIN = '<!-- bench:peers -->';
const END = '<!-- /bench:peers -->';

setTimeout(() => {
  console.error(`not finished after ${MAX_RUN_MS / 1_000} s, given up`);
  process.exit(1);
}, MAX_RUN_MS).unref();

const startLoad = loadavg()[0]?.toFixed(1) ?? 'unknown';
const rates = new Map<Peer, number[]>(peers.map((peer) => [peer, []]));
for (const peer of peers) for (let i = 0; i < WARM_UP; i++) await peer.run('return 1 + 1');
// Rounds are interleaved, so that every peer meets the same moods of the machine.
for (let round = 0; round < ROUNDS; round++)
  for (const peer of peers) rates.get(peer)?.push(await measure(peer));

const lines = [
  `Node ${process.version}, ${availableParallelism()} cores, load average ${startLoad} before the run (0 is a quiet machine).`,
  '',
  '| one execution = | per second | relative | concurrent |',
  '|---|---|---|---|',
  ...peers.map((peer) => {
    const rate = median(peer);
    const [first] = peers;
    const share = first === undefined ? 1 : rate / median(first);
    return `| ${peer.name} | ${rate < 100 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en')} | ${share.toFixed(2)} | ${peer.concurrency} |`;
  }),
  '',
  `| | ${PROBES.map(({ name }) => name).join(' | ')} |`,
  `|---|${PROBES.map(() => '---|').join('')}`,
];
for (const peer of peers) {
  const cells: string[] = [];
  for (let i = 0; i < PROBES.length; i += AT_ONCE)
    cells.push(...(await Promise.all(PROBES.slice(i, i + AT_ONCE).map((probe) => probe.judge(peer)))));
  process.stderr.write(`${peer.name}: ${cells.join(', ')}\n`);
  lines.push(`| ${peer.name} | ${cells.join(' | ')} |`);
}
const table = lines.join('\n');
console.log(table);
if (process.argv.includes('--write')) {
  const text = readFileSync(DOCUMENT, 'utf8');
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error(`docs/performance.md: expected ${BEGIN} and ${END}`);
  writeFileSync(DOCUMENT, `${text.slice(0, from + BEGIN.length)}\n${table}\n${text.slice(to)}`);
}
for (const peer of peers) await peer.close?.();

async function measure(peer: Peer): Promise<number> {
  const startMs = performance.now();
  let done = 0;
  const user = async (): Promise<void> => {
    while (performance.now() - startMs < ROUND_MS) {
      await peer.run('return 1 + 1');
      done++;
    }
  };
  await Promise.all(Array.from({ length: peer.concurrency }, user));
  return (done * 1_000) / (performance.now() - startMs);
}

function median(peer: Peer): number {
  const sorted = [...(rates.get(peer) ?? [])].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
