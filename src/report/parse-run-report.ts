// Reads run reports back: an unknown value becomes a RunReport, or a clear refusal.
import { z } from 'zod';
import { EnclaveError, invalidInput } from '../errors.ts';
import { show, zodProblems } from '../zod-problems.ts';
import { type Environment, LATENCY_METRICS, RUN_REPORT_SCHEMA, type RunReport } from './run-report.ts';

const count = z.number().int().min(0);
export const known: z.ZodType<number | null> = z.number().nullable();
const text = z.string();
const instant = z.string().min(10).describe('ISO 8601, UTC.');

const check = z.looseObject({
  id: text,
  value: known,
  limit: z.number(),
  unit: text,
  state: z.enum(['ok', 'warned', 'failed', 'unknown']),
});

const reason = z.enum(['unsupported', 'censored']).exactOptional();

const latency = z.looseObject({
  metric: z.enum(LATENCY_METRICS),
  scope: text,
  n: count,
  censored_n: count,
  mean_us: known,
  min_us: known,
  p50_us: known,
  p75_us: known,
  p90_us: known,
  p95_us: known,
  p99_us: known,
  p99_9_us: known,
  max_us: known,
  not_given: z.looseObject({
    p50_us: reason,
    p75_us: reason,
    p90_us: reason,
    p95_us: reason,
    p99_us: reason,
    p99_9_us: reason,
  }),
  hdr_v2: text.describe('HdrHistogram V2, compressed, base64, microseconds.'),
});

const host = z.looseObject({ pid: count, completed_n: count, cpu_ratio: known, rss_max_bytes: known });

const point = z.looseObject({
  t_s: z.number(),
  asked_n: count,
  done_n: count,
  failed_n: count,
  dropped_n: count,
  in_flight_n: count,
  p50_us: known,
  p90_us: known.exactOptional(),
  p99_us: known,
  max_us: known,
});

const stallKind = z.enum(['gc', 'loop-block']);

const tail = z.looseObject({
  slowest: z.array(
    z.looseObject({
      index_n: count,
      script: text,
      end: text,
      intended_s: z.number(),
      response_us: z.number(),
      late_us: z.number(),
      queue_us: known,
      cpu_us: known,
      tool_us: known,
      start_us: known,
      transfer_us: known,
      overlaps: z.array(stallKind),
    }),
  ),
  stalls: z.array(
    z.looseObject({
      kind: stallKind,
      where: z.enum(['generator', 'pool']).exactOptional(),
      from_s: z.number(),
      duration_us: z.number(),
    }),
  ),
  stalls_dropped_n: count,
});

const phase = z.looseObject({
  name: text,
  from_per_s: z.number(),
  to_per_s: z.number(),
  duration_s: known,
  measured: z.boolean(),
});

export const environmentSchema: z.ZodType<Environment> = z.looseObject({
  cpu_model: text,
  cores_n: count,
  cgroup_quota_cores: known,
  mem_bytes: z.number(),
  platform: text,
  kernel: text,
  node: text,
  v8: text,
  enclave: text,
  git_sha: text.nullable(),
  git_dirty: z.boolean().nullable(),
  argv: z.array(text),
  load1_before: known,
  calibration_ms: z.array(z.number()).exactOptional(),
});

/** Loose on purpose: within one schema number fields are added, never changed. */
export const runReportSchema: z.ZodType<RunReport> = z.looseObject({
  schema: z.literal(RUN_REPORT_SCHEMA),
  kind: z.literal('run'),
  complete: z.boolean().describe('False when the run was interrupted.'),
  exit_code: count,
  validity: z.looseObject({ valid: z.boolean(), generator_limited: z.boolean(), checks: z.array(check) }),
  scenario: z.looseObject({
    name: text,
    purpose: text,
    hash: text,
    seed: z.number(),
    model: z.enum(['open', 'closed']),
    arrivals: z.enum(['poisson', 'constant']).nullable(),
    rate_per_s: known,
    concurrency_n: known,
    compress_ratio: z.number().exactOptional(),
    shorten_ratio: z.number().exactOptional(),
    left_out: z.array(text).exactOptional(),
    phases: z.array(phase).exactOptional(),
  }),
  target: z.looseObject({
    driver: text,
    address: text.exactOptional(),
    pool_size_n: known,
    isolation: z.enum(['isolate', 'context']).nullable(),
    max_in_flight_n: count,
    timeout_ms: z.number(),
  }),
  timing: z.looseObject({
    started_at: instant,
    ended_at: instant,
    warmup_s: z.number(),
    warmup_n: count,
    measured_s: z.number(),
    drain_s: z.number(),
    warmup: z
      .looseObject({
        cut_s: z.number(),
        cut_n: count,
        method: z.enum(['MSER-5', 'none']),
        trend: z.enum(['steady', 'falling', 'rising', 'unknown']),
        change_ratio: known,
        cold: z.array(
          z.looseObject({ what: z.enum(['script', 'host']), name: text, response_us: z.number() }),
        ),
      })
      .exactOptional(),
  }),
  counts: z.looseObject({
    asked_n: count,
    sent_n: count,
    done_n: count,
    ok_n: count,
    expected_n: count,
    failed: z.record(text, count),
    dropped_n: count,
    abandoned_n: count,
  }),
  rates: z.looseObject({
    asked_per_s: known,
    sent_per_s: z.number(),
    done_per_s: known,
    in_flight_mean_n: z.number(),
    in_flight_max_n: z.number(),
    closed_loop_n: z.number().exactOptional(),
  }),
  latency: z.array(latency),
  cost: z.looseObject({
    script_cpu_mean_us: known,
    script_cpu_scv: known,
    host_cpu_mean_us: known,
    embedding_cpu_mean_us: known,
    tool_mean_us: known,
    tool_calls_mean_n: known,
  }),
  hosts: z.array(host),
  series: z.array(point),
  tail: tail.exactOptional(),
  thresholds: z.array(
    z.looseObject({ text, value: known, unit: text, state: z.enum(['pass', 'fail', 'unsupported']) }),
  ),
  env: environmentSchema,
});

/**
 * Checks that a value is a run report of this version.
 *
 * @param subject - what to call it in messages: `report run.json`
 * @throws EnclaveError UNSUITABLE_REPORT for another schema version or kind, INVALID_INPUT for anything else that is wrong
 */
export function parseRunReport(value: unknown, subject = 'run report'): RunReport {
  checkHead(value, ['run'], subject);
  const parsed = runReportSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidInput(
    subject,
    zodProblems(parsed.error.issues, value),
    'expected a file that enclave bench wrote',
  );
}

/**
 * Refuses what is a report of another version or kind, before its fields are looked at.
 *
 * @throws EnclaveError UNSUITABLE_REPORT
 */
export function checkHead(value: unknown, kinds: readonly string[], subject: string): void {
  const { kind, schema } = typeof value === 'object' && value !== null ? headOf(value) : {};
  if (typeof schema === 'string' && schema.startsWith('enclave.bench/') && schema !== RUN_REPORT_SCHEMA) {
    throw new EnclaveError(
      'UNSUITABLE_REPORT',
      `${subject}: schema: expected ${RUN_REPORT_SCHEMA}, got ${show(schema)}`,
      { hint: 'the report was written by another version of enclave; run the bench again' },
    );
  }
  if (schema === RUN_REPORT_SCHEMA && !kinds.some((expected) => expected === kind)) {
    const expected = kinds.map((name) => JSON.stringify(name)).join(' or ');
    throw new EnclaveError('UNSUITABLE_REPORT', `${subject}: kind: expected ${expected}, got ${show(kind)}`);
  }
}

function headOf(value: object): { readonly schema?: unknown; readonly kind?: unknown } {
  return {
    schema: 'schema' in value ? value.schema : undefined,
    kind: 'kind' in value ? value.kind : undefined,
  };
}
