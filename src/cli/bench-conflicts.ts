// Which options of `enclave bench` cannot stand together. One table; every pair that is given is reported at once.
import type { BenchFlags } from './bench-flags.ts';
import type { OptionReader } from './option-reader.ts';

type Name = keyof BenchFlags;

/** An option that decides what others would decide too, or has no use for them. */
interface Conflict {
  /** As typed. */
  readonly flag: string;
  readonly isGiven: (flags: BenchFlags) => boolean;
  readonly refuses: readonly Name[];
  readonly because: string;
}

const given =
  (name: Name) =>
  (flags: BenchFlags): boolean =>
    flags[name] !== undefined;

const SUBJECT: readonly Name[] = ['scenario', 'url'];
const HTTP: readonly Name[] = ['method', 'body', 'header', 'insecure'];
const POOL: readonly Name[] = ['workers', 'isolation'];
const PLACE: readonly Name[] = ['broker'];
const TOOLS: readonly Name[] = ['tools', 'mcp'];
const LOAD: readonly Name[] = ['rate', 'concurrency', 'duration', 'count', 'stage', 'replay'];
const SHAPE: readonly Name[] = [
  'arrivals',
  'warmup',
  'seed',
  'maxInFlight',
  'clientTimeout',
  'compress',
  'shorten',
];
const MODES: readonly Name[] = ['search', 'sweep', 'ab', 'baseline', 'calibrate'];

const CONFLICTS: readonly Conflict[] = [
  {
    flag: '--self-test',
    isGiven: given('selfTest'),
    refuses: [
      ...SUBJECT,
      ...HTTP,
      ...POOL,
      ...PLACE,
      ...TOOLS,
      ...LOAD,
      ...SHAPE,
      ...MODES,
      'driver',
      'repeat',
      'threshold',
      'hdr',
      'allowNoise',
    ],
    because: 'which measures servers of its own under loads of its own',
  },
  {
    flag: '--search',
    isGiven: given('search'),
    refuses: [...LOAD, 'warmup', 'compress', 'shorten', 'threshold', 'hdr'],
    because: 'which sets load and goals itself',
  },
  {
    flag: '--calibrate',
    isGiven: given('calibrate'),
    refuses: [
      'url',
      ...PLACE,
      'rate',
      'arrivals',
      'concurrency',
      'count',
      'stage',
      'replay',
      'warmup',
      'compress',
      'shorten',
      'threshold',
      'hdr',
      'html',
      'md',
    ],
    because: 'which runs the local pool at loads of its own',
  },
  {
    flag: '--sweep',
    isGiven: given('sweep'),
    refuses: [
      'rate',
      'arrivals',
      'maxInFlight',
      'stage',
      'replay',
      'compress',
      'shorten',
      'threshold',
      'hdr',
    ],
    because: 'whose runs are closed loops without goals',
  },
  {
    flag: '--ab',
    isGiven: given('ab'),
    refuses: [...SUBJECT, ...HTTP, ...PLACE, ...TOOLS, 'replay', 'threshold', 'hdr'],
    because: 'which names two scenarios and judges by comparing them',
  },
  {
    flag: '--baseline',
    isGiven: given('baseline'),
    refuses: ['threshold', 'hdr'],
    because: 'which judges by comparing runs',
  },
  {
    flag: '--driver autocannon',
    isGiven: ({ driver }) => driver === 'autocannon',
    refuses: [
      'scenario',
      'rate',
      'count',
      'stage',
      'replay',
      'arrivals',
      'warmup',
      'seed',
      'maxInFlight',
      'compress',
      'shorten',
      ...MODES,
      'threshold',
      'hdr',
      'html',
      'md',
      'allowNoise',
    ],
    because: 'which only counts the good answers of a closed loop',
  },
  {
    flag: '--replay',
    isGiven: given('replay'),
    refuses: [
      'rate',
      'arrivals',
      'concurrency',
      'duration',
      'count',
      'warmup',
      'stage',
      'compress',
      'shorten',
    ],
    because: 'which takes every intended start from a file',
  },
  {
    flag: '--stage',
    isGiven: given('stage'),
    refuses: ['rate', 'concurrency', 'duration', 'count'],
    because: 'which sets rates and durations',
  },
  {
    flag: '--concurrency',
    isGiven: given('concurrency'),
    refuses: ['rate', 'arrivals', 'maxInFlight'],
    because: 'which is a closed loop, whereas this belongs to the open model',
  },
  { flag: '--count', isGiven: given('count'), refuses: ['duration'], because: 'which ends the run' },
  {
    flag: '--url',
    isGiven: given('url'),
    refuses: [...POOL, ...PLACE, ...TOOLS],
    because: 'whose workers and tools nobody here can set',
  },
  {
    flag: '--broker',
    isGiven: ({ broker, url }) => broker !== undefined && url === undefined,
    refuses: [...POOL, ...TOOLS],
    because: 'whose runtimes and tools decide it',
  },
  {
    flag: '--scenario',
    isGiven: ({ ab, scenario, url }) => scenario !== undefined && url === undefined && ab === undefined,
    refuses: HTTP,
    because: 'which sends no HTTP request',
  },
];

/** Notes every pair of options that contradict each other, and every option that belongs to one that is missing. */
export function checkConflicts(reader: OptionReader, flags: BenchFlags): void {
  const modes = MODES.filter((mode) => flags[mode] !== undefined);
  if (modes.length > 1 && flags.selfTest === undefined) {
    reader.problem(modes.map(flagOf).join(', '), 'expected one of them');
  }
  // What a self-test refuses need not be said again by what it refuses.
  const table = flags.selfTest === undefined ? CONFLICTS : CONFLICTS.slice(0, 1);
  for (const { because, flag, isGiven, refuses } of table) {
    if (!isGiven(flags)) continue;
    for (const name of refuses) {
      // Two modes are one mistake, said above; without it both tables would name the pair.
      if (flags[name] === undefined || (modes.length > 1 && MODES.includes(name))) continue;
      reader.problem(flagOf(name), `expected not to be given with ${flag}, ${because}`);
    }
  }
  if (flags.selfTest === undefined) checkCompanions(reader, flags);
  if (!flags.isolate) {
    for (const name of ['url', 'broker', 'selfTest', 'ab', 'search', 'baseline'] as const) {
      if (flags[name] === undefined) continue;
      reader.problem(
        '--no-isolate',
        `expected not to be given with ${flagOf(name)}, which has no pool in this process`,
      );
    }
  }
  const onStdout = [flags.html, flags.md].filter((path) => path === '-').length;
  if (onStdout > 0) {
    reader.problem(
      flags.html === '-' ? '--html' : '--md',
      'expected a file: stdout has the summary, or with --json the report; enclave report writes documents to stdout',
    );
  }
}

/** Options that need another, or decide what another would. */
function checkCompanions(reader: OptionReader, flags: BenchFlags): void {
  if (flags.sweep?.startsWith('workers') === true && flags.workers !== undefined) {
    reader.problem('--workers', 'expected not to be given with --sweep workers=…, which sets it');
  }
  if (
    flags.repeat !== undefined &&
    flags.ab === undefined &&
    flags.baseline === undefined &&
    flags.calibrate === undefined &&
    flags.selfTest === undefined &&
    (flags.url !== undefined || flags.search !== undefined || flags.sweep !== undefined)
  ) {
    reader.problem(
      '--repeat',
      'expected to be given with --ab, --baseline, --calibrate or a scenario with a hostile tenant',
    );
  }
}

/** `maxInFlight` as it is typed: `--max-in-flight`. */
function flagOf(name: Name): string {
  return `--${name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}`;
}
