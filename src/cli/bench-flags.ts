// The options of `enclave bench`, read and checked; every mistake is reported at once.
import type { LoadOverrides } from '../bench/load-plan.ts';
import type { SweepAxis } from '../bench/run-sweep.ts';
import { parseStage } from '../bench/stages.ts';
import type { Isolation } from '../execution.ts';
import type { PoolSize } from '../pool/options.ts';
import type { PhaseSpec } from '../scenario/scenario-types.ts';
import { checkConflicts } from './bench-conflicts.ts';
import { OptionReader } from './option-reader.ts';

/** As commander hands them over. */
export interface BenchFlags {
  readonly scenario?: string;
  readonly url?: string;
  readonly method?: string;
  readonly body?: string;
  readonly header?: readonly string[];
  readonly insecure?: boolean;
  readonly rate?: string;
  readonly arrivals?: string;
  readonly concurrency?: string;
  readonly duration?: string;
  readonly count?: string;
  readonly warmup?: string;
  readonly seed?: string;
  readonly maxInFlight?: string;
  readonly clientTimeout?: string;
  readonly compress?: string;
  readonly shorten?: string;
  readonly workers?: string;
  readonly isolation?: string;
  /** True unless `--no-isolate`. */
  readonly isolate: boolean;
  readonly broker?: string;
  readonly tools?: string;
  readonly mcp?: string;
  readonly threshold?: readonly string[];
  readonly search?: readonly string[];
  readonly stage?: readonly string[];
  readonly replay?: string;
  readonly sweep?: string;
  readonly ab?: readonly string[];
  readonly baseline?: readonly string[];
  readonly repeat?: string;
  readonly driver?: string;
  readonly selfTest?: boolean;
  readonly calibrate?: boolean;
  readonly hdr?: boolean;
  readonly html?: string;
  readonly md?: string;
  readonly allowNoise?: boolean;
  readonly progress: string;
  readonly out: string;
  readonly json?: boolean;
}

export interface PoolFlags {
  readonly poolSize: PoolSize | undefined;
  readonly isolation: Isolation | undefined;
  /** The pool lives in a process of its own, apart from the load generator; with tools that are not simulated, beside them. */
  readonly isIsolated: boolean;
}

/** An HTTP service to be measured, as typed. */
export interface HttpFlags {
  readonly url: string;
  readonly method: string | undefined;
  /** Text, or `@` and a path. */
  readonly body: string | undefined;
  readonly headers: readonly string[];
  readonly verifyCertificate: boolean;
}

export interface BenchSettings {
  /** What is measured: a scenario against the local pool or a broker, or an HTTP service. */
  readonly subject:
    | { readonly kind: 'scenario'; readonly scenario: string }
    | { readonly kind: 'broker'; readonly scenario: string; readonly url: string }
    | { readonly kind: 'http'; readonly http: HttpFlags };
  readonly load: LoadOverrides;
  readonly pool: PoolFlags;
  readonly thresholds: readonly string[];
  /** Goals of a capacity search; empty: an ordinary run. */
  readonly search: readonly string[];
  /** A report or trace whose intended starts are used again. */
  readonly replay: string | undefined;
  readonly sweep: SweepAxis | undefined;
  /** Two scenarios to be run in turn. */
  readonly ab: readonly [string, string] | undefined;
  /** Reports of earlier runs to be compared with; empty: none. */
  readonly baseline: readonly string[];
  /** Runs of each side. */
  readonly repeat: number | undefined;
  readonly driver: 'enclave' | 'autocannon';
  readonly isSelfTest: boolean;
  /** Runs for the planner at several loads. */
  readonly isCalibration: boolean;
  readonly hdr: boolean;
  /** What to write beside the JSON report. */
  readonly documents: readonly DocumentTarget[];
  readonly allowNoise: boolean;
  readonly progressMs: number;
  readonly out: string;
  readonly json: boolean;
}

/** A document to be written; `-` is stdout. */
export interface DocumentTarget {
  readonly kind: 'html' | 'md';
  readonly path: string;
}

/** The documents that `--html` and `--md` ask for. */
export function documentsOf({
  html,
  md,
}: {
  readonly html?: string | undefined;
  readonly md?: string | undefined;
}): DocumentTarget[] {
  const documents: DocumentTarget[] = [];
  if (html !== undefined) documents.push({ kind: 'html', path: html });
  if (md !== undefined) documents.push({ kind: 'md', path: md });
  return documents;
}

const DAY_MS = 86_400_000;

/** @throws EnclaveError INVALID_INPUT with every mistake */
export function readBenchFlags(flags: BenchFlags): BenchSettings {
  const reader = new OptionReader();
  const load: LoadOverrides = {
    ratePerSecond: reader.rate('--rate', flags.rate, {
      above: 0,
      max: 1e6,
      words: 'above 0 and up to 1M/s',
    }),
    arrivals: reader.choice('--arrivals', flags.arrivals, ['poisson', 'constant']),
    concurrency: reader.integer('--concurrency', flags.concurrency, {
      min: 1,
      max: 100_000,
      words: 'from 1 to 100,000',
    }),
    durationMs: reader.duration('--duration', flags.duration, {
      min: 100,
      max: 7 * DAY_MS,
      words: 'from 100ms to 7d',
    }),
    count: reader.integer('--count', flags.count, { min: 1, max: 1e9, words: 'from 1 to 1B' }),
    warmupMs: reader.duration('--warmup', flags.warmup, { min: 0, max: 600_000, words: 'from 0s to 10min' }),
    seed: reader.integer('--seed', flags.seed, {
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      words: 'from 0 to 2^53 - 1',
    }),
    maxInFlight: reader.integer('--max-in-flight', flags.maxInFlight, {
      min: 1,
      max: 100_000,
      words: 'from 1 to 100,000',
    }),
    timeoutMs: reader.duration('--client-timeout', flags.clientTimeout, {
      min: 1,
      max: 600_000,
      words: 'from 1ms to 10min',
    }),
    compress: reader.number('--compress', flags.compress, FACTOR),
    shorten: reader.number('--shorten', flags.shorten, FACTOR),
    stages: readStages(reader, flags.stage),
  };
  const pool = {
    poolSize: readPoolSize(reader, flags.workers),
    isolation: reader.choice('--isolation', flags.isolation, ['isolate', 'context']),
    isIsolated: flags.isolate && flags.tools === undefined && flags.mcp === undefined,
  };
  const progressMs = reader.duration('--progress', flags.progress, {
    min: 1_000,
    max: 3_600_000,
    words: 'from 1s to 1h',
  });
  const sweep = readSweep(reader, flags);
  const ab = readAb(reader, flags);
  const repeat = reader.integer('--repeat', flags.repeat, { min: 1, max: 1_000, words: 'from 1 to 1,000' });
  const driver = reader.choice('--driver', flags.driver, ['enclave', 'autocannon']) ?? 'enclave';
  checkConflicts(reader, flags);
  const subject =
    ab === undefined ? readSubject(reader, flags) : { kind: 'scenario' as const, scenario: ab[0] };
  reader.finish('enclave bench', 'enclave bench --help lists the options');
  const { allowNoise = false, json = false, out } = flags;
  return {
    subject,
    load,
    pool,
    thresholds: flags.threshold ?? [],
    search: flags.search ?? [],
    replay: flags.replay,
    sweep,
    ab,
    baseline: flags.baseline ?? [],
    repeat,
    driver,
    isSelfTest: flags.selfTest === true,
    isCalibration: flags.calibrate === true,
    hdr: flags.hdr ?? false,
    documents: documentsOf(flags),
    allowNoise,
    progressMs: progressMs ?? 10_000,
    out,
    json,
  };
}

function readStages(reader: OptionReader, texts: readonly string[] | undefined): PhaseSpec[] | undefined {
  return texts?.flatMap((text, index) => {
    const stage = parseStage(text, `stage-${index + 1}`);
    if (stage.ok) return [stage.value];
    reader.problem('--stage', stage.message);
    return [];
  });
}

const SWEEP = /^(?<kind>workers|concurrency)=(?<levels>\d+(?:,\d+)*)$/u;

function readSweep(reader: OptionReader, flags: BenchFlags): SweepAxis | undefined {
  if (flags.sweep === undefined) return undefined;
  const parts = SWEEP.exec(flags.sweep)?.groups;
  const kind = parts?.['kind'] === 'workers' ? 'workers' : 'concurrency';
  const levels = [...new Set((parts?.['levels'] ?? '').split(',').map(Number))].sort((a, b) => a - b);
  const most = kind === 'workers' ? 256 : 100_000;
  if (parts === undefined || levels.some((level) => level < 1 || level > most)) {
    const message = `expected workers=1,2,4 (up to 256) or concurrency=1,2,4 (up to 100,000), got ${JSON.stringify(flags.sweep)}`;
    reader.problem('--sweep', message);
    return undefined;
  }
  if (kind === 'workers' && (flags.url ?? flags.broker) !== undefined) {
    reader.problem(
      '--sweep',
      'expected concurrency=… with --url or --broker, whose workers nobody here can set',
    );
  }
  return { kind, levels };
}

function readAb(reader: OptionReader, { ab }: BenchFlags): readonly [string, string] | undefined {
  if (ab === undefined) return undefined;
  const [a, b, ...rest] = ab;
  if (a !== undefined && b !== undefined && rest.length === 0) return [a, b];
  reader.problem('--ab', `expected two scenarios, got ${ab.length}`);
  return undefined;
}

/** Either a scenario, here or on a broker, or an address. */
function readSubject(reader: OptionReader, flags: BenchFlags): BenchSettings['subject'] {
  const { body, broker, header = [], insecure = false, method, scenario, url } = flags;
  if ((scenario === undefined) === (url === undefined) && flags.selfTest === undefined) {
    const got = scenario === undefined ? 'neither' : 'both';
    reader.problem('--scenario', `expected either --scenario or --url, got ${got}`);
  }
  if (url !== undefined)
    return { kind: 'http', http: { url, method, body, headers: header, verifyCertificate: !insecure } };
  if (broker !== undefined) return { kind: 'broker', scenario: scenario ?? '', url: broker };
  return { kind: 'scenario', scenario: scenario ?? '' };
}

const FACTOR = { above: 0, max: 1e6, words: 'above 0 and up to 1M' };

function readPoolSize(reader: OptionReader, text: string | undefined): PoolSize | undefined {
  if (text === 'cpu' || text === 'io' || text === 'mixed') return text;
  return reader.integer('--workers', text, { min: 1, max: 256, words: 'from 1 to 256, or cpu, io, mixed' });
}
