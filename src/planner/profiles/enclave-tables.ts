// The Enclave guide: pool sizes, throughput of one server and of three pods, limits of the broker, and a fleet from its figures.
import { DAY_S } from '../check/rule.ts';
import { ceilOnce } from '../station.ts';
import { columns, type ProfileRecipe, words } from './profile-table.ts';

/** The volume that every guide's capacity is tried with. */
const SIZED_PER_DAY = 5e6;
const SIZED_PEAK = 3;
const MIN_POOL = 2;

/** Amdahl's contention from the speed-up of n instances: (n / speed-up - 1) / (n - 1); coherency taken as 0. */
function contentionOf(n: number, speedUp: number): number {
  return (n / speedUp - 1) / (n - 1);
}

export const ENCLAVE_TABLES: readonly ProfileRecipe[] = [
  {
    needs: ['serverCores', 'mixedWorkersPerCore', 'ioWorkersPerCore', 'runtimeWorkers'],
    build: (f) => {
      const [mixed, io] = [f.number('mixedWorkersPerCore'), f.number('ioWorkersPerCore')];
      return {
        title: 'Pool size by cores',
        formula: `CPU-heavy: cores; tool calls: ${io} x cores; mixed: max(${MIN_POOL}, floor(${mixed} x cores))`,
        columns: columns(
          ['input', 'cores'],
          ['computed', 'CPU-heavy'],
          ['computed', 'tool calls'],
          ['computed', 'mixed'],
          ['published', 'in its example'],
        ),
        rows: [1, 2, 4, f.number('serverCores'), 16].map((cores) => [
          cores,
          cores,
          io * cores,
          Math.max(MIN_POOL, Math.floor(mixed * cores)),
          cores === f.number('serverCores') ? f.number('runtimeWorkers') : null,
        ]),
      };
    },
  },
  {
    needs: ['scenarioNames', 'singlePerSecond', 'scaledPerSecond', 'scaledInstances'],
    build: (f) => {
      const pods = f.number('scaledInstances');
      return {
        title: `Throughput of one server and of ${pods} pods`,
        formula:
          'speed-up = X(n) / X(1); contention = (n / speed-up - 1) / (n - 1); ceiling = X(1) / contention',
        columns: columns(
          ['input', 'scripts'],
          ['published', 'one, /s'],
          ['published', `${pods} pods, /s`],
          ['computed', 'speed-up'],
          ['computed', 'efficiency'],
          ['computed', 'contention'],
          ['computed', 'ceiling, /s'],
        ),
        rows: f.numbers('singlePerSecond').map((single, row) => {
          const scaled = f.numbers('scaledPerSecond')[row] ?? single;
          const contention = contentionOf(pods, scaled / single);
          return [
            words(f, 'scenarioNames')[row] ?? null,
            single,
            scaled,
            scaled / single,
            scaled / single / pods,
            contention,
            single / contention,
          ];
        }),
      };
    },
  },
  {
    needs: [
      'singlePerSecond',
      'scaledPerSecond',
      'scaledInstances',
      'publishedP50Ms',
      'publishedP99Ms',
      'hpaActivePerPod',
    ],
    build: (f) => {
      const pods = f.number('scaledInstances');
      const row = (name: string, at: number, perSecond: number, target: number | null) => {
        const p50 = f.numbers('publishedP50Ms')[at] ?? 0;
        return [
          name,
          p50,
          f.numbers('publishedP99Ms')[at] ?? null,
          perSecond,
          (perSecond * p50) / 1_000,
          target,
        ];
      };
      return {
        title: 'Executions under way at the published throughput',
        formula: 'L = rate x time, with the published P50 for the mean, which is too low for a skewed law',
        columns: columns(
          ['input', 'deployment'],
          ['published', 'P50, ms'],
          ['published', 'P99, ms'],
          ['published', 'per pod, /s'],
          ['computed', 'in flight'],
          ['published', 'HPA target'],
        ),
        rows: [
          row('one server', 0, f.number('singlePerSecond'), null),
          row(`${pods} pods`, 1, f.number('scaledPerSecond') / pods, f.number('hpaActivePerPod')),
        ],
      };
    },
  },
  {
    needs: [
      'maxSessions',
      'sessionTimeoutS',
      'brokerPoolMax',
      'hpaMax',
      'singlePerSecond',
      'maxExecutionsPerWorker',
    ],
    build: (f) => {
      const [simple, tools = simple] = f.numbers('singlePerSecond');
      const sessions = f.number('maxSessions');
      const pool = f.number('brokerPoolMax');
      return {
        title: 'Limits of the broker',
        formula:
          'sessions / time-out; pods x throughput of one with tool calls; throughput / executions per worker',
        columns: columns(['input', 'limit'], ['published', 'stated'], ['computed', 'means']),
        rows: [
          ['sessions at once: new ones, /s', sessions, sessions / f.number('sessionTimeoutS')],
          ['runtimes: executions, /s', pool, pool * (tools ?? 0)],
          ['HPA pods: executions, /s', f.number('hpaMax'), f.number('hpaMax') * (tools ?? 0)],
          [
            'executions per worker: restarts, /s',
            f.number('maxExecutionsPerWorker'),
            (simple ?? 0) / f.number('maxExecutionsPerWorker'),
          ],
        ],
      };
    },
  },
  {
    needs: ['singlePerSecond', 'hpaCpuShare', 'scenarioNames'],
    build: (f) => ({
      title: 'A fleet for 5M executions a day, peak 3',
      formula: 'raw = 5M / 86,400 x 3 / (capacity x share); N = ceil(raw); one more may fail',
      columns: columns(
        ['input', 'scripts'],
        ['published', 'one, /s'],
        ['published', 'CPU share'],
        ['computed', 'peak, /s'],
        ['computed', 'raw'],
        ['computed', 'N'],
        ['computed', 'N + 1'],
      ),
      rows: f.numbers('singlePerSecond').map((capacity, row) => {
        const peak = (SIZED_PER_DAY / DAY_S) * SIZED_PEAK;
        const raw = peak / (capacity * f.number('hpaCpuShare'));
        const name = words(f, 'scenarioNames')[row] ?? null;
        return [name, capacity, f.number('hpaCpuShare'), peak, raw, ceilOnce(raw), ceilOnce(raw) + 1];
      }),
    }),
  },
];
