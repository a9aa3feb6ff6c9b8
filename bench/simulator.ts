// npm run bench:simulator: events per second of the simulator on one core, beside a loop that does nothing but push and pop its
// heap; the share of seeded runs whose 95 % interval holds the exact M/M/c value; and the time of a whole plan.
// Time is CPU time of this process, so that neighbours on the machine do not count; the wall clock stands beside it.
import { readFileSync } from 'node:fs';
import Table from 'cli-table3';
import { parseCatalogue } from '../src/planner/catalogue.ts';
import { EventHeap } from '../src/planner/event-heap.ts';
import { mmcWait } from '../src/planner/mmc.ts';
import { planCapacity } from '../src/planner/plan-capacity.ts';
import type { Sourced } from '../src/planner/provenance.ts';
import { createRandom } from '../src/planner/random.ts';
import { simulate } from '../src/planner/simulate.ts';
import type { SimulationInput } from '../src/planner/simulation-types.ts';
import { workloadFromCapacity } from '../src/planner/workload.ts';

const EXECUTIONS = Number(process.env['EXECUTIONS'] ?? 1_000_000);
const SEEDS = Number(process.env['SEEDS'] ?? 100);
const TARGET = 1e6;

/** 64 processors, 80 % busy. */
const fleet: SimulationInput = {
  seed: 1,
  arrivals: { kind: 'poisson', ratePerSecond: 51.2 },
  stop: { kind: 'executions', count: EXECUTIONS },
  cpu: { meanS: 1, scv: 1 },
  instances: 16,
  serversPerInstance: 4,
  queue: 'pooled',
};

const table = new Table({
  head: ['', 'events', 'CPU s', 'wall s', 'events/s of CPU', 'heap loop / it'],
  style: { head: [], border: [] },
});
heapLoop(EXECUTIONS);
const raw = timed(() => heapLoop(2 * EXECUTIONS));
table.push(row('raw heap loop', raw, raw));
for (const [name, changes] of [
  ['one queue', {}],
  ['a queue per instance, random', { queue: 'split' }],
  ['processor sharing', { queue: 'split', discipline: 'ps' }],
] as const) {
  simulate({ ...fleet, ...changes, stop: { kind: 'executions', count: EXECUTIONS / 10 } });
  table.push(
    row(
      name,
      timed(() => simulate({ ...fleet, ...changes }).events),
      raw,
    ),
  );
}
process.stdout.write(`${table.toString()}\ntarget: ${TARGET.toLocaleString('en-US')} events/s on one core\n`);
process.stdout.write(`${coverage()}\n${wholePlan()}\n`);

interface Timed {
  readonly events: number;
  readonly cpuS: number;
  readonly wallS: number;
}

function timed(run: () => number): Timed {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const events = run();
  const { system, user } = process.cpuUsage(cpu);
  return { events, cpuS: (user + system) / 1e6, wallS: (performance.now() - started) / 1e3 };
}

/** Random times into a heap of as many entries as the fleet has processors; the fastest that any simulation on it could be. */
function heapLoop(events: number): number {
  const heap = new EventHeap();
  const random = createRandom(1, 0);
  for (let i = 0; i < 64; i++) heap.push(random(), i);
  for (let i = 0; i < events; i++) {
    const now = heap.nextTime;
    heap.push(now - Math.log1p(-random()), heap.pop());
  }
  return events;
}

function row(
  name: string,
  { cpuS, events, wallS }: Timed,
  { cpuS: rawS, events: rawEvents }: Timed,
): string[] {
  const perSecond = events / cpuS;
  return [
    name,
    events.toLocaleString('en-US'),
    cpuS.toFixed(2),
    wallS.toFixed(2),
    Math.round(perSecond).toLocaleString('en-US'),
    (rawEvents / rawS / perSecond).toFixed(2),
  ];
}

function coverage(): string {
  const exact = mmcWait({ servers: 8, offeredLoad: 6.4, meanServiceTime: 1 });
  const runs = Array.from({ length: SEEDS }, (_, index) =>
    simulate({
      ...fleet,
      seed: index + 1,
      arrivals: { kind: 'poisson', ratePerSecond: 6.4 },
      instances: 1,
      serversPerInstance: 8,
      stop: { kind: 'executions', count: 60_000 },
    }),
  );
  const share = (
    value: number,
    of: (run: (typeof runs)[number]) => { readonly low: number; readonly high: number },
  ) => `${runs.filter((run) => of(run).low <= value && value <= of(run).high).length} of ${SEEDS}`;
  const p95 = share(exact.responseQuantile(0.95), (run) => run.response.p95);
  return `exact M/M/8 inside the 95 % interval: mean wait ${share(exact.mean, (run) => run.wait.mean)}, p95 ${p95}; target 90 %`;
}

function wholePlan(): string {
  const catalogue = parseCatalogue(
    JSON.parse(readFileSync(new URL('../catalogue/ec2-prices.json', import.meta.url), 'utf8')),
  );
  const type = catalogue.types.find(({ type: name }) => name === 'c6i.large');
  if (type === undefined) throw new Error('the catalogue has no c6i.large');
  const given = (value: number): Sourced => ({ value, provenance: 'given', source: 'bench' });
  const values = Array.from({ length: 168 }, (_, hour) => 1.2 - Math.cos((2 * Math.PI * hour) / 24));
  const plan = timed(() => {
    const { types } = planCapacity({
      perDay: given(5e8),
      peakMultiplier: given(
        (Math.max(...values) * values.length) / values.reduce((sum, value) => sum + value),
      ),
      workload: workloadFromCapacity(given(200), type),
      slos: [{ metric: 'response', p: 0.99, limitMs: 200, text: 'p99=200ms' }],
      maxUtilisation: given(0.85),
      queue: 'host',
      availability: { floor: 2, spares: 1, zones: 3, loseZones: 1, target: 0.999 },
      catalogue,
      types: [],
      curve: { values, source: 'bench' },
      growthPerYear: 0.4,
      simulation: { seed: 1, executions: 40_000 },
      uncertainty: { seed: 1, draws: 600 },
    });
    return types.length;
  });
  return `whole plan, all types, a week's curve, 600 draws, 40,000 executions simulated: ${plan.cpuS.toFixed(2)} s of CPU, ${plan.wallS.toFixed(2)} s; target below 1 s`;
}
