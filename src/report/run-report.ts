// The run report: what one bench run found, as data. Written by `bench`, read by `report` and by the planner. Types only.
//
// Suffix = unit: `_us` microseconds, `_ms` milliseconds, `_s` seconds, `_per_s`, `_bytes`, `_ratio` (0..1), `_n` counts,
// `_at` ISO 8601 UTC. Within one schema number fields are only ever added; a value that is not known is null.

export const RUN_REPORT_SCHEMA = 'enclave.bench/1';

/** Percentiles that every latency table shows. */
export type PercentileField = 'p50_us' | 'p75_us' | 'p90_us' | 'p95_us' | 'p99_us' | 'p99_9_us';

export interface RunReport {
  readonly schema: typeof RUN_REPORT_SCHEMA;
  readonly kind: 'run';
  /** False when the run was interrupted: what is here was measured, but it is not all that was asked for. */
  readonly complete: boolean;
  readonly exit_code: number;
  readonly validity: Validity;
  readonly scenario: ScenarioFacts;
  readonly target: TargetFacts;
  readonly timing: TimingFacts;
  readonly counts: Counts;
  readonly rates: Rates;
  readonly latency: readonly LatencySummary[];
  readonly cost: ExecutionCost;
  readonly hosts: readonly HostUsage[];
  readonly series: readonly SeriesPoint[];
  /** Absent in reports of versions that did not keep it. */
  readonly tail?: Tail;
  readonly thresholds: readonly ThresholdResult[];
  readonly env: Environment;
}

export interface Validity {
  readonly valid: boolean;
  readonly generator_limited: boolean;
  readonly checks: readonly ValidityCheck[];
}

export interface ValidityCheck {
  readonly id: string;
  readonly value: number | null;
  readonly limit: number;
  readonly unit: string;
  /** `unknown` when this platform cannot tell; never shown as ok. `warned` is outside its limit without spoiling the run. */
  readonly state: 'ok' | 'warned' | 'failed' | 'unknown';
}

export interface ScenarioFacts {
  readonly name: string;
  readonly purpose: string;
  /** SHA-256 of the normalised scenario with the bytes of the scripts it names. */
  readonly hash: string;
  readonly seed: number;
  readonly model: 'open' | 'closed';
  /** Null in the closed model. */
  readonly arrivals: 'poisson' | 'constant' | null;
  /** Intended arrivals per second; null in the closed model. */
  readonly rate_per_s: number | null;
  /** Executions kept in flight; null in the open model. */
  readonly concurrency_n: number | null;
  /** `--compress`: rates were multiplied by it, durations divided. Idle time-outs and lifetimes were not scaled. */
  readonly compress_ratio?: number;
  /** `--shorten`: durations were divided by it. */
  readonly shorten_ratio?: number;
  /** Tenants whose arrivals were not sent; the rate is that of all. */
  readonly left_out?: readonly string[];
  readonly phases?: readonly PhaseFacts[];
}

export interface PhaseFacts {
  readonly name: string;
  readonly from_per_s: number;
  readonly to_per_s: number;
  /** Null when a count ended it. */
  readonly duration_s: number | null;
  readonly measured: boolean;
}

export interface TargetFacts {
  readonly driver: string;
  /** Of an HTTP target, credentials and the values of its query removed. */
  readonly address?: string;
  /** Host processes of a local pool: the servers of its queue. Null for a remote target. */
  readonly pool_size_n: number | null;
  readonly isolation: 'isolate' | 'context' | null;
  readonly max_in_flight_n: number;
  readonly timeout_ms: number;
}

export interface TimingFacts {
  readonly started_at: string;
  readonly ended_at: string;
  readonly warmup_s: number;
  /** Executions of the warm-up, kept out of every number but this one. */
  readonly warmup_n: number;
  readonly measured_s: number;
  readonly drain_s: number;
  /** What was found of a warm-up beyond the planned one. Absent in reports of versions that did not look. */
  readonly warmup?: WarmupFacts;
}

export interface WarmupFacts {
  /** Cut from the start of the first measured phase, by intended start. It is in `warmup_s` and `warmup_n` too. */
  readonly cut_s: number;
  readonly cut_n: number;
  /** `none`: no phase of the plan can be expected to be steady, or a closed loop. */
  readonly method: 'MSER-5' | 'none';
  /** What Mann-Kendall says of the rest; `unknown` when it is too short. */
  readonly trend: 'steady' | 'falling' | 'rising' | 'unknown';
  /** Change of the median over the rest by the Theil-Sen slope / its middle. */
  readonly change_ratio: number | null;
  readonly cold: readonly ColdStart[];
}

/** The first success of a script or on a host process. */
export interface ColdStart {
  readonly what: 'script' | 'host';
  /** Id of the script, pid of the host. */
  readonly name: string;
  readonly response_us: number;
}

/** Measured executions only, warm-up excluded. asked = sent + dropped; sent = done + abandoned. */
export interface Counts {
  readonly asked_n: number;
  readonly sent_n: number;
  readonly done_n: number;
  readonly ok_n: number;
  /** Failures that the script of the scenario declares as its expected end. */
  readonly expected_n: number;
  /** Unexpected failures by outcome code. */
  readonly failed: Readonly<Record<string, number>>;
  /** Arrivals that found every slot taken. */
  readonly dropped_n: number;
  /** Still open at the drain deadline. */
  readonly abandoned_n: number;
}

export interface Rates {
  readonly asked_per_s: number | null;
  readonly sent_per_s: number;
  /** (completions - 1) / (last completion - first completion): throughput. */
  readonly done_per_s: number | null;
  readonly in_flight_mean_n: number;
  readonly in_flight_max_n: number;
  /** In flight in the closed loop that the scope `closed-loop` of the service time stands for; absent in a closed run. */
  readonly closed_loop_n?: number;
}

/** What is measured of executions, in the order in which tables show it. */
export const LATENCY_METRICS = [
  'response',
  'service',
  'first',
  'gap',
  'connection',
  'queue',
  'tool',
  'call',
  'late',
] as const;

export type LatencyMetric = (typeof LATENCY_METRICS)[number];

/** One distribution. A percentile is null when too few samples support it, or when it lies among the failed. */
export interface LatencySummary extends Readonly<Record<PercentileField, number | null>> {
  /**
   * response = end - intended start; service = end - dispatch; late = dispatch - intended start (the generator's own lag);
   * first = first event, line or byte - intended start; gap = time between two lines of a stream; queue = wait in the target's
   * queue; tool = time with at least one tool call under way, executions that call tools only; call = one tool call;
   * connection = written to a connection - dispatch (HTTP only).
   */
  readonly metric: LatencyMetric;
  /** `all` ranks failed executions above every success; `ok` holds successes only; `script:ID` one script's. */
  readonly scope: string;
  readonly n: number;
  /** Failed, dropped and abandoned executions in the tail of `all`. */
  readonly censored_n: number;
  readonly mean_us: number | null;
  readonly min_us: number | null;
  readonly max_us: number | null;
  /** Why a percentile is null. */
  readonly not_given: Readonly<Partial<Record<PercentileField, 'unsupported' | 'censored'>>>;
  /** HdrHistogram V2, compressed, base64, microseconds. */
  readonly hdr_v2: string;
}

/** What one execution costs, means over the measured successes: the planner's service demand. */
export interface ExecutionCost {
  /** CPU of the isolate alone, as the sandbox metered it. */
  readonly script_cpu_mean_us: number | null;
  /** Squared coefficient of variation of that CPU time. */
  readonly script_cpu_scv: number | null;
  /** CPU of all host processes during the measured window / executions completed in it: isolate set-up included. */
  readonly host_cpu_mean_us: number | null;
  /** CPU of the embedding process (pool, tools and load generator together) / executions completed. */
  readonly embedding_cpu_mean_us: number | null;
  /** Time with at least one tool call under way. */
  readonly tool_mean_us: number | null;
  readonly tool_calls_mean_n: number | null;
}

export interface HostUsage {
  readonly pid: number;
  readonly completed_n: number;
  /** CPU time during the measured window / its length: 1 is one core. */
  readonly cpu_ratio: number | null;
  readonly rss_max_bytes: number | null;
}

export interface SeriesPoint {
  readonly t_s: number;
  readonly asked_n: number;
  readonly done_n: number;
  readonly failed_n: number;
  readonly dropped_n: number;
  readonly in_flight_n: number;
  readonly p50_us: number | null;
  /** Needs 100 executions in the step; p99 needs 1,000. */
  readonly p90_us?: number | null;
  readonly p99_us: number | null;
  readonly max_us: number | null;
}

/** Where the time of the slowest executions went. */
export interface Tail {
  /** The slowest 0.1 % of the measured executions, at least 5 and at most 200, slowest first; failed and abandoned ones too. */
  readonly slowest: readonly TailExecution[];
  /** What stopped the process of the generator, or that of the pool, in order of time. */
  readonly stalls: readonly Stall[];
  /** Further stalls that were seen and not kept. */
  readonly stalls_dropped_n: number;
}

/** The parts add up to the response time; null where the target does not tell. */
export interface TailExecution {
  readonly index_n: number;
  readonly script: string;
  /** `ok`, `expected`, `abandoned`, or the code of the failure. */
  readonly end: string;
  /** Intended start, s since the start of the run. */
  readonly intended_s: number;
  readonly response_us: number;
  /** The generator's own lag. */
  readonly late_us: number;
  /** Wait for a place in a host process. */
  readonly queue_us: number | null;
  /** CPU of the isolate. */
  readonly cpu_us: number | null;
  /** Tool calls under way, and nothing computed. */
  readonly tool_us: number | null;
  /** In the host, neither computing nor waiting for a tool: start of the isolate, and waiting for a core. */
  readonly start_us: number | null;
  /** Between the executor's caller and the host: messages, and waiting for the event loop. */
  readonly transfer_us: number | null;
  /** Stalls that fell into it. */
  readonly overlaps: readonly Stall['kind'][];
}

export interface Stall {
  readonly kind: 'gc' | 'loop-block';
  /** Which process: that of the load generator, or that of the pool when it has one of its own. Absent: the former. */
  readonly where?: 'generator' | 'pool';
  readonly from_s: number;
  readonly duration_us: number;
}

export interface ThresholdResult {
  readonly text: string;
  readonly value: number | null;
  readonly unit: string;
  readonly state: 'pass' | 'fail' | 'unsupported';
}

export interface Environment {
  readonly cpu_model: string;
  readonly cores_n: number;
  readonly cgroup_quota_cores: number | null;
  readonly mem_bytes: number;
  readonly platform: string;
  readonly kernel: string;
  readonly node: string;
  readonly v8: string;
  readonly enclave: string;
  readonly git_sha: string | null;
  readonly git_dirty: boolean | null;
  /** The command line, secrets masked. */
  readonly argv: readonly string[];
  readonly load1_before: number | null;
  /** Time of a fixed piece of work before and after the run. Absent in studies and in reports of versions without it. */
  readonly calibration_ms?: readonly number[];
}
