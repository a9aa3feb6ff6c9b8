// The format of scenario files: one zod schema from which come the validator and scenarios/scenario.schema.json.
import { z } from 'zod';
import { OUTCOME_CODES } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { ScenarioFile, ScenarioInput } from './scenario-types.ts';

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/)
  .describe('Lower-case letters, digits and hyphens, starting with a letter.');
const identifier = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/)
  .describe('Letters, digits, _, . and -; starts with a letter or _.');
const weight = z
  .number()
  .positive()
  .max(1e9)
  .default(1)
  .describe('Share of the arrivals, relative to the other weights.');
const milliseconds = z.number().min(0).max(600_000);
const rate = z.number().min(0).max(1e6).describe('Arrivals per second.');

const fixedLaw = z.strictObject({ kind: z.literal('fixed'), ms: milliseconds });
const uniformLaw = z
  .strictObject({ kind: z.literal('uniform'), minMs: milliseconds, maxMs: milliseconds })
  .refine((law) => law.minMs <= law.maxMs, { path: ['maxMs'], message: 'expected maxMs of at least minMs' });
const lognormalLaw = z
  .strictObject({
    kind: z.literal('lognormal'),
    medianMs: milliseconds.positive(),
    p99Ms: milliseconds.positive(),
    maxMs: milliseconds.positive().default(600_000).describe('Longer draws are cut to this.'),
  })
  .refine((law) => law.medianMs <= law.p99Ms, {
    path: ['p99Ms'],
    message: 'expected p99Ms of at least medianMs',
  });
const bimodalLaw = z.strictObject({
  kind: z.literal('bimodal'),
  fastMs: milliseconds,
  slowMs: milliseconds,
  slowRatio: z.number().min(0).max(1).describe('Share of the calls that take slowMs.'),
});
const traceLaw = z.strictObject({
  kind: z.literal('trace'),
  file: z
    .string()
    .min(1)
    .describe('Text file, one latency in ms per line; path relative to the scenario file.'),
  order: z.enum(['sequential', 'shuffled']).default('shuffled'),
});
const latency = z
  .discriminatedUnion('kind', [fixedLaw, uniformLaw, lognormalLaw, bimodalLaw, traceLaw])
  .describe('How long the simulated tool takes, by a law drawn from the seed.');

const tool = z.strictObject({
  latency,
  errorRate: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Share of the calls that fail with SIMULATED_FAILURE.'),
  result: z
    .json()
    .optional()
    .describe('What the tool answers; default: an object with the arguments and padding.'),
  resultBytes: z
    .number()
    .int()
    .min(0)
    .max(1_048_576)
    .default(0)
    .describe('Padding added to the answer, bytes.'),
});

const ending = z.enum(['ok', ...Object.keys(OUTCOME_CODES)] as [string, ...string[]]);
const expectation = z
  .union([ending, z.array(ending).min(1)])
  .default('ok')
  .describe('How the script should end: ok, or the outcome codes it fails with by design.');

const script = z
  .strictObject({
    id: identifier,
    weight,
    file: z.string().min(1).optional().describe('Guest script, path relative to the scenario file.'),
    code: z.string().min(1).optional().describe('Guest script as text; either this or file.'),
    language: z.enum(['js', 'ts']).optional().describe('Default: by the ending of file, else js.'),
    args: z
      .json()
      .optional()
      .describe('What `args` is inside the script; `args.index` is added when it is an object.'),
    expect: expectation,
  })
  .refine((value) => (value.file === undefined) !== (value.code === undefined), {
    message: 'expected exactly one of file and code',
  });

const tenant = z.strictObject({
  id: identifier,
  weight,
  scripts: z
    .array(identifier)
    .min(1)
    .optional()
    .describe('Scripts that only this tenant runs; default: those that no tenant claims.'),
  hostile: z
    .boolean()
    .optional()
    .describe('What the others feel of this tenant is the question: runs are made with it and without it.'),
});

const phase = z.strictObject({
  name: identifier,
  rate: z
    .union([rate, z.tuple([rate, rate])])
    .describe(
      'Arrivals per second: one number, or [from, to] for a linear ramp. Ignored in the closed model.',
    ),
  durationMs: z
    .number()
    .min(1)
    .max(7 * 86_400_000),
  measure: z.boolean().default(true).describe('false: a warm-up, kept out of every number.'),
});

const load = z.strictObject({
  model: z.enum(['open', 'closed']).default('open'),
  arrivals: z.enum(['poisson', 'constant']).default('poisson'),
  concurrency: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1)
    .describe('Executions in flight in the closed model.'),
  maxInFlight: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe(
      'Slots of the open model; arrivals beyond are dropped and counted. Default: rate x timeout, at most 10,000.',
    ),
  timeoutMs: z
    .number()
    .min(1)
    .max(600_000)
    .default(30_000)
    .describe('An execution still open after this is a failure.'),
  drainMs: z.number().min(0).max(600_000).default(30_000).describe('How long to wait for the last answers.'),
  phases: z.array(phase).min(1).max(1_000),
});

const limits = z.strictObject(
  Object.fromEntries(
    Object.entries(LIMITS).map(([key, { min, max, stops }]) => [
      key,
      z.number().min(min).max(max).optional().describe(`Stops ${stops}.`),
    ]),
  ),
);

export const scenarioFileSchema: z.ZodType<ScenarioFile, ScenarioInput> = z
  .strictObject({
    $schema: z.string().optional(),
    name,
    purpose: z.string().min(1).max(500).describe('One sentence: what a run of this scenario shows.'),
    seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(42),
    scripts: z.array(script).min(1).max(100),
    tools: z.record(identifier, tool).default({}),
    tenants: z
      .array(tenant)
      .min(1)
      .max(10_000)
      .default([{ id: 'default', weight: 1 }]),
    limits: limits.default({}),
    load,
    thresholds: z.array(z.string().min(1)).max(100).default([]),
    compress: z
      .number()
      .positive()
      .max(1e6)
      .default(1)
      .describe('Default of --compress: rates times this, durations divided.'),
  })
  .superRefine((scenario, context) => {
    unique(
      scenario.scripts.map((item) => item.id),
      'scripts',
      context,
    );
    unique(
      scenario.tenants.map((item) => item.id),
      'tenants',
      context,
    );
    unique(
      scenario.load.phases.map((item) => item.name),
      'load.phases',
      context,
    );
    claims(scenario.tenants, scenario.scripts, context);
    if (scenario.tenants.every((item) => item.hostile === true)) {
      context.addIssue({
        code: 'custom',
        path: ['tenants'],
        message: 'expected at least one tenant that is not hostile',
      });
    }
    if (!scenario.load.phases.some((item) => item.measure)) {
      context.addIssue({
        code: 'custom',
        path: ['load', 'phases'],
        message: 'expected at least one phase that is measured',
      });
    }
    if (
      scenario.load.model === 'open' &&
      !scenario.load.phases.some((item) => item.measure && highestRate(item.rate) > 0)
    ) {
      context.addIssue({
        code: 'custom',
        path: ['load', 'phases'],
        message: 'expected a rate above 0 in a measured phase',
      });
    }
  });

/** Every claimed script exists, and a tenant that claims none finds one left. */
function claims(
  tenants: readonly { readonly scripts?: readonly string[] | undefined }[],
  scripts: readonly { readonly id: string }[],
  context: z.RefinementCtx,
): void {
  const ids = scripts.map((item) => item.id);
  const claimed = new Set(tenants.flatMap((item) => item.scripts ?? []));
  for (const [index, item] of tenants.entries()) {
    const unknown = item.scripts?.find((id) => !ids.includes(id));
    const path = ['tenants', index, 'scripts'];
    if (unknown !== undefined) {
      const message = `expected ids of scripts (${ids.join(', ')}), got "${unknown}"`;
      context.addIssue({ code: 'custom', path, message });
    } else if (item.scripts === undefined && ids.every((id) => claimed.has(id))) {
      context.addIssue({ code: 'custom', path, message: 'expected a script that no other tenant claims' });
    }
  }
}

function unique(ids: readonly string[], path: string, context: z.RefinementCtx): void {
  ids.forEach((id, index) => {
    if (ids.indexOf(id) === index) return;
    context.addIssue({
      code: 'custom',
      path: [...path.split('.'), index],
      message: `expected unique names, got "${id}" twice`,
    });
  });
}

function highestRate(value: number | readonly [number, number]): number {
  return typeof value === 'number' ? value : Math.max(...value);
}

/** The identity function, for scenarios written in TypeScript: `export default defineScenario({ ... })`. */
export function defineScenario(scenario: ScenarioInput): ScenarioInput {
  return scenario;
}

/** The JSON Schema of scenario files, as shipped in `scenarios/scenario.schema.json`. */
export function scenarioJsonSchema(): unknown {
  const schema = z.toJSONSchema(scenarioFileSchema, { io: 'input' });
  return { ...schema, title: 'enclave scenario' };
}
