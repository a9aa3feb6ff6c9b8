// Reads back reports of every kind that the bench writes.
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { zodProblems } from '../zod-problems.ts';
import type { CompareReport } from './compare-report.ts';
import { checkHead, environmentSchema, known, parseRunReport, runReportSchema } from './parse-run-report.ts';
import { LATENCY_METRICS, RUN_REPORT_SCHEMA, type RunReport } from './run-report.ts';
import type { SearchReport } from './search-report.ts';
import type { SelfTestReport } from './self-test-report.ts';
import type { StudyReport } from './study-model.ts';
import type { SweepReport } from './sweep-report.ts';

const text = z.string();
const count = z.number().int().min(0);
const isolation = z.enum(['isolate', 'context']).nullable();
const scenario = z.looseObject({ name: text, purpose: text, hash: text, seed: z.number() });
const head = {
  schema: z.literal(RUN_REPORT_SCHEMA),
  complete: z.boolean(),
  exit_code: count,
  ended_at: text,
};

const trial = z.looseObject({
  stage: z.enum(['bracket', 'bisect', 'confirm']),
  rate_per_s: z.number(),
  duration_s: z.number(),
  seed: z.number(),
  state: z.enum(['pass', 'fail', 'void', 'generator']),
  reason: text,
  done_per_s: known.exactOptional(),
  in_flight_mean_n: known.exactOptional(),
  p50_us: known.exactOptional(),
  p99_us: known.exactOptional(),
  recovery_s: known.exactOptional(),
});

const searchSchema: z.ZodType<SearchReport> = z.looseObject({
  ...head,
  kind: z.literal('search'),
  scenario,
  target: z.looseObject({ driver: text, pool_size_n: known, isolation }),
  search: z.looseObject({
    slo: z.array(text),
    state: z.enum(['found', 'below', 'generator', 'void', 'interrupted']),
    confirmed_per_s: known,
    failing_per_s: known,
    width_ratio: known,
    reason: text,
    hint_per_s: z.number(),
    trials: z.array(trial),
  }),
  env: environmentSchema,
});

const sweepSchema: z.ZodType<SweepReport> = z.looseObject({
  ...head,
  kind: z.literal('sweep'),
  scenario,
  target: z.looseObject({ driver: text, isolation }),
  axis: z.enum(['workers', 'concurrency']),
  sweep: z.array(
    z.looseObject({
      level_n: z.number(),
      concurrency_n: z.number(),
      done_per_s: known,
      p50_us: known,
      p99_us: known,
      little_n: known,
      valid: z.boolean(),
      reason: text,
    }),
  ),
  points: z.array(z.looseObject({ concurrency: z.number(), throughput: z.number() })),
  env: environmentSchema,
});

const side = z.looseObject({ scenario: text, load: text, runs_n: count });

const compareSchema: z.ZodType<CompareReport> = z.looseObject({
  ...head,
  kind: z.literal('compare'),
  neighbours: z.looseObject({ hostile: z.array(text), expected_n: count, failed_n: count }).exactOptional(),
  a: side,
  b: side,
  tolerance_ratio: z.number(),
  rows: z.array(
    z.looseObject({
      metric: text,
      unit: text,
      a_median: z.number(),
      b_median: z.number(),
      a: z.array(z.number()),
      b: z.array(z.number()),
      effect_ratio: z.number(),
      low_ratio: z.number(),
      high_ratio: z.number(),
      p_adjusted: z.number(),
      mde_ratio: known,
      verdict: z.enum(['better', 'worse', 'cannot tell']),
      equivalent: z.boolean(),
    }),
  ),
  env: environmentSchema,
});

const selfTestSchema: z.ZodType<SelfTestReport> = z.looseObject({
  ...head,
  kind: z.literal('self-test'),
  rows: z.array(
    z.looseObject({
      law: text,
      target: z.enum(['executor', 'http']),
      metric: z.enum(LATENCY_METRICS).exactOptional(),
      quantile: z.number(),
      theory_ms: z.number(),
      measured_ms: known,
      error_ms: known,
      limit_ms: z.number(),
      state: z.enum(['met', 'missed', 'disturbed', 'unsupported']),
      is_repeated: z.boolean().exactOptional(),
      invalid: text.nullable(),
    }),
  ),
  generator: z.looseObject({
    ceiling_per_s: known,
    clock_step_us: z.number(),
    late_p50_us: known,
    late_p99_us: known,
  }),
  env: environmentSchema,
});

const STUDIES: Readonly<Record<StudyReport['kind'], z.ZodType<StudyReport>>> = {
  search: searchSchema,
  sweep: sweepSchema,
  compare: compareSchema,
  'self-test': selfTestSchema,
};
const KINDS = ['run', ...Object.keys(STUDIES)];

/** The JSON Schema of every report that the bench writes, for tools that are not ours. */
export function reportJsonSchema(): unknown {
  const anyReport = z.union([runReportSchema, ...Object.values(STUDIES)]);
  return { ...z.toJSONSchema(anyReport), title: 'enclave bench report' };
}

/**
 * Checks that a value is a report of this version, of whatever kind.
 *
 * @param subject - what to call it in messages: `report run.json`
 * @throws EnclaveError UNSUITABLE_REPORT for another schema version or kind, INVALID_INPUT for anything else that is wrong
 */
export function parseReport(value: unknown, subject: string): RunReport | StudyReport {
  checkHead(value, KINDS, subject);
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  const schema = Object.entries(STUDIES).find(([name]) => name === kind)?.[1];
  if (schema === undefined) return parseRunReport(value, subject);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidInput(
    subject,
    zodProblems(parsed.error.issues, value),
    'expected a file that enclave bench wrote',
  );
}
