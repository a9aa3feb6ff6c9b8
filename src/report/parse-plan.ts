// Reads saved plans back, and the JSON Schema that is published of them: docs/plan.schema.json.
import { z } from 'zod';
import { EnclaveError, invalidInput } from '../errors.ts';
import { PLAN_SCHEMA, type Plan } from '../planner/plan-types.ts';
import { PROVENANCES } from '../planner/provenance.ts';
import { QUEUE_KINDS } from '../planner/queue-kind.ts';
import { show, zodProblems } from '../zod-problems.ts';

const number = z.number();
const known = number.nullable();
/** A time without bound is null in JSON, which has no infinity. */
const reach = known.transform((value) => value ?? Infinity).describe('Null: without bound.');
const count = number.int().min(0);
const text = z.string();
const provenance = z
  .enum(PROVENANCES)
  .describe('Where the number comes from; of a result, the weakest of its inputs.');
const metric = z
  .enum(['response', 'wait'])
  .describe('response: wait and service; wait: until an execution gets a processor.');
const share = number.min(0).max(1);
const estimate = z.looseObject({ value: reach, low: reach, high: reach }).describe('With its 95 % interval.');

const prediction = z.looseObject({
  metric,
  p: share,
  valueMs: known.describe('All instances up; null where the measurement does not support the percentile.'),
  degradedMs: known.describe('Only those up that the load needs.'),
  limitMs: known.describe('The objective, where there is one.'),
});

const verdict = z.looseObject({
  status: z.enum(['met', 'over budget']),
  type: text,
  instances: count,
  peakPerSecond: number,
  predictions: z.array(prediction),
  usdPerMonth: number,
  usdPerMillion: number.describe('USD per million executions of the mean volume.'),
});

const input = z.looseObject({ value: number, unit: text, provenance, source: text });

const step = z.looseObject({
  id: text,
  title: text,
  formula: text,
  inputs: text.describe('The formula with its numbers.'),
  value: reach,
  unit: text,
  provenance,
});

const sourced = z.looseObject({ value: number, provenance, source: text });
const law = z
  .looseObject({ points: z.array(z.looseObject({ ratePerSecond: number, busy: number })) })
  .describe('Busy share of a processor over its executions per second: lines through the points.');
const service = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('exponential'), meanS: number }),
  z.looseObject({
    kind: z.literal('histogram'),
    meanS: number,
    count: number,
    bins: text.describe(
      'gap,width,count of each bin: gap to the end of the one before and width in microseconds.',
    ),
  }),
]);

const measuredAs = {
  scenario: text,
  scenarioHash: text,
  hostsPerCore: number,
  isolation: z.enum(['isolate', 'context']),
  isIsolated: z.boolean(),
};

const workload = z.looseObject({
  name: text,
  cpuPerExecution: sourced,
  cost: law,
  cpuScv: sourced,
  embeddingCpu: sourced,
  dispatch: law.exactOptional(),
  service,
  anchors: z.array(z.looseObject({ ratePerCore: number, service })),
  betweenRuns: z.looseObject({ runs: number, cpuError: number, timeError: number }).exactOptional(),
  serviceSource: z.looseObject({ provenance, source: text }),
  hostMemory: sourced.exactOptional(),
  noise: text.exactOptional(),
  callsTools: z.boolean().exactOptional(),
  saturation: z
    .looseObject({ inFlight: number, ratePerCore: number })
    .describe('What closed runs brought out of the machine: executions per second / cores.')
    .exactOptional(),
  measuredAs: z.looseObject(measuredAs).exactOptional(),
  mixedOf: z
    .array(z.looseObject({ share: number, ...measuredAs }))
    .describe('How each part of a mix was measured.')
    .exactOptional(),
  machine: z.looseObject({
    cores: sourced,
    arch: z.enum(['amd64', 'arm64', 'unknown']),
    name: text,
    utilisation: number.exactOptional(),
  }),
});

const type = z.looseObject({
  type: text,
  vcpu: number,
  arch: text,
  doubts: z
    .array(
      z.enum(['burstable', 'other architecture', 'more vCPUs than twice the tested', 'too little memory']),
    )
    .describe('Why the type is not chosen by itself.'),
  needed: count.describe('Instances that carry the load alone.'),
  binding: z.enum(['utilisation', 'dispatch thread', 'objective']),
  instances: count.describe('Instances to buy.'),
  rule: z.enum(['load', 'floor', 'spares', 'zones', 'availability']),
  utilisationMean: number,
  utilisationPeak: number,
  predictions: z.array(prediction),
  usdPerMonth: number,
  usdPerMillion: number,
  isPareto: z.boolean().describe('No other type, about which no more is in doubt, beats it in cost and p99.'),
});

const check = z.looseObject({
  name: text,
  closedFormMs: reach,
  approximationMs: reach,
  simulatedMs: estimate,
  difference: reach.describe('Approximation / simulation - 1.'),
  agrees: z.boolean(),
});

const rehearsal = z.looseObject({
  id: z.enum(['all-up', 'instances-lost', 'zones-lost', 'rollout', 'shared-processors', 'busiest-stretch']),
  title: text,
  executions: count,
  seconds: number,
  slice: z.tuple([count, count]).describe('Instances simulated, of how many.'),
  foretoldP99Ms: known.describe('Null without a steady state.'),
  simulatedP99Ms: estimate,
  difference: known.describe('Foretold / simulated - 1.'),
  agrees: z.boolean(),
  missShare: known.describe('Share of responses beyond the first objective for them.'),
  mayMiss: known.describe('Share that may be beyond it.'),
  restarted: count,
  instances: z
    .looseObject({ foretold: number, simulated: number })
    .describe('Mean instances, where an autoscaler works.')
    .exactOptional(),
});

const range = z.tuple([known, known]);
const spread = z.looseObject({ median: known, within80: range, within95: range });

const certainty = z.looseObject({
  draws: count,
  meets: estimate,
  meetsDegraded: estimate,
  instances: spread,
  usdPerMonth: spread,
  inputs: z.array(z.looseObject({ name: text, spread95: number, reason: text, needed95: range })),
  measureNext: text.nullable(),
  asked: known,
  instancesForAsked: known,
});

const sensitivity = z.looseObject({
  name: text,
  value: number,
  unit: text,
  provenance,
  mayGrowBy: known.describe('Factor; null where none up to 1,000 matters.'),
  mayGrowByDegraded: known,
  neededIfLess: known,
  neededIfMore: known,
});

const year = z.looseObject({
  year: count,
  perDay: number,
  peakPerSecond: number,
  instances: known,
  usdPerMonth: known,
});

const dayFleet = z.looseObject({ instanceHours: number, usdPerMonth: number, missShare: share });

const day = z.looseObject({
  source: text,
  hours: z.array(
    z.looseObject({
      hour: count,
      ratePerSecond: number,
      needed: number,
      autoscaled: number.describe('Mean number that the autoscaler kept ordered.'),
      missShare: share,
    }),
  ),
  peakHour: count,
  peakHourShare: share,
  fixed: dayFleet,
  autoscaled: dayFleet.extend({
    minReplicas: number,
    maxReplicas: number,
    targetUtilisation: number,
    readyDelayS: number,
    scaleDownWindowS: number,
    most: number,
    changes: number,
  }),
  ideal: z.looseObject({ instanceHours: number, usdPerMonth: number }),
  simulated: z.looseObject({ instanceHours: number, executions: number }).nullable(),
});

const alternatives = z.looseObject({
  serverless: z
    .looseObject({
      name: text,
      asOf: text,
      memoryBytes: number,
      billedMs: number,
      usdPerMonth: number,
      usdPerMillion: number,
      fleetCheaperFromPerDay: known.describe('Executions per day; null when the fleet is never cheaper.'),
      isWithinFleet: z.boolean(),
    })
    .nullable(),
  reserved: z
    .looseObject({
      discount: share,
      paysAboveShare: share,
      reserved: number,
      onDemandHours: number,
      usdPerMonth: number,
    })
    .nullable(),
});

const ceiling = z.looseObject({
  name: z.enum([
    'bought fleet',
    'bought fleet, spares lost',
    'budget',
    'autoscaler maximum',
    'sessions of an instance',
  ]),
  growBy: number.describe('Factor of the volume; below 1 it is broken already.'),
  perDay: number,
  years: number,
  date: text.nullable(),
});

/** Loose on purpose: within one schema number fields are added, never changed. */
export const planSchema: z.ZodType<Plan> = z.looseObject({
  schema: z.literal(PLAN_SCHEMA),
  verdict,
  inputs: z.record(text, input),
  slos: z.array(z.looseObject({ metric, p: share, limitMs: number, text })),
  queue: z.enum(QUEUE_KINDS),
  workload,
  ladder: z.array(step),
  types: z.array(type).describe('The type chosen first, then by cost.'),
  checks: z.array(check),
  rehearsal: z.array(rehearsal),
  certainty: certainty.nullable(),
  sensitivity: z.array(sensitivity),
  sweep: z.array(z.looseObject({ perDay: number, peak: number, instances: known, usdPerMonth: known })),
  growth: z.array(year),
  ceilings: z.array(ceiling),
  day: day.nullable(),
  alternatives,
  warnings: z.array(
    z.looseObject({ id: text, severity: z.enum(['info', 'warning', 'error']), evidence: text, fix: text }),
  ),
});

/** The JSON Schema of plans, for tools that are not ours. */
export function planJsonSchema(): unknown {
  return { ...z.toJSONSchema(planSchema, { io: 'input' }), title: 'enclave plan' };
}

/**
 * Checks that a value is a plan of this version.
 *
 * @param subject - what to call it in messages: `plan plan.json`
 * @throws EnclaveError INVALID_INPUT with every problem
 */
export function parsePlan(value: unknown, subject = 'plan'): Plan {
  const found = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
  if (found !== PLAN_SCHEMA)
    throw new EnclaveError(
      'INVALID_INPUT',
      `${subject}: schema: expected ${PLAN_SCHEMA}, got ${show(found)}`,
      {
        hint: 'expected a file that enclave plan --json wrote',
      },
    );
  const parsed = planSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidInput(
    subject,
    zodProblems(parsed.error.issues, value),
    'the plan is of another version of enclave, or was changed: plan again',
  );
}
