// What a client may ask for, checked; and the part of it that travels with the session to the runtime.
import { z } from 'zod';
import { EnclaveError, invalidInput, type Problem, toEnclaveError } from '../errors.ts';
import type { ExecutionLimits, ScriptLanguage } from '../execution.ts';
import { LIMITS, limitProblems } from '../limits.ts';
import type { Labels, Priority } from '../protocol/events.ts';
import { labels as readLabels } from '../protocol/fields.ts';
import { zodProblems } from '../zod-problems.ts';

/** Stored with the session, read back by whoever claims it. */
export interface StoredRequest {
  readonly args: unknown;
  readonly language: ScriptLanguage;
  readonly filename: string;
  readonly limits: Partial<ExecutionLimits>;
  /** Tools that the script may call; all when absent. */
  readonly tools?: readonly string[];
  readonly cache?: CachePlan;
  /** Trace context of the submit, when it is traced. */
  readonly traceparent?: string;
}

/** Where the result of a pure script is kept, and for how long. */
export interface CachePlan {
  readonly key: string;
  readonly ttlMs: number;
}

/** What a caller asks of the result cache. */
export interface CacheWish {
  readonly ttlMs: number;
  /** Also from and for other tenants that ask for it. */
  readonly isShared: boolean;
}

/** Body of `POST /sessions` and `POST /tasks`, with its defaults. */
export interface SubmitBody extends Omit<StoredRequest, 'cache' | 'traceparent'> {
  readonly code: string;
  readonly labels: Labels;
  readonly priority: Priority;
  readonly cacheWish?: CacheWish;
}

const LIMIT_NAMES = Object.keys(LIMITS).filter((name): name is keyof ExecutionLimits =>
  Object.hasOwn(LIMITS, name),
);

/** How long results are kept by default, and at most, ms. */
const CACHE_MS = 3_600_000;
const MAX_CACHE_MS = 86_400_000;

const body = z.strictObject({
  code: z.string().min(1),
  input: z.unknown().optional(),
  language: z.enum(['js', 'ts']).default('js'),
  filename: z.string().min(1).max(1_024).default('script.js'),
  labels: z
    .unknown()
    .optional()
    .meta({ type: 'object', additionalProperties: { type: 'string' } }),
  priority: z.enum(['high', 'normal', 'low']).default('normal'),
  execution: z.enum(['at-most-once', 'durable']).default('at-most-once'),
  tools: z.array(z.string().max(256)).max(1_000).optional(),
  limits: z.record(z.string(), z.number()).default({}),
  cache: z
    .strictObject({
      ttl: z.number().min(1).max(MAX_CACHE_MS).default(CACHE_MS),
      shared: z.boolean().default(false),
    })
    .optional(),
});
/** The body as it is documented. */
export const submitSchema: z.ZodType = body;

/**
 * @param usual limits of the broker: a caller may ask for less, never for more.
 * @throws EnclaveError INVALID_INPUT with every problem; TOO_LARGE; NOT_SUPPORTED for durable execution.
 */
export function parseSubmit(value: unknown, usual: ExecutionLimits): SubmitBody {
  const parsed = plainBody(value) ?? body.safeParse(value);
  const problems: Problem[] = parsed.success
    ? limitProblems(parsed.data.limits)
    : zodProblems(parsed.error.issues, value);
  const labels = parsed.success ? checkedLabels(parsed.data.labels, problems) : {};
  if (!parsed.success || problems.length > 0) throw invalidInput('session', problems);
  const { code, input, language, filename, priority, execution, tools, limits, cache } = parsed.data;
  if (execution === 'durable')
    throw new EnclaveError('NOT_SUPPORTED', 'execution: durable sessions are not there yet', {
      hint: 'leave execution out, or give at-most-once: a session whose runtime is lost then ends with RUNTIME_LOST',
    });
  const bytes = Buffer.byteLength(code);
  if (bytes > usual.maxSourceBytes)
    throw new EnclaveError('TOO_LARGE', `code: expected at most ${usual.maxSourceBytes} bytes, got ${bytes}`);
  return {
    code,
    args: input ?? {},
    language,
    filename,
    labels,
    priority,
    limits: narrow(limits, usual),
    ...(tools === undefined ? {} : { tools }),
    ...(cache === undefined ? {} : { cacheWish: { ttlMs: cache.ttl, isShared: cache.shared } }),
  };
}

/** A body with nothing but a script and its input, as most are: what the schema would say of it, at a tenth of the price. */
function plainBody(
  value: unknown,
): { readonly success: true; readonly data: z.infer<typeof body> } | undefined {
  if (typeof value !== 'object' || value === null || !('code' in value)) return undefined;
  const { code } = value;
  if (typeof code !== 'string' || code === '') return undefined;
  for (const name in value) if (name !== 'code' && name !== 'input') return undefined;
  const input = 'input' in value ? value.input : undefined;
  return {
    success: true,
    data: {
      code,
      ...(input === undefined ? {} : { input }),
      language: 'js',
      filename: 'script.js',
      priority: 'normal',
      execution: 'at-most-once',
      limits: {},
    },
  };
}

function checkedLabels(value: unknown, problems: Problem[]): Labels {
  if (value === undefined) return {};
  try {
    return readLabels(value, 'labels');
  } catch (thrown) {
    problems.push({ path: '', message: toEnclaveError(thrown).message });
    return {};
  }
}

function narrow(asked: Readonly<Record<string, number>>, usual: ExecutionLimits): Partial<ExecutionLimits> {
  if (Object.keys(asked).length === 0) return usual;
  return Object.fromEntries(
    LIMIT_NAMES.map((name) => [name, Math.min(asked[name] ?? usual[name], usual[name])]),
  );
}

export function formatStored(request: StoredRequest): string {
  const { traceparent, args, language, filename, limits, tools, cache } = request;
  // The trace context goes first: it is found there without parsing what the caller has sent.
  return JSON.stringify({ traceparent, args, language, filename, limits, tools, cache });
}

const TRACED = /^\{"traceparent":"([0-9a-f-]{1,64})"/u;

/** The trace context in what {@link formatStored} wrote. */
export function traceparentOfStored(json: string): string | undefined {
  return TRACED.exec(json)?.[1];
}

const stored = z.object({
  args: z.unknown(),
  language: z.enum(['js', 'ts']),
  filename: z.string(),
  limits: z.record(z.string(), z.number()),
  tools: z.array(z.string()).optional(),
  cache: z.object({ key: z.string(), ttlMs: z.number() }).optional(),
});

export function parseStored(json: string): StoredRequest {
  const { args, language, filename, limits, tools, cache } = stored.parse(JSON.parse(json));
  return {
    args,
    language,
    filename,
    limits,
    ...(tools === undefined ? {} : { tools }),
    ...(cache === undefined ? {} : { cache }),
  };
}
