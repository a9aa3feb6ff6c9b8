// The HTTP API of a broker.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { EnclaveError, toEnclaveError } from '../errors.ts';
import type { ExecutionLimits } from '../execution.ts';
import { FROM_SEQ_PARAM, isTerminal, seqOfEventId } from '../protocol/events.ts';
import type { EventCursor } from '../store/store.ts';
import type { ObserveBroker } from '../telemetry/broker-events.ts';
import type { Exposition } from '../telemetry/registry.ts';
import type { BrokerTracing } from '../telemetry/tracing.ts';
import type { Auth } from './auth.ts';
import type { Broker } from './broker.ts';
import { checkCaller } from './check-caller.ts';
import { refuseEarly } from './early-refusal.ts';
import { isFastifyRefusal, sendError } from './error-reply.ts';
import type { EventStream } from './event-stream.ts';
import { createServer } from './http-server.ts';
import type { SubmitOptions } from './intake.ts';
import { addOpsRoutes } from './ops-routes.ts';
import { sessionJson, sessionText, taskJson } from './session-json.ts';
import { parseSubmit } from './session-request.ts';
import { type StreamFormat, streamSession } from './stream-response.ts';
import { parseAnswer } from './tool-answers.ts';
import type { ToolListing } from './tool-listing.ts';

export interface HttpOptions {
  readonly broker: Broker;
  readonly auth: Auth;
  readonly limits: ExecutionLimits;
  readonly tools: readonly ToolListing[];
  readonly observe: ObserveBroker;
  readonly tracing: BrokerTracing;
  readonly expose: () => Promise<Exposition>;
  readonly times: HttpTimes;
}

/** How long a connection may take or stay, ms. */
export interface HttpTimes {
  /** For a whole request to come in. */
  readonly readMs: number;
  /** For an answer to go out; streams are cut by `slowClientMs` instead. */
  readonly writeMs: number;
  /** Between two requests. */
  readonly idleMs: number;
  /** For a reader of a stream to take what was written. */
  readonly slowClientMs: number;
}

const MAX_WAIT_MS = 60_000;
const SSE = 'text/event-stream';
const NDJSON = 'application/x-ndjson';
type Params = { readonly Params: { readonly id: string } };

export function createHttp(options: HttpOptions): FastifyInstance {
  const { broker, auth, limits, tools, observe, tracing, expose, times } = options;
  const refusal = () => broker.refusal;
  const app = createServer(times, observe, refuseEarly({ auth, observe, refusal }));
  const tenantOf = (request: FastifyRequest) => request.tenant;

  app.addHook('onRequest', (request, _reply, done) => {
    try {
      request.tenant = checkCaller(auth, request.headers, request.method, request.route);
    } catch (thrown) {
      done(thrown instanceof Error ? thrown : new Error(String(thrown)));
      return;
    }
    done();
  });
  app.setErrorHandler((thrown, _request, reply) => {
    const { code, message } = toEnclaveError(thrown);
    if (code === 'INTERNAL' && !isFastifyRefusal(thrown)) observe({ type: 'fault', message });
    return sendError(reply, thrown);
  });
  app.setNotFoundHandler((request, reply) =>
    sendError(
      reply,
      new EnclaveError('NOT_FOUND', `there is no ${request.method} ${request.url.slice(0, 200)}`),
    ),
  );

  const submit = async (
    request: FastifyRequest,
    reader: Pick<SubmitOptions, 'isWatched' | 'isAwaited'> = {},
  ) => {
    const key = single(request.headers['idempotency-key']);
    const body = parseSubmit(request.body, limits);
    const tenant = tenantOf(request);
    try {
      const submitted = await tracing.submit(single(request.headers['traceparent']), (traceparent) =>
        broker.submit(body, tenant, {
          ...reader,
          ...(key === undefined ? {} : { key }),
          ...(traceparent === undefined ? {} : { traceparent }),
        }),
      );
      if (submitted.cache !== undefined) observe({ type: 'cache_asked', outcome: submitted.cache });
      return submitted;
    } catch (thrown) {
      observe({ type: 'refused', tenant, reason: toEnclaveError(thrown).code });
      throw thrown;
    }
  };
  const answerWith = (reply: FastifyReply, stream: EventStream, from: EventCursor, format: StreamFormat) =>
    streamSession({ broker, reply, stream, from, format, observe, slowClientMs: times.slowClientMs });

  app.post('/sessions', async (request, reply) => {
    const format = accepted(request.headers.accept);
    const waitMs = format === 'json' ? readNumber(request.query, 'wait', MAX_WAIT_MS) : undefined;
    const isAwaited = waitMs !== undefined;
    const { sessionId, watch, cache } = await submit(request, {
      isWatched: format !== 'json' || isAwaited,
      isAwaited,
    });
    // On the raw response: a stream takes it over from fastify.
    if (cache !== undefined) reply.raw.setHeader('x-enclave-cache', cache);
    reply.header('x-session-id', sessionId);
    const tenant = tenantOf(request);
    if (format !== 'json') {
      const from = { seq: 0 };
      const stream =
        watch === undefined ? await broker.resume(sessionId, tenant, from) : broker.follow(sessionId, watch);
      return answerWith(reply, stream, from, format);
    }
    const record =
      waitMs === undefined
        ? await broker.find(sessionId, tenant)
        : await broker.wait(sessionId, tenant, waitMs, watch);
    return reply
      .code(isTerminal(record.state) ? 200 : 202)
      .type('application/json; charset=utf-8')
      .send(sessionText(record));
  });
  app.get<Params>('/sessions/:id', async (request) =>
    sessionJson(await broker.find(request.params.id, tenantOf(request))),
  );
  app.get<Params>('/sessions/:id/stream', async (request, reply) => {
    const format = accepted(request.headers.accept ?? SSE);
    const from = cursorOf(request);
    const stream = await broker.resume(request.params.id, tenantOf(request), from);
    return answerWith(reply, stream, from, format === 'json' ? 'ndjson' : format);
  });
  const cancel = async (request: FastifyRequest<Params>) => {
    const { id, state } = await broker.cancel(request.params.id, tenantOf(request));
    return { success: true, sessionId: id, state };
  };
  app.post<Params>('/sessions/:id/tool-result', async (request) => {
    const { id } = request.params;
    const answer = parseAnswer(request.body);
    await broker.answer(id, tenantOf(request), answer);
    return { success: true, sessionId: id, callId: answer.callId };
  });
  app.post<Params>('/sessions/:id/cancel', cancel);
  app.delete<Params>('/sessions/:id', cancel);

  app.post('/tasks', async (request, reply) => {
    const { sessionId } = await submit(request);
    return reply
      .code(202)
      .header('location', `/tasks/${sessionId}`)
      .send({ task_id: sessionId, status: 'processing' });
  });
  app.get<Params>('/tasks/:id', async (request) =>
    taskJson(await broker.find(request.params.id, tenantOf(request))),
  );

  addOpsRoutes(app, { broker, tools, hasKeys: auth.isOn, expose, tenantOf });
  return app;
}

/** Headers of one client are alike: that of the last request, and what it says. */
let lastAccept:
  | { readonly header: string | undefined; readonly format: 'sse' | 'ndjson' | 'json' }
  | undefined;

/** @throws EnclaveError NOT_ACCEPTABLE */
function accepted(header: string | undefined): 'sse' | 'ndjson' | 'json' {
  if (lastAccept === undefined || lastAccept.header !== header)
    lastAccept = { header, format: readAccept(header) };
  return lastAccept.format;
}

function readAccept(header: string | undefined): 'sse' | 'ndjson' | 'json' {
  const types = (header ?? '*/*').split(',').map((type) => type.split(';')[0]?.trim() ?? '');
  for (const type of types) {
    if (type === SSE || type === 'text/*') return 'sse';
    if (type === NDJSON) return 'ndjson';
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return 'json';
  }
  throw new EnclaveError('NOT_ACCEPTABLE', `expected ${SSE}, ${NDJSON} or application/json to be accepted`);
}

/** `Last-Event-ID` is the last event seen; `fromSeq` is the first one wanted. */
function cursorOf(request: FastifyRequest): EventCursor {
  const fromSeq = readNumber(request.query, FROM_SEQ_PARAM, Number.MAX_SAFE_INTEGER);
  if (fromSeq !== undefined) return { seq: Math.max(0, fromSeq - 1) };
  const lastId = single(request.headers['last-event-id']);
  if (lastId === undefined || lastId === '') return { seq: 0 };
  const seq = seqOfEventId(lastId);
  if (seq === undefined)
    throw new EnclaveError('INVALID_INPUT', 'Last-Event-ID: expected the id of an event');
  return seq === 0 ? { seq } : { seq, epoch: lastId.slice(0, lastId.indexOf('-')) };
}

/** @throws EnclaveError INVALID_INPUT */
function readNumber(query: unknown, name: string, max: number): number | undefined {
  const text: unknown =
    typeof query === 'object' && query !== null && Object.hasOwn(query, name)
      ? Reflect.get(query, name)
      : undefined;
  if (text === undefined) return undefined;
  const value = Number(text);
  if (typeof text === 'string' && text !== '' && Number.isInteger(value) && value >= 0 && value <= max)
    return value;
  throw new EnclaveError('INVALID_INPUT', `${name}: expected a whole number from 0 to ${max}`);
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
