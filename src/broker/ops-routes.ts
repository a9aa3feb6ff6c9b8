// Routes that show what there is: lists of sessions, tools and runtimes, health, figures, and the API itself.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import type { SessionPlace, SessionQuery } from '../store/store.ts';
import type { Exposition } from '../telemetry/registry.ts';
import { zodProblems } from '../zod-problems.ts';
import type { Broker } from './broker.ts';
import { openApiDocument } from './openapi.ts';
import { summaryJson } from './session-json.ts';
import type { ToolListing } from './tool-listing.ts';

export interface OpsRoutesOptions {
  readonly broker: Broker;
  readonly tools: readonly ToolListing[];
  readonly hasKeys: boolean;
  readonly expose: () => Promise<Exposition>;
  readonly tenantOf: (request: FastifyRequest) => string;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
const CURSOR = /^(\d{1,16})\.([\w-]{1,64})$/u;

const listQuery = z.strictObject({
  state: z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']).optional(),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  cursor: z.string().regex(CURSOR).optional(),
});

export function addOpsRoutes(app: FastifyInstance, options: OpsRoutesOptions): void {
  const { broker, tools, hasKeys, expose, tenantOf } = options;
  const document = openApiDocument(hasKeys);
  app.get('/sessions', async (request) => {
    const { sessions, next } = await broker.list(parseListQuery(request.query, tenantOf(request)));
    return {
      sessions: sessions.map(summaryJson),
      ...(next === undefined ? {} : { cursor: `${next.atMs}.${next.id}` }),
    };
  });
  app.get('/tools', async () => ({ tools }));
  app.get('/runtimes', async () => ({ brokers: await broker.fleet(), pool: broker.pool }));
  app.get('/openapi.json', async () => document);
  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await expose();
    return reply.type(contentType).send(text);
  });
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const missing = await broker.missing();
    return reply.code(missing.length === 0 ? 200 : 503).send({ ready: missing.length === 0, missing });
  });
}

/** @throws EnclaveError INVALID_INPUT with every problem. */
function parseListQuery(query: unknown, tenant: string): SessionQuery {
  const parsed = listQuery.safeParse(query);
  if (!parsed.success) throw invalidInput('query', zodProblems(parsed.error.issues, query));
  const { state, limit, cursor } = parsed.data;
  const after = cursor === undefined ? undefined : placeOf(cursor);
  return {
    tenant,
    limit,
    ...(state === undefined ? {} : { state }),
    ...(after === undefined ? {} : { after }),
  };
}

function placeOf(cursor: string): SessionPlace | undefined {
  const [, atMs, id] = CURSOR.exec(cursor) ?? [];
  return atMs === undefined || id === undefined ? undefined : { atMs: Number(atMs), id };
}
