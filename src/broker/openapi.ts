// The OpenAPI 3.1 document of the HTTP API, made from the schemas that requests are parsed with and answers are tested against.
import { z } from 'zod';
import { EnclaveError } from '../errors.ts';
import { version } from '../version.ts';
import { API_SCHEMAS, type ApiSchema } from './api-schemas.ts';
import type { Scope } from './auth.ts';
import { submitSchema } from './session-request.ts';
import { answerSchema } from './tool-answers.ts';

export interface Operation {
  readonly method: 'get' | 'post' | 'delete';
  /** With parameters as OpenAPI writes them: `/sessions/{id}`. */
  readonly path: string;
  readonly summary: string;
  /** What a key must allow; none: it needs no key. */
  readonly scope?: Scope;
  readonly query?: Readonly<Record<string, z.ZodType>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: z.ZodType;
  /** By status: the schema of the JSON answer, or the media types of another. */
  readonly answers: Readonly<Record<number, ApiSchema | 'stream' | 'text' | 'document'>>;
  /** Statuses of errors besides 401, 403 and 500. */
  readonly errors?: readonly number[];
}

const SUBMIT_ERRORS = [400, 413, 415, 422, 429, 503] as const;
const IDEMPOTENCY = {
  'Idempotency-Key': 'repeating the submit with the same key attaches to the same session, for a day',
};
const TRACE = { traceparent: 'W3C trace context: the spans of the session become its children' };
const state = z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']);

/** Every operation there is. A test holds this list against the routes of the server, both ways. */
const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/sessions',
    summary: 'Runs a script: streams its events, or answers at once, or waits for the result',
    scope: 'run',
    query: { wait: z.int().min(0).max(60_000).describe('with Accept: application/json; ms to wait') },
    headers: { ...IDEMPOTENCY, ...TRACE },
    body: submitSchema,
    answers: { 200: 'stream', 202: 'Session' },
    errors: [...SUBMIT_ERRORS, 406],
  },
  {
    method: 'get',
    path: '/sessions',
    summary: 'The sessions of the tenant, newest first',
    scope: 'read',
    query: {
      state: state.describe('only those in this state'),
      limit: z.int().min(1).max(200).describe('at most so many; 50 unless given'),
      cursor: z.string().describe('of the page before'),
    },
    answers: { 200: 'SessionList' },
    errors: [400, 503],
  },
  {
    method: 'get',
    path: '/sessions/{id}',
    summary: 'State, and result or error once it has ended',
    scope: 'read',
    answers: { 200: 'Session' },
    errors: [404, 503],
  },
  {
    method: 'delete',
    path: '/sessions/{id}',
    summary: 'Ends a session; a repeat gives the same answer',
    scope: 'run',
    answers: { 200: 'Cancelled' },
    errors: [404, 503],
  },
  {
    method: 'post',
    path: '/sessions/{id}/cancel',
    summary: 'Ends a session; a repeat gives the same answer',
    scope: 'run',
    answers: { 200: 'Cancelled' },
    errors: [404, 503],
  },
  {
    method: 'post',
    path: '/sessions/{id}/tool-result',
    summary: 'Answers a call of a tool that a client serves',
    scope: 'run',
    body: answerSchema,
    answers: { 200: 'Answered' },
    errors: [400, 404, 409, 413, 503],
  },
  {
    method: 'get',
    path: '/sessions/{id}/stream',
    summary: 'The events of a session until the final one',
    scope: 'read',
    query: { fromSeq: z.int().min(0).describe('first event wanted') },
    headers: { 'Last-Event-ID': 'id of the last event seen; those after it are wanted' },
    answers: { 200: 'stream' },
    errors: [400, 404, 406, 503],
  },
  {
    method: 'post',
    path: '/tasks',
    summary: 'Submits a script to be polled for',
    scope: 'run',
    headers: { ...IDEMPOTENCY, ...TRACE },
    body: submitSchema,
    answers: { 202: 'TaskAccepted' },
    errors: SUBMIT_ERRORS,
  },
  {
    method: 'get',
    path: '/tasks/{id}',
    summary: 'Whether a task is done, and its result',
    scope: 'read',
    answers: { 200: 'Task' },
    errors: [404, 503],
  },
  {
    method: 'get',
    path: '/tools',
    summary: 'The tools that scripts may call',
    scope: 'read',
    answers: { 200: 'ToolList' },
  },
  {
    method: 'get',
    path: '/runtimes',
    summary: 'Brokers and their runtimes',
    scope: 'admin',
    answers: { 200: 'Fleet' },
    errors: [503],
  },
  {
    method: 'get',
    path: '/metrics',
    summary: 'Figures in the text format of Prometheus',
    scope: 'admin',
    answers: { 200: 'text' },
  },
  { method: 'get', path: '/openapi.json', summary: 'This document', answers: { 200: 'document' } },
  {
    method: 'get',
    path: '/healthz',
    summary: 'Whether the process answers',
    answers: { 200: 'Health' },
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Whether sessions could be served now',
    answers: { 200: 'Readiness', 503: 'Readiness' },
  },
];

/**
 * The operation that a route of the server serves; routes are written as fastify does.
 * @throws EnclaveError INTERNAL for a route that is not in the list: it would be neither documented nor guarded.
 */
export function operationOf(method: string, url: string): Operation {
  const operation = BY_ROUTE.get(`${method} ${url}`);
  if (operation === undefined) throw new EnclaveError('INTERNAL', `no operation for ${method} ${url}`);
  return operation;
}

const BY_ROUTE: ReadonlyMap<string, Operation> = new Map(
  OPERATIONS.map((operation) => [
    `${operation.method.toUpperCase()} ${operation.path.replace(/\{(\w+)\}/gu, ':$1')}`,
    operation,
  ]),
);

/** @param hasKeys whether callers must present a key. */
export function openApiDocument(hasKeys: boolean): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS)
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method]: operationObject(operation, hasKeys),
    };
  const schemas = Object.fromEntries(
    Object.entries(API_SCHEMAS).map(([name, schema]) => [name, jsonSchema(schema, 'output')]),
  );
  const securitySchemes = {
    bearer: { type: 'http', scheme: 'bearer' },
    apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  };
  return {
    openapi: '3.1.0',
    info: {
      title: 'enclave',
      version,
      description: 'Runs unreviewed scripts in a sandbox. Errors carry the codes of `enclave help codes`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: { schemas, ...(hasKeys ? { securitySchemes } : {}) },
  };
}

function operationObject(operation: Operation, hasKeys: boolean): object {
  const { method, path, summary, scope, body, answers, errors = [] } = operation;
  const needsKey = hasKeys && scope !== undefined;
  const failures = [...errors, ...(needsKey ? [401] : []), ...(hasKeys ? [] : [403]), 500];
  if (needsKey) failures.push(403);
  return {
    operationId: `${method}${path.replace(/[^a-z]+(\w)/giu, (_all, letter: string) => letter.toUpperCase()).replace(/\W/gu, '')}`,
    summary,
    ...(needsKey ? { description: `Needs the scope \`${scope}\`.` } : {}),
    ...parametersOf(operation),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: json(jsonSchema(body, 'input')) } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, kind]) => [status, answer(kind)])),
      ...Object.fromEntries(
        failures
          .filter((status) => !(status in answers))
          .map((status) => [status, { description: 'refused', content: json(reference('Error')) }]),
      ),
    },
    ...(hasKeys ? { security: needsKey ? [{ bearer: [] }, { apiKey: [] }] : [] } : {}),
  };
}

function parametersOf({ path, query = {}, headers = {} }: Operation): object {
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/gu)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(query).map(([name, schema]) => ({
      name,
      in: 'query',
      schema: jsonSchema(schema, 'input'),
    })),
    ...Object.entries(headers).map(([name, description]) => ({
      name,
      in: 'header',
      description,
      schema: { type: 'string' },
    })),
  ];
  return parameters.length === 0 ? {} : { parameters };
}

function answer(kind: ApiSchema | 'stream' | 'text' | 'document'): object {
  switch (kind) {
    case 'stream':
      return {
        description: 'the events, or with Accept: application/json the session',
        headers: { 'X-Session-ID': { schema: { type: 'string' } } },
        content: {
          'text/event-stream': { schema: { type: 'string', description: 'each `data` is a SessionEvent' } },
          'application/x-ndjson': { schema: { type: 'string', description: 'each line is a SessionEvent' } },
          ...json(reference('Session')),
        },
      };
    case 'text':
      return { description: 'done', content: { 'text/plain': { schema: { type: 'string' } } } };
    case 'document':
      return { description: 'done', content: json({ type: 'object' }) };
    default:
      return { description: 'done', content: json(reference(kind)) };
  }
}

function json(schema: object): object {
  return { 'application/json': { schema } };
}

function reference(name: ApiSchema): object {
  return { $ref: `#/components/schemas/${name}` };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
